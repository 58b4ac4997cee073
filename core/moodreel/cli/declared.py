"""What plugins register, read from their source instead of by importing them.

A fusion strategy is a torch module, so importing its plugin imports torch. To check a name, what
the source says is enough: the hook implementations with the names that they register, and the
constructors of the classes. A plugin whose hooks do more than call `register` with a literal name
has to be imported.
"""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from inspect import Parameter, Signature
from os import environ
from pathlib import Path
from typing import Any

from moodreel.hookspecs import HOOKS
from moodreel.registry.discovery import GROUP, Registration, Registrations, source_package

KINDS = {hook: kind for kind, hook in HOOKS.items()}
WITHOUT_OPTIONS = {"ABC", "object", "Protocol", "Generic"}
"""Base classes of which it is known that they add no options."""

USUAL = (ast.FunctionDef, ast.Assign, ast.AnnAssign, ast.Expr, ast.Pass)
"""The statements of a class's body that are read."""


class Unclear(Exception):
    """A plugin's source does not say plainly what the plugin registers."""


@cache
def declared_components() -> Registrations | None:
    """Return what the installed plugins say that they register, with stand-ins for factories.

    A stand-in takes the options that the factory takes, and builds nothing. None where the source
    of any plugin is unclear, or two plugins register one name.
    """
    disabled = environ.get("MOODREEL_DISABLE_PLUGINS", "").split(",")
    found: Registrations = {}
    try:
        for entry in entry_points(group=GROUP):
            for made in [] if entry.name in disabled else read_plugin(entry):
                if (made.kind, made.name) in found:
                    return None
                found[made.kind, made.name] = made
    except (Unclear, ImportError, OSError, SyntaxError, TypeError, ValueError):
        return None
    return found


def read_plugin(entry: EntryPoint) -> list[Registration]:
    """Return what a plugin registers.

    Raises:
        Unclear: its hooks do something else than to register literal names.
    """
    tree = parse(entry.value)
    hooks = [node for node in tree.body if isinstance(node, ast.FunctionDef) and is_hook(node)]
    names = [name for node in ast.walk(tree) for name in identifiers(node)]
    if not hooks or "*" in names or sum(name in KINDS for name in names) != len(hooks):
        raise Unclear
    return [
        Registration(KINDS[hook.name], name, factory, entry.name, source_package(entry))
        for hook in hooks
        for name, factory in registered(hook, entry.value)
    ]


def is_hook(node: ast.FunctionDef) -> bool:
    """Whether a function is marked as a hook implementation; one that is no hook is unclear."""
    marks = [mark.func if isinstance(mark, ast.Call) else mark for mark in node.decorator_list]
    marked = any(last_name(mark) == "hookimpl" for mark in marks)
    if marked != (node.name in KINDS):
        raise Unclear
    return marked


