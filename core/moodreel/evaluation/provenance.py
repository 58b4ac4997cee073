"""Provenance of a comparison: what made its features and strategies, of what, where and how."""

import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from moodreel.datasets import Dataset
from moodreel.datasets.files import first_file
from moodreel.datasets.loading import CAPTION_FILES
from moodreel.datasets.precomputed import EMOTIONS, FEATURES, TEXTS
from moodreel.errors import MoodreelError
from moodreel.evaluation.material import Material
from moodreel.evaluation.results import Result, Run
from moodreel.fusion.checkpoints import Checkpoint
from moodreel.registry.settings import is_checkpoint
from moodreel.storage.digests import digest, file_digest

PACKAGES = ("moodreel", "numpy", "torch", "transformers", "timm", "safetensors", "faiss-cpu")
MAKERS = ("video_encoder", "text_encoder", "text_emotion", "video_emotion")
"""The slots of the components that make features."""
ELSEWHERE = "made elsewhere"
SHA_256 = 32  # bytes of a file's digest, long enough that nobody makes another file of the same


def describe_comparison(
    material: Material, results: Sequence[Result], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return where figures come from, as JSON can hold it.

    Args:
        material: the videos and queries.
        results: the strategies that were compared.
        settings: how they were compared: draws, seeds, families.
    """
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "settings": dict(settings),
        "dataset": describe_dataset(material.dataset),
        "components": describe_makers(material),
        "strategies": {result.name: list(map(describe_run, result.runs)) for result in results},
        "environment": describe_environment(),
    }


def describe_dataset(dataset: Dataset) -> dict[str, Any]:
    """Return what identifies a dataset: its captions, and the files of features made elsewhere."""
    words = [f"{caption.video}\t{caption.text}\n" for caption in dataset.captions]
    found: dict[str, Any] = {"name": dataset.name, "captions and videos (BLAKE2b)": digest(*words)}
    if dataset.features is not None:
        found["features"] = str(dataset.features)
        found["files (BLAKE2b)"] = file_digests(dataset.features)
    return found


def file_digests(folder: Path) -> dict[str, str]:
    """Return the digests of the files of a folder of features, by name."""
    captions = first_file([folder], *CAPTION_FILES)
    files = [captions, *(folder / name for name in (FEATURES, TEXTS, EMOTIONS))]
    return {path.name: file_digest(path, SHA_256) for path in files if path and path.exists()}


def describe_makers(material: Material) -> dict[str, Any]:
    """Return the component that made each kind of features, with its fingerprint.

    Of features that were made elsewhere nobody knows what made them.
    """
    registry, elsewhere = material.components.registry, material.made_elsewhere
    found: dict[str, Any] = {}
    for slot in MAKERS:
        if slot in elsewhere:
            found[slot] = ELSEWHERE
        elif slot in registry.settings.slots:
            part = registry.slot(slot)
            found[slot] = {"name": registry.slot_name(slot), "fingerprint": part.fingerprint}
    return found


def describe_run(run: Run) -> dict[str, Any]:
    """Return what a strategy was built and trained with."""
    found = {"name": run.name, "seed": run.seed, "fingerprint": run.fingerprint, **run.recipe}
    if is_checkpoint(run.name):
        checkpoint = Checkpoint.load(Path(run.name))
        found["trained with"] = asdict(checkpoint.trained_with)
        found["training"] = checkpoint.training
    return found


@cache
def describe_environment() -> dict[str, str]:
    """Return the versions of Python, of the system and of the packages that figures rest on."""
    found = {"python": platform.python_version(), "system": platform.platform()}
    found["processor"] = platform.processor() or platform.machine()
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def trained_seed(name: str, seed: int) -> int:
    """Return the seed of a run: that of its training, where a trained strategy tells it."""
    if not is_checkpoint(name):
        return seed
    try:
        seeds = Checkpoint.load(Path(name)).training.get("seeds")
    except MoodreelError:
        return seed
    return int(seeds[0]) if seeds else seed
