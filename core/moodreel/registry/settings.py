"""registry.yaml, the user's file and key=value overrides, merged and checked by OmegaConf."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from moodreel.errors import ConfigurationError, closest
from moodreel.hookspecs import HOOKS

SLOTS = {
    "video_reader": "video_reader",
    "second_reader": "video_reader",
    "video_encoder": "video_encoder",
    "text_encoder": "text_encoder",
    "text_emotion": "emotion_extractor",
    "video_emotion": "emotion_extractor",
    "captioner": "captioner",
    "fusion_strategy": "fusion_strategy",
    "vector_store": "vector_store",
}
"""The places that a preset fills, and the kind of component that fits each."""

CHECKPOINT = "strategy.yaml"
"""The file that makes a folder a trained strategy."""

SEGMENTS = "segments"
SECTIONS = ("presets", "components")
EMPTY = DictConfig({})
KEYS = (*SLOTS, SEGMENTS, *SECTIONS)
"""What a key=value override can begin with."""


@dataclass(frozen=True)
class Settings:
    """What one run uses.

    Args:
        preset: the preset's name.
        slots: slot -> name of the component.
        segments: length and stride of segments, in seconds.
        components: kind -> name -> {"plugin": name, option: value...}.
        options: slot -> options given for that slot alone on the command line.
    """

    preset: str
    slots: dict[str, str]
    segments: dict[str, float]
    components: dict[str, dict[str, dict[str, Any]]]
    options: dict[str, dict[str, Any]]


def load_settings(
    preset: str = "starter",
    config: str | Path | None = None,
    overrides: Sequence[str] = (),
) -> Settings:
    """Merge registry.yaml, the user's file and `key=value` overrides.

    Args:
        preset: a name under `presets`.
        config: the user's file; None takes MOODREEL_CONFIG, if that is set.
        overrides: "slot=component", "slot.option=value", "segments.length=10", or a full path
            such as "components.fusion_strategy.late.weight=0.3".

    Raises:
        ConfigurationError: a file that cannot be read, or a key or name that is not known.
    """
    files = merge_files(config or os.environ.get("MOODREEL_CONFIG"))
    short, full = split_overrides(overrides)
    merged = merge(files, full)
    check_sections(merged, "key=value")
    chosen = resolve_preset(merged, preset)
    slots, segments, options = apply_overrides(chosen, short)
    tables = OmegaConf.to_container(merged.components, resolve=True)
    return Settings(preset, slots, segments, tables, options)  # type: ignore[arg-type]


@cache
def packaged_registry() -> DictConfig:
    """Return the registry.yaml that comes with moodreel."""
    return OmegaConf.load(Path(__file__).parents[1] / "registry.yaml")  # type: ignore[return-value]


def merge_files(path: str | Path | None) -> DictConfig:
    """Return the packaged registry with the user's file merged over it."""
    base = packaged_registry().copy()
    if path is None:
        return base
    user = read_yaml(Path(path))
    check_sections(user, str(path))
    drop_replaced(base, user)
    return merge(base, user)


def merge(*configs: DictConfig) -> DictConfig:
    """Merge mappings, the last one winning."""
    merged = OmegaConf.merge(*configs)
    assert isinstance(merged, DictConfig)
    return merged


def read_yaml(path: Path) -> DictConfig:
    """Read a user's file."""
    try:
        config = OmegaConf.load(path)
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such configuration file") from None
    except (OSError, UnicodeDecodeError, YAMLError, OmegaConfBaseException) as error:
        reason = " ".join(str(error).split())
        raise ConfigurationError(f"{path}: cannot be read as YAML: {reason}") from None
    if not isinstance(config, DictConfig):
        raise ConfigurationError(f"{path}: must hold {' and '.join(SECTIONS)}, not a list")
    return config