def identifiers(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node defines, imports or mentions."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name
    elif isinstance(node, ast.alias):
        yield node.asname or node.name
    else:
        yield last_name(node)


def last_name(node: ast.AST) -> str:
    """Return the last part of a dotted name, "" for anything else."""
    return getattr(node, "attr", "") or getattr(node, "id", "")


def registered(hook: ast.FunctionDef, module: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the names that a hook registers, each with a stand-in for the factory."""
    for statement in hook.body:
        match statement:
            case ast.Expr(ast.Call(ast.Name(), [ast.Constant(str(name)), factory], [])):
                yield name, stand_in(module, last_name(factory))
            case ast.Expr(ast.Constant(str())) | ast.Pass():  # the docstring
                continue
            case _:
                raise Unclear


@cache
def parse(module: str) -> ast.Module:
    """Return the syntax tree of a module, found without importing it or its packages."""
    top, *parts = module.split(".")
    spec = find_spec(top)
    if spec is None:
        raise Unclear
    folders = [Path(place) for place in spec.submodule_search_locations or ()]
    own = [Path(spec.origin)] if spec.origin and not parts else []
    places = [folder.joinpath(*parts) for folder in folders if parts]
    files = [*own, *(p.with_suffix(".py") for p in places), *(p / "__init__.py" for p in places)]
    file = next((file for file in files if file.suffix == ".py" and file.is_file()), None)
    if file is None:
        raise Unclear
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def stand_in(module: str, name: str) -> Callable[..., Any]:
    """Return what takes the options of a class or function, read from its source.

    A class gets the same bases, so that its options are found as those of the class itself are.
    What cannot be read takes any options.
    """
    if name in WITHOUT_OPTIONS:
        return object
    for node in ast.walk(parse(module)):
        if isinstance(node, ast.ImportFrom) and any(
            name == (a.asname or a.name) for a in node.names
        ):
            return follow(module, node, name)
        if isinstance(node, ast.ClassDef) and node.name == name and is_plain(node):
            return class_stand_in(module, node)
        if isinstance(node, ast.FunctionDef) and node.name == name and not node.decorator_list:
            return signed(node)
    return anything(name)


def is_plain(node: ast.ClassDef) -> bool:
    """Whether a class's bases and its `__init__`, written as usual, decide what it takes."""
    usual = all(isinstance(statement, USUAL) for statement in node.body)
    return usual and not node.decorator_list and not node.keywords


def follow(module: str, node: ast.ImportFrom, name: str) -> Callable[..., Any]:
    """Return the stand-in of an imported name; of other projects nothing is read."""
    source = node.module or ""
    if node.level:
        parents = module.split(".")[: -node.level]
        source = ".".join([*parents, *([source] if source else [])])
    if source.partition(".")[0] not in ("moodreel", module.partition(".")[0]):
        return anything(name)
    original = next(a.name for a in node.names if name == (a.asname or a.name))
    return stand_in(source, original)


def class_stand_in(module: str, node: ast.ClassDef) -> type:
    """Return a class with the bases, the constructor's parameters and the old names of options."""
    bases = [base_stand_in(module, base) for base in node.bases]
    held: dict[str, Any] = {}
    for statement in node.body:
        match statement:
            case ast.FunctionDef(name="__init__" | "convert"):
                held[statement.name] = signed(statement)
            case ast.AnnAssign(ast.Name("renamed"), value=ast.Dict() as table) | ast.Assign(
                [ast.Name("renamed")], ast.Dict() as table
            ):
                held["renamed"] = ast.literal_eval(table)
    return type(node.name, tuple(base for base in bases if base is not object), held)


def base_stand_in(module: str, node: ast.expr) -> type:
    """Return the stand-in of a base class."""
    plain = node.value if isinstance(node, ast.Subscript) else node
    known = last_name(plain) in WITHOUT_OPTIONS or isinstance(plain, ast.Name)
    found = stand_in(module, last_name(plain)) if known else anything(last_name(plain))
    return found if isinstance(found, type) else anything(last_name(plain))


def signed(node: ast.FunctionDef) -> Callable[..., None]:
    """Return a function that takes the same options; of defaults it has only that there is one."""
    given = node.args
    required = len(given.args) - len(given.defaults)
    found = [
        parameter(arg, Parameter.POSITIONAL_OR_KEYWORD, place < required)
        for place, arg in enumerate(given.args)
    ]
    found += [
        parameter(arg, Parameter.KEYWORD_ONLY, default is None)
        for arg, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)
    ]
    if given.kwarg:
        found.append(Parameter(given.kwarg.arg, Parameter.VAR_KEYWORD))

    def function(*_: Any, **__: Any) -> None:
        raise NotImplementedError("a stand-in builds nothing")

    function.__signature__ = Signature(found)  # type: ignore[attr-defined]
    return function


def parameter(arg: ast.arg, kind: Any, needed: bool) -> Parameter:
    """Return a parameter, with a default of None if it is not needed."""
    return Parameter(arg.arg, kind, default=Parameter.empty if needed else None)


def anything(name: str) -> type:
    """Return a class that takes any options."""

    def __init__(self: Any, **options: Any) -> None:
        raise NotImplementedError("a stand-in builds nothing")

    return type(name or "Unknown", (), {"__init__": __init__})
