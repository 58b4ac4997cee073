"""registry.yaml, the user's file and overrides, read by OmegaConf, merged and checked."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from moodreel.errors import ConfigurationError, closest
from moodreel.hookspecs import HOOKS
from moodreel.registry.slots import (
    LAYER_KEYS,
    Choice,
    Filled,
    Layer,
    check_names,
    plain,
    read_layer,
)

CHECKPOINT = "strategy.yaml"
"""The file that makes a folder a trained strategy."""

PLUGINS = "plugins"
WEIGHTS = "weights"
FIRST = "first"
"""The key of a preset that stands for the first of several presets that can run here."""

SECTIONS = ("presets", "components")
KEYS = (*LAYER_KEYS, *SECTIONS)
"""What the key of an override can begin with."""

FACTS = ("megabytes", "licence")
"""What can be said of weights."""

EXAMPLE = "fusion_strategy=baseline or fusion_strategy.weight=0.3"
Overrides = Sequence[str] | Mapping[str, Any]
"""Settings over those of files: "key=value" texts, or values by key."""


@dataclass(frozen=True)
class Settings:
    """What one run uses.

    Args:
        preset: the preset's name.
        choices: slot -> the component in it.
        segments: length and stride of segments, in seconds.
        components: kind -> name -> {"plugin": name, option: value...}.
        fusions: the strategies named beside the configuration (`--fusion`), each with the
            options that were given for whichever strategy is chosen.
        plugins: files with plugins that are not installed.
        weights: what is known of weights, by package or name on the hub: megabytes, licence.
    """

    preset: str
    choices: Mapping[str, Choice]
    segments: Mapping[str, float]
    components: Mapping[str, Mapping[str, Mapping[str, Any]]]
    fusions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    plugins: Sequence[Path] = ()
    weights: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def slots(self) -> dict[str, str]:
        """The name of the component in each slot."""
        return {slot: choice.name for slot, choice in self.choices.items()}

    @property
    def options(self) -> dict[str, dict[str, Any]]:
        """The options given in each slot that has any."""
        return {s: dict(choice.options) for s, choice in self.choices.items() if choice.options}


Pick = Callable[[str, Sequence[str]], str]
"""Chooses one of the presets that a preset names."""


def last_name(preset: str, names: Sequence[str]) -> str:
    """Return the last of the presets, which needs the least."""
    return names[-1]


def load_settings(
    preset: str = "starter",
    config: str | Path | None = None,
    overrides: Overrides = (),
    *,
    fusions: Sequence[str] = (),
    plugins: Sequence[str | Path] = (),
    pick: Pick = last_name,
) -> Settings:
    """Merge registry.yaml, the user's file and overrides, each over the one before.

    Args:
        preset: a name under `presets`.
        config: the user's file; None takes MOODREEL_CONFIG, if that is set. It may have
            `presets`, `components`, `plugins` (files), and slots, as overrides have them.
        overrides: `SLOT=NAME`, `SLOT.option=VALUE`, `segments.length=10`, or a full path such
            as `components.fusion_strategy.late.weight=0.3`; in any order.
        fusions: fusion strategies to be used beside the configuration's, or in its place.
            Options given in `overrides` for the slot are for each of them that takes them.
        plugins: files with plugins, besides those of the user's file and of MOODREEL_PLUGINS.
        pick: chooses among the presets that a preset names as `first`, such as `auto`.

    Raises:
        ConfigurationError: a file that cannot be read, or a key or name that is not known.
    """
    path = config or os.environ.get("MOODREEL_CONFIG")
    user = DictConfig({}) if path is None else read_yaml(Path(path))
    last, full = read_overrides(overrides)
    files = [packaged_registry(), user, full]
    for checked, where in ((user, str(path)), (full, "key=value")):
        check_sections(checked, where)
    layers = [*preset_layers(files, preset, pick), file_layer(user, str(path))]
    filled = Filled()
    for layer in layers:
        filled = filled.under(layer)
    chosen = filled.under(name_fusion(last, fusions))
    return Settings(
        preset,
        chosen.choices,
        chosen.segments,
        merge_components(files),
        fusion_options(filled, last, fusions),
        plugin_files(user, path, plugins),
        merge_weights(files),
    )


@cache
def packaged_registry() -> DictConfig:
    """Return the registry.yaml that comes with moodreel."""
    return OmegaConf.load(Path(__file__).parents[1] / "registry.yaml")  # type: ignore[return-value]


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


def read_overrides(overrides: Overrides) -> tuple[Layer, DictConfig]:
    """Return what overrides say of slots, and those that name a whole path."""
    given = overrides if isinstance(overrides, Mapping) else parse_pairs(overrides)
    check_names([str(key).partition(".")[0] for key in given], KEYS, "unknown setting")
    full = DictConfig({})
    short: dict[str, Any] = {}
    for key, value in given.items():
        if str(key).partition(".")[0] in SECTIONS:
            OmegaConf.update(full, str(key), value, force_add=True)
        else:
            short[str(key)] = value
    return read_layer(short, "unknown setting"), full


def parse_pairs(pairs: Sequence[str]) -> dict[str, Any]:
    """Read key=value texts; values are read as YAML."""
    given: dict[str, Any] = {}
    for item in pairs:
        if "=" not in item.strip("="):
            raise ConfigurationError(f"{item!r} is not key=value; write for example {EXAMPLE}")
        key, _, value = item.partition("=")
        try:
            held = OmegaConf.from_dotlist([f"value={value}"])
        except (OmegaConfBaseException, YAMLError) as error:
            raise ConfigurationError(f"cannot read {item}: {error}") from None
        given[key.strip()] = plain(held)["value"]
    return given


def check_sections(config: DictConfig, source: str) -> None:
    """Refuse sections, kinds and component entries that nothing would read."""
    known = (*SECTIONS, PLUGINS, WEIGHTS, *LAYER_KEYS)
    check_names([str(key).partition(".")[0] for key in config], known, f"{source}: unknown section")
    for section in (*SECTIONS, WEIGHTS):
        if section in config:
            check_mapping(config[section], f"{source}: {section}")
    for name, facts in (config.get(WEIGHTS) or {}).items():
        check_mapping(facts, f"{source}: weights.{name}")
        check_names(facts, FACTS, f"{source}: weights.{name} has the unknown key")
    components = config.get("components") or {}
    check_names(components, HOOKS, f"{source}: unknown kind of component")
    for kind, entries in components.items():
        check_mapping(entries, f"{source}: components.{kind}")
        for name, entry in entries.items():
            check_mapping(entry, f"{source}: components.{kind}.{name}")
    for name, entry in (config.get("presets") or {}).items():
        check_mapping(entry, f"{source}: presets.{name}")
        keys = [str(key).partition(".")[0] for key in entry]
        where = f"{source}: presets.{name} has the unknown key"
        check_names(keys, ["extends", FIRST, *LAYER_KEYS], where)


def check_mapping(value: Any, where: str) -> None:
    """Refuse anything but a mapping."""
    if not isinstance(value, DictConfig):
        raise ConfigurationError(f"{where} must be a mapping of names, got {value!r}")


def preset_alternatives(config: str | Path | None = None) -> dict[str, list[str]]:
    """Return every preset by name, with those that it names as `first`: most name none."""
    path = config or os.environ.get("MOODREEL_CONFIG")
    user = DictConfig({}) if path is None else read_yaml(Path(path))
    check_sections(user, str(path))
    found: dict[str, list[str]] = {}
    for file in (packaged_registry(), user):
        for name, held in plain(file.get("presets") or {}).items():
            found[name] = list(map(str, held.get(FIRST) or found.get(name, [])))
    return found


def preset_layers(files: Sequence[DictConfig], name: str, pick: Pick) -> list[Layer]:
    """Return the layers of a preset: what it extends first, each file over the one before."""
    presets = [plain(file.get("presets") or {}) for file in files]
    known = list(dict.fromkeys(preset for held in presets for preset in held))
    layers: list[Layer] = []
    seen: list[str] = []
    while name:
        if name not in known:
            raise ConfigurationError(f"unknown preset {name!r}.{closest(name, known)}")
        if name in seen:
            raise ConfigurationError(f"preset {name!r} extends itself: {' -> '.join(seen)}")
        seen.append(name)
        parts = [dict(held[name]) for held in presets if name in held]
        extended = [part.pop("extends") for part in parts if "extends" in part]
        named = [part.pop(FIRST) for part in parts if FIRST in part]
        extended += [pick(name, list(map(str, named[-1])))] if named and named[-1] else []
        layers = [read_layer(part, f"preset {name!r}: unknown key") for part in parts] + layers
        name = str(extended[-1] or "") if extended else ""
    return layers


def file_layer(user: DictConfig, where: str) -> Layer:
    """Return what the user's file says of slots beside its presets."""
    own = {k: v for k, v in plain(user).items() if k not in (*SECTIONS, PLUGINS, WEIGHTS)}
    return read_layer(own, f"{where}: unknown section")


