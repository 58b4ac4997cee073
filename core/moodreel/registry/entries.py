"""Named components before they are built: what they take, what they need, what is wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import Parameter, isclass, signature
from typing import Any, get_args, get_origin, get_type_hints

from moodreel.compat.deprecation import renamed_option
from moodreel.errors import ConfigurationError, MissingPackage, PluginError, closest, is_installed
from moodreel.interfaces import Component, HubModel, Requirement
from moodreel.interfaces.contracts import told
from moodreel.registry.registrations import Registration

MISSING = "???"


@dataclass(frozen=True)
class Entry:
    """A named component: a plugin's registration and the options it is built with."""

    kind: str
    name: str
    registration: Registration
    options: dict[str, Any]

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The options that the factory takes."""
        found, _ = factory_parameters(self.registration.factory)
        return found

    def takes(self, option: str) -> bool:
        """Whether the factory has an option of a name, today's or an older one."""
        renamed = getattr(self.registration.factory, "renamed", {})
        return self.takes_any or renamed.get(option, option) in self.parameters

    def error(self, problem: str) -> PluginError:
        """Return the error for something wrong with the component's class, on one line."""
        about = f"{self.registration}: {self.kind} {self.name!r}: {problem}"
        return PluginError(" ".join(f"{about}; mend the plugin, or choose another".split()))

    @property
    def takes_any(self) -> bool:
        """Whether the factory has **options that it does not hand on to a base class."""
        _, takes_any = factory_parameters(self.registration.factory)
        return takes_any

    @property
    def requires(self) -> tuple[Requirement, ...]:
        """The packages that the component needs."""
        factory = self.registration.factory
        if isclass(factory) and issubclass(factory, Component):
            return tuple(factory.packages(self.shown_options()))
        return getattr(factory, "requires", ())

    @property
    def absent(self) -> list[Requirement]:
        """The packages that it needs and that are not installed."""
        return [need for need in self.requires if not is_installed(need.module)]

    @property
    def unset(self) -> list[str]:
        """Options without a value that the factory cannot do without."""
        return [
            name
            for name, parameter in self.parameters.items()
            if self.options.get(name, parameter.default) in (MISSING, Parameter.empty)
        ]

    def shown_options(self) -> dict[str, Any]:
        """Return every option with its value, as set or by default; ??? where it needs one."""
        defaults = {
            name: MISSING if parameter.default is Parameter.empty else parameter.default
            for name, parameter in self.parameters.items()
        }
        return {**defaults, **self.options}

    @property
    def licences(self) -> dict[str, str]:
        """The licence of each package that the component needs."""
        return {need.module: need.licence for need in self.requires if need.licence}

    @property
    def hub_models(self) -> Sequence[HubModel]:
        """The models of a hub that the component loads, without those of its parts.

        Raises:
            PluginError: a stranger's class cannot tell.
        """
        ask = getattr(self.registration.factory, "hub_models", None)
        try:
            return list(ask(self.shown_options())) if ask else []
        except Exception as error:
            raise self.error(f"hub_models fails: {told(error)}") from error

    @property
    def problem(self) -> str:
        """Why the component cannot be built now and what to do, or nothing."""
        if self.absent:
            return "; ".join(f"needs {need.module}: {need.install}" for need in self.absent)
        return f"needs the option {self.unset[0]}" if self.unset else ""


def component_kind(hint: Any) -> str | None:
    """Return the kind that an annotation asks for: TextEncoder, list[...], ... | None."""
    plain = get_origin(hint) or hint
    if isclass(plain) and issubclass(plain, Component):
        return getattr(plain, "kind", None)
    return next(filter(None, map(component_kind, get_args(hint))), None)


def factory_parameters(factory: Callable[..., Any]) -> tuple[dict[str, Parameter], bool]:
    """Return the options that a factory takes, and whether it takes any other.

    A class whose `__init__` has **options hands them on to its base class, whose options are
    therefore its own too.
    """
    found: dict[str, Parameter] = {}
    for maker in option_makers(factory):
        given = signature(maker).parameters.values()
        for parameter in given:
            if parameter.kind in NAMED and parameter.name != "self":
                found.setdefault(parameter.name, parameter)
        if not any(parameter.kind is Parameter.VAR_KEYWORD for parameter in given):
            return found, False
    return found, bool(found or option_makers(factory))


NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


def option_makers(factory: Callable[..., Any]) -> list[Callable[..., Any]]:
    """Return what takes a factory's options: its constructor, then those of its base classes."""
    if not isclass(factory):
        return [factory]
    return [c.__dict__["__init__"] for c in factory.__mro__[:-1] if "__init__" in c.__dict__]


def factory_hints(factory: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations of a factory's parameters; those that cannot be read are left out."""
    hints: dict[str, Any] = {}
    for maker in reversed(option_makers(factory)):
        try:
            hints |= get_type_hints(maker)
        except NameError:
            continue
    return hints


def convert_option(entry: Entry, name: str, hint: Any, value: Any) -> Any:
    """Return a plain option as its annotation says, or refuse it."""
    from pydantic import PydanticUserError, TypeAdapter, ValidationError

    try:
        return TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].lower()
        raise ConfigurationError(
            f"{entry.kind} {entry.name!r}: option {name}={value!r}: {reason}"
        ) from None
    except PydanticUserError:  # an annotation of the plugin's own that pydantic cannot check
        return value


def current_names(factory: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options under today's names; an old one warns."""
    renamed = getattr(factory, "renamed", {})
    for old in options.keys() & renamed.keys():
        renamed_option(old, renamed[old], removed_in="0.3")
    return {renamed.get(name, name): value for name, value in options.items()}


def check_options(entry: Entry, options: Mapping[str, Any]) -> None:
    """Refuse options that the factory does not take, and missing ones that it needs."""
    where = f"{entry.kind} {entry.name!r}"
    for option in options:
        if not entry.takes_any and option not in entry.parameters:
            known = closest(option, entry.parameters)
            raise ConfigurationError(f"{where} has no option {option!r}.{known}")
    unset = replace(entry, options=dict(options)).unset
    if unset:
        raise ConfigurationError(
            f"{where} needs the option {unset[0]!r}: "
            f"set components.{entry.kind}.{entry.name}.{unset[0]} in your file or as key=value"
        )


def check_packages(entry: Entry) -> None:
    """Refuse to build a component whose packages are not installed."""
    for need in entry.absent:
        raise MissingPackage(
            f"{entry.kind} {entry.name!r} needs the package {need.module!r}: {need.install}"
        )
