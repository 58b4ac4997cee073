"""Trained strategies on disk, and strategies by name or by folder.

A trained strategy is a folder with `strategy.safetensors` (parameters and buffers) and
`strategy.yaml` (what it is, what it was trained with, how it went). Wherever a strategy's name is
asked for, such a folder will do.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from yaml import YAMLError

from moodreel.emotions import Emotion
from moodreel.errors import ConfigurationError, MoodreelError
from moodreel.fusion.strategy import Dims, FusionStrategy, put_state
from moodreel.registry.registry import Registry
from moodreel.registry.settings import CHECKPOINT
from moodreel.storage.atomic import atomic_path
from moodreel.storage.digests import digest, file_digest

WEIGHTS = "strategy.safetensors"
TUNED = "tuned.yaml"
"""The configuration beside a strategy that encoders were tuned with, as its preset `tuned`."""
KIND = "fusion_strategy"
SHOWN = 3  # names of runs that a message lists
SLOTS = ("video_encoder", "text_encoder", "video_emotion", "text_emotion")


@dataclass(frozen=True)
class Part:
    """A component that fills a slot: its name, and the fingerprint of what it puts out."""

    name: str
    fingerprint: str

    def __str__(self) -> str:
        return f"{self.name} ({self.fingerprint})"


@dataclass(frozen=True)
class TrainingContext:
    """The encoders and extractors that a strategy is trained with, and must be used with.

    Args:
        space: the name of the vector space that the encoders share.
        dims: the lengths of the encoders' vectors and tokens.
        parts: the component in each slot. A slot that is left out may be filled by any.
        emotions: the order of the emotion columns that the strategy learned from, as names
            joined by commas.
    """

    space: str
    dims: Dims
    parts: Mapping[str, Part] = field(default_factory=dict)
    emotions: str = ",".join(Emotion)

    @classmethod
    def of(cls, registry: Registry) -> Self:
        """Return the context that a configuration makes."""
        text, slots = registry.slot("text_encoder"), registry.settings.slots
        patch = registry.slot("video_encoder").patch_width if "video_encoder" in slots else None
        parts = {
            slot: Part(registry.slot_name(slot), registry.slot(slot).fingerprint)
            for slot in SLOTS
            if slot in slots
        }
        return cls(text.space, Dims(text.dim, text.width, patch or 0), parts)

    @classmethod
    def read(cls, held: Mapping[str, Any]) -> Self:
        """Return the context that `asdict` turned into plain values."""
        parts = {slot: Part(**part) for slot, part in held["parts"].items()}
        emotions = held.get("emotions", cls.emotions)
        return cls(held["space"], Dims(**held["dims"]), parts, emotions)

    def differences(self, other: "TrainingContext") -> list[str]:
        """Return how another context differs from this one, such as "space A against B"."""
        found = []
        if (self.space, self.dims) != (other.space, other.dims):
            found.append(f"space {self.space} {self.dims} against {other.space} {other.dims}")
        if self.emotions != other.emotions:
            found.append(f"emotions in the order {self.emotions} against {other.emotions}")
        for slot, part in self.parts.items():
            there = other.parts.get(slot)
            if there is None or there.fingerprint != part.fingerprint:
                found.append(f"{slot} {part} against {there or 'none'}")
        return found


@dataclass(frozen=True)
class Checkpoint:
    """The contents of `strategy.yaml`.

    Args:
        plugin: the name that the strategy is registered under.
        version: the `version` of the strategy's class.
        options: the options that the strategy was built with.
        trained_with: the encoders and extractors that it was trained with.
        training: the trainer's record: data fingerprint, seeds, metrics.
    """

    plugin: str
    version: str
    options: dict[str, Any]
    trained_with: TrainingContext
    training: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write `strategy.yaml` into a folder."""
        with atomic_path(folder / CHECKPOINT) as partial:
            OmegaConf.save(OmegaConf.create(asdict(self)), partial)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read `strategy.yaml` of a folder.

        Raises:
            ConfigurationError: it is not there, or is no such file.
        """
        file = folder / CHECKPOINT
        try:
            held: Any = OmegaConf.to_container(OmegaConf.load(file))
            return cls(trained_with=TrainingContext.read(held.pop("trained_with")), **held)
        except FileNotFoundError:
            raise ConfigurationError(f"{folder}: {what_it_holds(folder)}") from None
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigurationError(f"{file}: not a strategy's file: {one_line(error)}") from None
        except (YAMLError, OmegaConfBaseException) as error:
            raise ConfigurationError(f"{file}: not a strategy's file: {one_line(error)}") from None


def what_it_holds(folder: Path) -> str:
    """Say what a folder holds that holds no trained strategy: several of them, or none."""
    runs = sorted(file.parent.name for file in folder.glob(f"*/{CHECKPOINT}"))
    if not runs:
        return f"holds no trained strategy, which has {CHECKPOINT} and {WEIGHTS}"
    more = f" and {len(runs) - SHOWN} more" if len(runs) > SHOWN else ""
    return (
        f"holds the runs {', '.join(runs[:SHOWN])}{more}, which moodreel compare takes as one "
        f"strategy: name one of them, such as {folder / runs[0]}"
    )


def save_strategy(
    folder: str | Path,
    strategy: FusionStrategy,
    trained_with: TrainingContext,
    training: Mapping[str, Any] | None = None,
) -> Path:
    """Write a trained strategy into a folder, each file whole or not at all; return the folder.

    Args:
        folder: the folder to write; it is made if it is not there, and an earlier strategy in it
            is replaced.
        strategy: the strategy, built by a registry and bound.
        trained_with: the encoders and extractors, as `TrainingContext.of(registry)` returns them.
        training: plain values to keep in the record: data fingerprint, seeds, metrics.
    """
    folder = save_weights(folder, strategy)
    recipe = strategy.recipe
    record = Checkpoint(
        recipe["plugin"],
        strategy.version,
        dict(recipe["options"]),
        trained_with,
        dict(training or {}),
    )
    record.save(folder)
    return folder


def save_weights(folder: str | Path, strategy: FusionStrategy) -> Path:
    """Write a strategy's parameters and buffers into a folder, and return it."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().cpu() for name, value in strategy.state_dict().items()}
    with atomic_path(folder / WEIGHTS) as partial:
        save_file({name: value.clone().contiguous() for name, value in state.items()}, partial)
    return folder