def merge_components(files: Sequence[DictConfig]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the entries of all files, by kind and name.

    An entry that is given another plugin forgets the options it had.
    """
    merged: dict[str, dict[str, Any]] = {}
    for file in files:
        for kind, entries in (file.get("components") or {}).items():
            table = merged.setdefault(str(kind), {})
            for name, entry in entries.items():
                held = table.get(name)
                same = held and entry.get("plugin", held.plugin) == held.get("plugin")
                table[str(name)] = OmegaConf.merge(held, entry) if same else entry
    return {kind: {n: plain(entry) for n, entry in t.items()} for kind, t in merged.items()}


def merge_weights(files: Sequence[DictConfig]) -> dict[str, dict[str, Any]]:
    """Return what files say of weights, by name."""
    merged: dict[str, dict[str, Any]] = {}
    for file in files:
        for name, facts in plain(file.get(WEIGHTS) or {}).items():
            merged[name] = {**merged.get(name, {}), **facts}
    return merged


def name_fusion(layer: Layer, fusions: Sequence[str]) -> Layer:
    """Return the last layer with the one strategy that `fusions` names in its slot.

    With several, the configuration's own stays there, and the options are theirs.
    """
    if not fusions:
        return layer
    own = layer.names.get("fusion_strategy")
    if own not in (None, *fusions):
        raise ConfigurationError(
            f"two fusion strategies are chosen, {own!r} and {fusions[0]!r}; leave one out"
        )
    options = {s: held for s, held in layer.options.items() if s != "fusion_strategy"}
    if len(fusions) == 1:
        names = {**layer.names, "fusion_strategy": fusions[0]}
        return Layer(names, layer.options, layer.segments)
    return Layer(layer.names, options, layer.segments)


def fusion_options(
    filled: Filled, last: Layer, fusions: Sequence[str]
) -> dict[str, Mapping[str, Any]]:
    """Return the options given for each strategy of `fusions`."""
    own = filled.choices.get("fusion_strategy")
    given = last.options.get("fusion_strategy", {})
    return {
        name: {**(own.options if own and own.name == name else {}), **given} for name in fusions
    }


def plugin_files(
    user: DictConfig, config: str | Path | None, given: Sequence[str | Path]
) -> tuple[Path, ...]:
    """Return the files with plugins: the user's file's, those of MOODREEL_PLUGINS, and `given`.

    Paths in the user's file are seen from where it lies.
    """
    listed = plain(user).get(PLUGINS) or []
    if isinstance(listed, str):
        listed = [listed]
    home = Path(config).parent if config else Path()
    variable = [p for p in os.environ.get("MOODREEL_PLUGINS", "").split(os.pathsep) if p]
    found = [*(home / str(path) for path in listed), *map(Path, variable), *map(Path, given)]
    return tuple(dict.fromkeys(path.absolute() for path in found))


def is_checkpoint(name: str) -> bool:
    """Whether a strategy's name is the folder of a trained one."""
    return (Path(name) / CHECKPOINT).is_file()


def names_folder(name: str) -> bool:
    """Whether a name can only be meant as a folder."""
    return any(separator in name for separator in (os.sep, "/"))
