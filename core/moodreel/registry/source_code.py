"""What identifies the code of a plugin's class, so that edited code is known as new code.

Compiled code is looked at, not text: so comments and layout do not count, and a class that was
typed into a notebook, which has no file, is seen as well.
"""

from collections.abc import Callable, Iterator
from dis import get_instructions
from functools import partial
from inspect import isclass, isfunction, unwrap
from sys import version_info
from types import CodeType
from typing import Any

from moodreel.storage.digests import digest

CORE = "moodreel."
"""Modules whose changes come with a release, and with a component's `version`."""


def code_digest(factory: Callable[..., Any]) -> str:
    """Identify the code of a class and of its bases outside moodreel, 16 hex digits.

    Functions, classes and plain values of the same module that the code names count too. Compiled
    code differs from one Python to the next, so the version of Python is part of it.
    """
    described = repr([version_info[:2], list(described_code(factory, set()))])
    return digest(described)


def described_code(item: Any, seen: set[int]) -> Iterator[Any]:
    """Yield what makes up a class, a function or a value, each part once."""
    item = unwrap(item) if isfunction(item) else item
    if id(item) in seen:
        return
    seen.add(id(item))
    if isclass(item):
        for base in item.__mro__:
            if is_own(base):
                yield from described_members(base, seen)
    elif isfunction(item):
        yield from described_function(item, seen)
    elif isinstance(item, partial):
        yield from described_code(item.func, seen)
    elif isinstance(item, str | bytes | int | float | complex | bool | None | tuple | frozenset):
        yield described_value(item)


def is_own(cls: type) -> bool:
    """Whether a class is a plugin author's, not moodreel's, torch's or Python's."""
    own_package = cls.__module__.partition(".")[0]
    return not f"{cls.__module__}.".startswith(CORE) and own_package not in FOREIGN


FOREIGN = {"abc", "builtins", "torch", "typing", "enum", "collections"}
"""Packages of base classes whose code is not an author's to change."""


def described_members(cls: type, seen: set[int]) -> Iterator[Any]:
    """Yield what a class itself defines, by name."""
    for name, member in sorted(vars(cls).items()):
        if name in SILENT:
            continue
        yield name
        for part in (getattr(member, "__func__", member), *property_parts(member)):
            yield from described_code(part, seen)


SILENT = {"__abstractmethods__", "__dict__", "__doc__", "__module__", "__weakref__", "_abc_impl"}
"""Members that say nothing of what a class does."""


def property_parts(member: Any) -> list[Any]:
    """Return the functions of a property."""
    if not isinstance(member, property):
        return []
    return [part for part in (member.fget, member.fset) if part is not None]


def described_function(function: Any, seen: set[int]) -> Iterator[Any]:
    """Yield a function's code, its defaults, and what it names in its module."""
    yield described_codes(function.__code__, function.__doc__)
    yield [described_value(value) for value in function.__defaults__ or ()]
    yield sorted((k, described_value(v)) for k, v in (function.__kwdefaults__ or {}).items())
    for cell in function.__closure__ or ():
        yield from described_code(cell.cell_contents, seen)
    for name in sorted(named_in(function.__code__)):
        found = function.__globals__.get(name)
        plain = isinstance(found, str | int | float | bool | tuple)
        if plain or getattr(found, "__module__", None) == function.__module__:
            yield name
            yield from described_code(found, seen)


def described_codes(code: CodeType, words: str | None = None) -> list[Any]:
    """Return compiled code as values that can be compared, without its docstring.

    A docstring is the first constant of a function's code.
    """
    told = words is not None and code.co_consts[:1] == (words,)
    constants = code.co_consts[1:] if told else code.co_consts
    return [code.co_names, code.co_varnames, described_value(constants), described_steps(code)]


def described_steps(code: CodeType) -> list[Any]:
    """Return the instructions of code by name and by what they act on, not by places."""
    return [(step.opname, described_value(step.argval)) for step in get_instructions(code)]


def named_in(code: CodeType) -> set[str]:
    """Return the names that code and the functions inside it look up."""
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return set(code.co_names).union(*map(named_in, inner))


def described_value(value: Any) -> Any:
    """Return a constant as something whose `repr` is the same in every process."""
    if isinstance(value, CodeType):
        return described_codes(value)
    if isinstance(value, frozenset):
        return sorted(map(repr, value))
    if isinstance(value, tuple):
        return [described_value(item) for item in value]
    plain = isinstance(value, str | bytes | int | float | complex | bool | None)
    return value if plain else type(value).__name__