def load_strategy(
    registry: Registry, name: str | None = None, seed: int = 0, **options: Any
) -> FusionStrategy:
    """Return a new strategy by a component's name or a trained one's folder, bound and in `eval`.

    Args:
        registry: the configuration that the strategy is used with.
        name: a component's name or a trained strategy's folder; None takes the preset's strategy.
        seed: the seed of the first values of a strategy that is not trained.
        options: options that go over those of the configuration; a trained strategy takes none.

    Raises:
        ConfigurationError: an unknown name or option, or a folder whose strategy was trained
            with another space, other components or another version than these.
    """
    chosen = registry.slot_name(KIND) if name is None else name
    if registry.names_trained(chosen):
        refuse_options(registry, chosen, options)
        return load_checkpoint(registry, Path(chosen))
    strategy: FusionStrategy = registry.fresh(KIND, name, **options)
    strategy.bind(TrainingContext.of(registry).dims, seed)
    return strategy.eval()


def refuse_options(registry: Registry, name: str, options: Mapping[str, Any]) -> None:
    """Refuse options for a trained strategy: its own are part of it."""
    given = {**registry.fusion_options(name), **options}
    if given:
        raise ConfigurationError(
            f"{name}: a trained strategy has its own options; leave out {', '.join(given)}, "
            "or train it again with them"
        )


def load_checkpoint(registry: Registry, folder: Path) -> FusionStrategy:
    """Return the trained strategy of a folder, for the encoders of a configuration."""
    checkpoint = Checkpoint.load(folder)
    differences = checkpoint.trained_with.differences(TrainingContext.of(registry))
    if differences:
        raise ConfigurationError(
            f"{folder}: trained with other parts than it would be used with: "
            f"{'; '.join(differences)}. Use the same ones, or train it again"
        )
    strategy = build_again(registry, checkpoint, folder)
    strategy.bind(checkpoint.trained_with.dims)
    load_state(strategy, folder / WEIGHTS)
    strategy.fingerprint = trained_fingerprint(strategy, folder / WEIGHTS)
    return strategy.eval()


def build_again(registry: Registry, checkpoint: Checkpoint, folder: Path) -> FusionStrategy:
    """Build the strategy that a checkpoint is of, without its parameters."""
    try:
        entry = registry.plugin_entry(KIND, checkpoint.plugin)
        strategy = registry.build(entry, checkpoint.options)
    except MoodreelError as error:
        raise ConfigurationError(f"{folder / CHECKPOINT}: {error}") from None
    if strategy.version != checkpoint.version:
        raise ConfigurationError(
            f"{folder}: trained with version {checkpoint.version} of {checkpoint.plugin!r}, "
            f"installed is {strategy.version}; train it again"
        )
    assert isinstance(strategy, FusionStrategy)
    return strategy


def load_state(strategy: FusionStrategy, file: Path) -> None:
    """Load parameters and buffers. What `fit` learned may have any shape; parameters may not."""
    try:
        state = load_file(file)
    except (OSError, SafetensorError) as error:
        raise ConfigurationError(f"{file}: cannot be read: {one_line(error)}") from None
    state = strategy.upgrade(state)
    parameters = dict(strategy.named_parameters(remove_duplicate=False))
    problems = [f"lacks {name}" for name in parameters.keys() - state.keys()]
    problems += [f"has the unknown {name}" for name in state.keys() - strategy.state_dict().keys()]
    problems += [
        f"{name} is {list(state[name].shape)}, not {list(value.shape)}"
        for name, value in parameters.items()
        if name in state and state[name].shape != value.shape
    ]
    if problems:
        raise ConfigurationError(f"{file}: not of this strategy: {'; '.join(sorted(problems))}")
    put_state(strategy, state)


def changed_at(name: str) -> int:
    """Return when a trained strategy's parameters were written, in ns; 0 for a component."""
    try:
        return (Path(name) / WEIGHTS).stat().st_mtime_ns
    except OSError:
        return 0


def trained_fingerprint(strategy: FusionStrategy, file: Path) -> str:
    """Identify a trained strategy: what it is, and its parameters; 16 hex digits."""
    return digest(f"{strategy.fingerprint},{file_digest(file)}")


def one_line(error: BaseException) -> str:
    """Return an error's message on one line, its first 160 characters."""
    return " ".join(str(error).split())[:160]
