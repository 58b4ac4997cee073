"""Strategies that were trained together with encoders: the same material, as these see it."""

from dataclasses import replace
from pathlib import Path

from moodreel.components import Components
from moodreel.errors import InvalidInput
from moodreel.evaluation.material import Material, check_dims
from moodreel.features.videos import video_features
from moodreel.fusion.checkpoints import TUNED, Checkpoint, TrainingContext
from moodreel.registry.registry import Registry


def as_seen_by(material: Material, name: str) -> Material:
    """Return the material with the features that a trained strategy's own encoders make of it.

    Queries, their emotions, their groups and what is relevant for them stay the same, so that
    ranks can be compared; so does what cuts videos into segments.

    Args:
        material: videos and queries.
        name: a component's name, or the folder of a trained strategy; one that came without
            encoders of its own takes the material as it is.

    Raises:
        InvalidInput: the features were made elsewhere, so there is nothing to encode, or the
            encoders cannot read a video that the others could.
    """
    config = Path(name) / TUNED
    if not config.is_file() or is_at_home(material, Path(name)):
        return material
    if material.dataset.features is not None:
        raise InvalidInput(
            f"{name} was trained with encoders of its own, which have made none of the features "
            f"in {material.dataset.features}: compare it on the videos themselves"
        )
    if name not in material.tuned:
        material.tuned[name] = encode_anew(material, config)
    return material.tuned[name]


def is_at_home(material: Material, folder: Path) -> bool:
    """Whether the material was made by what the trained strategy in a folder was trained with."""
    here = TrainingContext.of(material.components.registry)
    return not Checkpoint.load(folder).trained_with.differences(here)


def encode_anew(material: Material, config: Path) -> Material:
    """Return the material with features by the encoders of a configuration."""
    settings = material.components.registry.settings
    cut = [f"segments.{key}={value}" for key, value in settings.segments.items()]
    registry = Registry.load("tuned", config, cut, plugins=settings.plugins)
    with Components(registry) as components:
        videos = video_features(material.dataset, components, material.cache, frames=True)
    if videos.names != material.videos.names:
        lost = next(n for n in material.videos.names if n not in set(videos.names))
        raise InvalidInput(f"{config.parent}: its encoders cannot read {lost}, which others could")
    return check_dims(replace(material, components=components, videos=videos))
