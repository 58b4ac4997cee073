"""What fills the slots of a preset: names and options, gathered layer over layer.

A layer is a preset of registry.yaml, the same preset in the user's file, the file's own slots, or
the command line. In each, `SLOT=NAME` chooses a component and `SLOT.option=VALUE` sets an option
of whatever is chosen, in any order. A layer that chooses another component than the one below it
begins anew: options that were given for the other one are forgotten.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from omegaconf import OmegaConf

from moodreel.errors import ConfigurationError, closest

SLOTS = {
    "video_reader": "video_reader",
    "second_reader": "video_reader",
    "video_encoder": "video_encoder",
    "text_encoder": "text_encoder",
    "text_emotion": "emotion_extractor",
    "video_emotion": "emotion_extractor",
    "captioner": "captioner",
    "transcriber": "transcriber",
    "text_spotter": "text_spotter",
    "segmenter": "segmenter",
    "fusion_strategy": "fusion_strategy",
    "vector_store": "vector_store",
}
"""The places that a preset fills, and the kind of component that fits each."""

SEGMENTS = "segments"
SEGMENT_OPTIONS = ("length", "stride")
LAYER_KEYS = (*SLOTS, SEGMENTS)
"""What a layer's keys can begin with."""


@dataclass(frozen=True)
class Choice:
    """The component in a slot: its name, and the options given for it in its slot."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Layer:
    """What one source says of slots.

    Args:
        names: slot -> the component it chooses; None empties the slot.
        options: slot -> options for whatever component is chosen.
        segments: length and stride, in seconds.
    """

    names: Mapping[str, str | None] = field(default_factory=dict)
    options: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    segments: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Filled:
    """The slots of a preset after some layers."""

    choices: Mapping[str, Choice] = field(default_factory=dict)
    segments: Mapping[str, float] = field(default_factory=dict)

    def under(self, layer: Layer) -> "Filled":
        """Return the slots with another layer over them.

        Raises:
            ConfigurationError: options for a slot that nothing fills.
        """
        choices = dict(self.choices)
        for slot, name in layer.names.items():
            if name is None:
                choices.pop(slot, None)
            elif slot not in choices or choices[slot].name != name:
                choices[slot] = Choice(name)
        for slot, options in layer.options.items():
            if slot not in choices:
                first = next(iter(options))
                raise ConfigurationError(
                    f"{slot}.{first} belongs to no component: nothing fills {slot}; add {slot}=NAME"
                )
            merged = OmegaConf.merge(dict(choices[slot].options), options)
            choices[slot] = replace(choices[slot], options=plain(merged))
        return Filled(choices, {**self.segments, **layer.segments})


def read_layer(given: Mapping[str, Any], where: str) -> Layer:
    """Read what a source says of slots.

    Args:
        given: `SLOT: NAME`, `SLOT: null`, `SLOT.option: value`, or `SLOT: {option: value}`, in
            which `name` chooses; and `segments`, in either form.
        where: the source, for messages.

    Raises:
        ConfigurationError: an unknown slot, or an unknown setting of segments.
    """
    names: dict[str, str | None] = {}
    options: dict[str, dict[str, Any]] = {}
    for key, value in given.items():
        slot, _, option = str(key).partition(".")
        check_names([slot], LAYER_KEYS, where)
        if option:
            put_option(options.setdefault(slot, {}), option, value)
        elif isinstance(value, Mapping):
            for name, one in value.items():
                put_option(options.setdefault(slot, {}), str(name), one)
        else:
            names[slot] = None if value is None else str(value)
    segments = options.pop(SEGMENTS, {})
    check_names(segments, SEGMENT_OPTIONS, f"{where} of segments")
    for slot, held in options.items():
        if "name" in held:
            names[slot] = str(held.pop("name"))
    return Layer(names, {slot: held for slot, held in options.items() if held}, segments)


def put_option(options: dict[str, Any], path: str, value: Any) -> None:
    """Set an option by its dotted path, such as "networks.0.model"."""
    merged = OmegaConf.create(options)
    OmegaConf.update(merged, path, value, merge=True, force_add=True)
    options.clear()
    options.update(plain(merged))


def plain(config: Any) -> dict[str, Any]:
    """Return a configuration as plain values."""
    made = config if OmegaConf.is_config(config) else OmegaConf.create(config)
    held = OmegaConf.to_container(made, resolve=True)
    assert isinstance(held, dict)
    return {str(name): value for name, value in held.items()}


def check_names(given: Iterable[Any], known: Iterable[str], message: str) -> None:
    """Refuse the first name that is not known, listing the closest."""
    listed = list(known)
    for name in given:
        if name not in listed:
            raise ConfigurationError(f"{message} {name!r}.{closest(str(name), listed)}")
