"""From a named component and its options to a built one, with whoever's mistake it is named."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, get_args, get_origin

from moodreel.emotions import Emotion
from moodreel.errors import ConfigurationError, MoodreelError
from moodreel.interfaces import Component
from moodreel.interfaces.contracts import is_ours, told
from moodreel.registry.entries import (
    Entry,
    check_options,
    check_packages,
    component_kind,
    convert_option,
    current_names,
    factory_hints,
)
from moodreel.registry.fingerprints import fingerprint
from moodreel.registry.source_code import code_digest

MODALITIES = ("text", "video", "audio", "transcript", "signals")
Find = Callable[[str, str], Component]
"""Returns a shared component by kind and name."""


def build_component(entry: Entry, options: Mapping[str, Any], find: Find) -> Component:
    """Check the options, build the component and give it its fingerprint.

    Args:
        entry: the component by name.
        options: over those of the entry.
        find: gives the components that options name.

    Raises:
        ConfigurationError: an option that it does not take, or a value that it refuses.
        MissingPackage: a package that it needs is not installed.
        PluginError: a plugin's class that cannot be built, or lacks what its kind needs.
    """
    merged = current_names(entry.registration.factory, {**entry.options, **options})
    check_options(entry, merged)
    check_packages(replace(entry, options=merged))
    arguments = named_arguments(entry, merged, find)
    component = construct(entry, arguments)
    check_component(entry, component)
    component.origin = str(entry.registration)
    component.fingerprint = fingerprint(entry, component, arguments)
    component.recipe = {"plugin": entry.registration.name, "options": merged}
    component.code = "" if is_ours(type(component)) else code_digest(type(component))
    return component


def named_arguments(entry: Entry, options: Mapping[str, Any], find: Find) -> dict[str, Any]:
    """Return the options as the factory's annotations want them.

    A parameter annotated with a kind of component takes a component's name, or the component.
    """
    hints = factory_hints(entry.registration.factory)
    return {
        name: argument(entry, name, hints.get(name, Any), value, find)
        for name, value in options.items()
    }


def argument(entry: Entry, name: str, hint: Any, value: Any, find: Find) -> Any:
    """Convert one option."""
    kind = component_kind(hint)
    if kind and isinstance(value, list) and get_origin(hint) is not None:
        return [argument(entry, name, get_args(hint)[0], item, find) for item in value]
    if kind and isinstance(value, str):
        return find(kind, value)
    if kind and value is not None and getattr(value, "kind", None) != kind:
        raise ConfigurationError(
            f"{entry.kind} {entry.name!r}: option {name}={value!r}: give the name of a component "
            f"of the kind {kind}, or one that is built"
        )
    return convert_option(entry, name, hint, value)


def construct(entry: Entry, arguments: Mapping[str, Any]) -> Any:
    """Call a factory. What a stranger's raises is the plugin's; what ours raises is a bad value."""
    try:
        return entry.registration.factory(**arguments)
    except MoodreelError:
        raise
    except Exception as error:
        if not entry.registration.builtin:
            raise entry.error(constructor_problem(error)) from error
        if isinstance(error, TypeError | ValueError):
            raise ConfigurationError(f"{entry.kind} {entry.name!r}: {error}") from error
        raise


def constructor_problem(error: Exception) -> str:
    """Say why a constructor failed."""
    if "Module.__init__" in str(error):
        return "its __init__ sets parts of itself first; call super().__init__() before them"
    return f"its constructor fails: {told(error)}"


def check_component(entry: Entry, component: Any) -> None:
    """Refuse a factory's result that is not what its kind needs."""
    if not isinstance(component, Component) or component.kind != entry.kind:
        raise entry.error(
            f"it was registered as {entry.kind} but builds {type(component).__name__}"
        )
    problem = component.unfinished()
    if not problem and not is_ours(type(component)):
        problem = attribute_problem(component)
    if problem:
        raise entry.error(f"{type(component).__name__} {problem}")


def attribute_problem(component: Any) -> str:
    """Return what is wrong with the attributes that a component's kind needs, or nothing."""
    for name, (wanted, fits) in ATTRIBUTES.get(component.kind, {}).items():
        try:
            value = getattr(component, name, None)
        except Exception as error:
            return f"cannot tell its {name!r}: {told(error)}"
        if not fits(value):
            return f"needs {name!r}, {wanted}; it is {value!r}"
    return ""


def names_emotions(value: Any) -> bool:
    """Whether a value is a set of emotions."""
    return isinstance(value, set | frozenset) and all(isinstance(item, Emotion) for item in value)


VECTORS = {
    "space": ("the name of its vector space", lambda value: isinstance(value, str) and value),
    "dim": ("the length of its vectors", lambda value: isinstance(value, int) and value > 0),
}
ATTRIBUTES: Mapping[str, Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "video_encoder": VECTORS,
    "text_encoder": VECTORS,
    "emotion_extractor": {
        "modality": (f"one of {', '.join(MODALITIES)}", lambda value: value in MODALITIES),
        "observes": ("a set of moodreel.Emotion", names_emotions),
    },
}
"""What each kind's components must have: by attribute, what it is and whether a value fits."""