def check_sections(config: DictConfig, source: str) -> None:
    """Refuse sections, kinds and component entries that nothing would read."""
    check_names(config, SECTIONS, f"{source}: unknown section")
    for section in config:
        check_mapping(config[section], f"{source}: {section!s}")
    components = config.get("components") or {}
    check_names(components, HOOKS, f"{source}: unknown kind of component")
    for kind, entries in components.items():
        check_mapping(entries, f"{source}: components.{kind}")
        for name, entry in entries.items():
            check_mapping(entry, f"{source}: components.{kind}.{name}")
    for name, entry in (config.get("presets") or {}).items():
        check_mapping(entry, f"{source}: presets.{name}")
        known = ["extends", SEGMENTS, *SLOTS]
        check_names(entry, known, f"{source}: presets.{name} has the unknown key")


def check_mapping(value: Any, where: str) -> None:
    """Refuse anything but a mapping."""
    if not isinstance(value, DictConfig):
        raise ConfigurationError(f"{where} must be a mapping of names, got {value!r}")


def check_names(given: Iterable[Any], known: Iterable[str], message: str) -> None:
    """Refuse the first name that is not known, listing the closest."""
    for name in given:
        if name not in set(known):
            raise ConfigurationError(f"{message} {name!r}.{closest(str(name), known)}")


def drop_replaced(base: DictConfig, user: DictConfig) -> None:
    """Forget the packaged options of entries that the user gives another plugin."""
    for kind, entries in (user.get("components") or {}).items():
        for name, entry in entries.items():
            packaged = base.components.get(kind, {}).get(name)
            if packaged and entry.get("plugin", packaged.plugin) != packaged.plugin:
                del base.components[kind][name]


def split_overrides(overrides: Sequence[str]) -> tuple[DictConfig, DictConfig]:
    """Read key=value pairs; return those about slots, and those that name a whole path."""
    for item in overrides:
        if "=" not in item.strip("="):
            raise ConfigurationError(f"{item!r} is not key=value; write for example {EXAMPLE}")
    try:
        given = OmegaConf.from_dotlist(list(overrides))
    except (OmegaConfBaseException, YAMLError) as error:
        raise ConfigurationError(f"cannot read {' '.join(overrides)}: {error}") from None
    check_names(given, KEYS, "unknown setting")
    keys = [str(key) for key in given]
    full = OmegaConf.masked_copy(given, [key for key in keys if key in SECTIONS])
    short = OmegaConf.masked_copy(given, [key for key in keys if key not in SECTIONS])
    return short, full


EXAMPLE = "fusion_strategy=baseline or fusion_strategy.weight=0.3"


def resolve_preset(merged: DictConfig, name: str) -> DictConfig:
    """Return a preset with what it extends, nearest definition first."""
    chain: list[DictConfig] = []
    seen: list[str] = []
    while name:
        if name not in merged.presets:
            raise ConfigurationError(f"unknown preset {name!r}.{closest(name, merged.presets)}")
        if name in seen:
            raise ConfigurationError(f"preset {name!r} extends itself: {' -> '.join(seen)}")
        seen.append(name)
        chain.insert(0, merged.presets[name])
        name = merged.presets[name].get("extends", "")
    return merge(*chain)


def apply_overrides(
    preset: DictConfig, short: DictConfig
) -> tuple[dict[str, str], dict[str, float], dict[str, dict[str, Any]]]:
    """Return the slots, the segmentation, and the options given for single slots."""
    segments = merge(preset.get(SEGMENTS) or EMPTY, short.get(SEGMENTS) or EMPTY)
    check_names(segments, ["length", "stride"], "unknown setting of segments")
    slots = {slot: str(preset[slot]) for slot in SLOTS if preset.get(slot) is not None}
    options: dict[str, dict[str, Any]] = {}
    for slot, value in short.items():
        if isinstance(value, DictConfig) and slot in SLOTS:
            options[str(slot)] = OmegaConf.to_container(value, resolve=True)  # type: ignore
        elif value is None:
            slots.pop(str(slot), None)
        elif slot in SLOTS:
            slots[str(slot)] = str(value)
    return slots, OmegaConf.to_container(segments), options  # type: ignore[return-value]


def is_checkpoint(name: str) -> bool:
    """Whether a strategy's name is the folder of a trained one."""
    return (Path(name) / CHECKPOINT).is_file()


def names_folder(name: str) -> bool:
    """Whether a name can only be meant as a folder."""
    return any(separator in name for separator in (os.sep, "/"))
