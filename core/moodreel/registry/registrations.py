"""What plugins register: names, kinds and factories, checked as they come in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from inspect import isclass
from typing import Any

from moodreel.hookspecs import HOOKS
from moodreel.interfaces import Component
from moodreel.interfaces.contracts import class_problem
from moodreel.registry.sources import PluginSource

Find = Callable[[], Callable[..., Any]]
Call = tuple[str, tuple[Any, ...], dict[str, Any]]
"""A kind, and what its hook's `register` was called with."""


@dataclass(frozen=True)
class Registration:
    """A factory that a plugin registers under a name.

    Args:
        kind: the kind of component, such as "fusion_strategy".
        name: what `plugin:` in registry.yaml refers to.
        find: returns the factory; where an entry point names the component, it imports the
            plugin first.
        module: the entry point's name, or the file's.
        package: the distribution it comes in, such as "moodreel 0.1.0", or the file.
    """

    kind: str
    name: str
    find: Callable[[], Callable[..., Any]]
    module: str
    package: str = ""

    @cached_property
    def factory(self) -> Callable[..., Any]:
        """What is called with the options and returns the component.

        Raises:
            PluginError: the plugin cannot be imported, or does not register the component.
        """
        return self.find()

    def with_factory(self, factory: Callable[..., Any]) -> "Registration":
        """Return the registration with another factory in place of its own."""
        return replace(self, find=partial(itself, factory))

    @property
    def builtin(self) -> bool:
        """Whether it comes with moodreel."""
        return self.package.startswith("moodreel ")

    def __str__(self) -> str:
        return f"plugin {self.module!r} ({self.package})" if self.package else f"{self.module!r}"


Registrations = dict[tuple[str, str], Registration]


def itself(factory: Callable[..., Any]) -> Callable[..., Any]:
    """Return a factory that is there already."""
    return factory


@dataclass
class Registrar:
    """Takes what plugins register, one plugin whole or not at all."""

    registrations: Registrations = field(default_factory=dict)

    def accept(self, source: PluginSource, calls: Sequence[Call]) -> None:
        """Take the calls of one plugin.

        Raises:
            PluginError: a name or a factory that cannot be used, or a name that is taken.
        """
        if not calls:
            raise source.error("registers nothing: its hooks never call register", "mend it")
        found: Registrations = {}
        for kind, given, named in calls:
            name, factory = read_call(source, kind, given, named)
            problem = name_problem(kind, name) or factory_problem(kind, name, factory)
            if problem:
                raise source.error(*problem)
            self.refuse_taken(source, kind, name, found)
            find = partial(itself, factory)
            found[kind, name] = Registration(kind, name, find, source.module, source.package)
        self.registrations.update(found)

    def expect(self, source: PluginSource, kind: str, name: str, find: Find) -> None:
        """Take a component that an entry point names, and that its plugin registers when needed.

        Raises:
            PluginError: the name is taken.
        """
        self.refuse_taken(source, kind, name, {})
        registration = Registration(kind, name, find, source.module, source.package)
        self.registrations[kind, name] = registration

    def refuse_taken(
        self, source: PluginSource, kind: str, name: str, found: Registrations
    ) -> None:
        """Refuse a name that another plugin has, or that this one has already given."""
        other = found.get((kind, name)) or self.registrations.get((kind, name))
        if other is not None:
            problem = f"registers {kind} {name!r}, which {other} has registered already"
            raise source.error(problem, "choose another name")


def read_call(
    source: PluginSource, kind: str, given: tuple[Any, ...], named: dict[str, Any]
) -> tuple[Any, Any]:
    """Return the name and the factory of a call of `register`."""

    def register(name: Any, factory: Any) -> tuple[Any, Any]:
        return name, factory

    try:
        return register(*given, **named)
    except TypeError as error:
        problem = f"calls register wrongly in {HOOKS[kind]}: {error}"
        raise source.error(problem, 'write register("name", Class)') from None


def name_problem(kind: str, name: Any) -> tuple[str, str] | None:
    """Return what is wrong with a name, and what to do."""
    if isinstance(name, str) and name.strip():
        return None
    wrong = f"registers a {kind} whose name is {name!r}"
    return wrong, 'write register("name", Class): the name comes first'


def factory_problem(kind: str, name: str, factory: Any) -> tuple[str, str] | None:
    """Return what is wrong with a factory, and what to do."""
    said = f"registers {kind} {name!r} with"
    if isinstance(factory, Component):
        return f"{said} an instance of {type(factory).__name__}", "register the class itself"
    if not callable(factory):
        return f"{said} {factory!r}, which is no class and cannot be called", "register a class"
    if not isclass(factory):
        return None
    if not issubclass(factory, Component):
        return f"{said} {factory.__name__}, which is no component", f"derive it from {BASES[kind]}"
    if factory.kind != kind:
        right = HOOKS.get(getattr(factory, "kind", ""), "the hook of its kind")
        return f"{said} {factory.__name__}, which is a {factory.kind}", f"register it in {right}"
    problem = class_problem(factory)
    return (f"registers {kind} {name!r}, whose class {problem[0]}", problem[1]) if problem else None


BASES = {
    kind: "moodreel.fusion.FusionStrategy"
    if kind == "fusion_strategy"
    else "moodreel.interfaces." + "".join(part.title() for part in kind.split("_"))
    for kind in HOOKS
}
"""The base class of each kind, as a plugin's author imports it."""
