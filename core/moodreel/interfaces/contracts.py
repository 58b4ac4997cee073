"""The boundary to plugins: how moodreel calls their methods, and who is named when one fails.

An interface marks its methods with `@contract`. Every override is then guarded: an exception
inside a stranger's method, or a result that is not what the interface asks for, is one line that
names the plugin, its package and version, never moodreel. `class_problem` finds, without building
anything, what a class's author got wrong: a missing method, a misspelled one, other parameters.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import wraps
from inspect import Parameter, getattr_static, isfunction, signature
from typing import Any, TypeVar

from moodreel.errors import MoodreelError, PluginError

Method = TypeVar("Method", bound=Callable[..., Any])
Check = Callable[..., str | None]
"""Called with a component, what its method returned, and the method's arguments; says what is
wrong with the result, such as "returns 3 rows for 4 clips", or None."""

LONGEST = 160  # characters of a plugin's own message: a judgement, so that a line stays one
OURS = ("moodreel.", "moodreel_plugins.")
NEAR = (
    0.85  # of difflib's ratio: "fuse_texts" is meant as "fuse_text", "encode_text" not as "encode"
)
ATTRIBUTES = (
    "dim",
    "frames_per_clip",
    "inject_layers",
    "modality",
    "needs_frame_emotions",
    "needs_frames",
    "needs_tokens",
    "observes",
    "patches_per_frame",
    "requires",
    "space",
    "stages",
    "version",
)
"""What a class may set, beside the methods that it may override."""
POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True)
class Contract:
    """How moodreel calls a method: with what, and what it expects.

    Args:
        check: of the result; None takes anything.
        keywords: parameters that are passed by keyword, always.
        optional: parameters that are passed by keyword to methods that have them.
    """

    check: Check | None = None
    keywords: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


def contract(
    check: Check | None = None, keywords: tuple[str, ...] = (), optional: tuple[str, ...] = ()
) -> Callable[[Method], Method]:
    """Mark a method of an interface as one that plugins override (see `Contract`)."""

    def mark(method: Method) -> Method:
        method.__contract__ = Contract(check, keywords, optional)  # type: ignore[attr-defined]
        return method

    return mark


def contracts_of(cls: type) -> dict[str, tuple[Callable[..., Any], Contract]]:
    """Return the marked methods of a class's interfaces by name."""
    found: dict[str, tuple[Callable[..., Any], Contract]] = {}
    for base in reversed(cls.__mro__):
        for name, method in vars(base).items():
            held = getattr(method, "__contract__", None)
            if isinstance(held, Contract):
                found[name] = method, held
    return found


def guard_methods(cls: type) -> None:
    """Guard the methods that a class defines and an interface of its marks."""
    for name, (_, held) in contracts_of(cls).items():
        method = vars(cls).get(name)
        if isfunction(method) and not hasattr(method, "__guarded__"):
            setattr(cls, name, guarded(method, held))


def guarded(method: Callable[..., Any], held: Contract) -> Callable[..., Any]:
    """Return a method whose failures name the plugin that it belongs to."""

    @wraps(method)
    def call(self: Any, *given: Any, **named: Any) -> Any:
        try:
            result = method(self, *given, **named)
        except MoodreelError:
            raise
        except Exception as error:
            if is_ours(type(self)):
                raise
            raise plugin_error(self, f"{method.__name__} fails: {told(error)}") from error
        problem = held.check(self, result, *given, **named) if held.check else None
        if problem:
            raise plugin_error(self, f"{method.__name__} {problem}")
        return result

    call.__guarded__ = True  # type: ignore[attr-defined]
    return call


def plugin_error(component: Any, problem: str) -> PluginError:
    """Return the error for something wrong with a built component, on one line."""
    return PluginError(" ".join(f"{described(component)}: {problem}".split()))


def described(component: Any) -> str:
    """Name a component by its plugin, or by its class where no registry built it."""
    return getattr(component, "origin", "") or f"{type(component).__name__} (not registered)"


def told(error: BaseException) -> str:
    """Return an error as its type and its message, on one line and not too long."""
    message = " ".join(str(error).split())[:LONGEST]
    return f"{type(error).__name__}: {message}".rstrip(": ")


def is_ours(cls: type) -> bool:
    """Whether a class comes with moodreel."""
    return f"{cls.__module__}.".startswith(OURS)


def class_problem(cls: type) -> tuple[str, str] | None:
    """Return what is wrong with a component's class, and what to do; None where nothing is."""
    return next(class_problems(cls), None)


def class_problems(cls: type) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a component's class: near names first, they explain the others."""
    known = contracts_of(cls)
    for name, meant in near_names(cls, known):
        yield f"{cls.__name__} has {name!r}, which nothing calls", f"call it {meant!r}"
    missing = sorted(getattr(cls, "__abstractmethods__", ()))
    if missing:
        yield f"{cls.__name__} lacks {', '.join(map(repr, missing))}", "add it"
    for name, (method, held) in known.items():
        own = getattr_static(cls, name)
        problem = parameter_problem(method, own, held) if isfunction(own) else None
        if problem:
            yield f"{cls.__name__}.{name} {problem}", f"write {name}{shown_signature(method)}"


def near_names(cls: type, known: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a class's own names that were probably meant as names of its interface."""
    strange = [base for base in cls.__mro__ if hasattr(base, "__abstractmethods__")]
    own = {name for base in strange if not is_ours(base) for name in vars(base)}
    meant = {*known, *(name for name in ATTRIBUTES if hasattr(cls, name))}
    for name in sorted(own - meant):
        near = get_close_matches(name, meant, n=1, cutoff=NEAR)
        if near and near[0] not in own and not name.startswith("_"):
            yield name, near[0]


def parameter_problem(
    interface: Callable[..., Any], method: Callable[..., Any], held: Contract
) -> str | None:
    """Return what is wrong with a method's parameters, as moodreel calls it."""
    if method is interface:
        return None
    needed = call_names(interface, held)
    taken = signature(method)
    named = [*held.keywords, *(name for name in held.optional if name in taken.parameters)]
    try:
        bound = taken.bind(*needed, **dict.fromkeys(named, None))
    except TypeError as error:
        return f"cannot be called as moodreel calls it: {error}"
    wrong = [
        name
        for name, value in bound.arguments.items()
        if isinstance(value, str) and value != name and value in taken.parameters
    ]
    return f"has {', '.join(map(repr, wrong))} in another place" if wrong else None


def call_names(interface: Callable[..., Any], held: Contract) -> list[str]:
    """Return the parameters that moodreel passes by place, `self` among them."""
    keywords = (*held.keywords, *held.optional)
    return [
        parameter.name
        for parameter in signature(interface).parameters.values()
        if parameter.kind in POSITIONAL
        and parameter.default is Parameter.empty
        and parameter.name not in keywords
    ]


def shown_signature(interface: Callable[..., Any]) -> str:
    """Return an interface's parameters as an author writes them, without annotations.

    >>> def fuse(self, text: str, weight: float | None = None) -> str: ...
    >>> shown_signature(fuse)
    '(self, text, weight=None)'
    """
    taken = signature(interface)
    plain = [p.replace(annotation=Parameter.empty) for p in taken.parameters.values()]
    return str(taken.replace(parameters=plain, return_annotation=taken.empty))
