"""A folder of features that were made elsewhere.

It holds captions (`captions.jsonl` or another form) and `videos.safetensors`: under each video's
name its vector [D], or those of its frames [T, D]. `texts.safetensors` may hold the captions'
vectors under "pooled" [N, D], in the order of the file, and `emotions.json` intensities by video.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from moodreel.datasets.captioned import read_captions, said_emotions
from moodreel.datasets.dataset import Caption, Dataset, Video
from moodreel.datasets.json_rows import describe
from moodreel.datasets.rows import Columns, choose_columns
from moodreel.datasets.tables import read_json, read_rows
from moodreel.datasets.video_names import video_key
from moodreel.errors import InvalidInput

FEATURES = "videos.safetensors"
TEXTS = "texts.safetensors"
EMOTIONS = "emotions.json"


def load_precomputed(folder: Path, captions: Path, columns: Columns | None = None) -> Dataset:
    """Return the captions of a folder whose videos have features; the others are listed.

    A video is the tensor of its name, or of one that differs in the suffix alone.
    """
    rows = choose_columns(read_rows(captions), columns or {}, captions)
    found = read_captions(rows, str(captions))
    held = feature_names(folder / FEATURES)
    tensors = tensor_names(held)
    emotions = {**found.emotions, **seen_emotions(folder / EMOTIONS)}
    texts = [tensor_caption(caption, tensors, captions) for caption in found.captions]
    kept = [caption for caption in texts if caption.video in tensors]
    named = {caption.video: emotions.get(caption.video) for caption in kept}
    videos = [Video(name, emotions=said) for name, said in named.items()]
    absent = [caption for caption in texts if caption.video not in tensors]
    return Dataset(folder.name, videos, kept, absent, found.skipped, features=folder)


def tensor_names(held: Sequence[str]) -> dict[str, list[str]]:
    """Return the tensors that a name may mean: the one of this name, or those without suffix."""
    found: dict[str, list[str]] = {}
    for name in held:
        found.setdefault(video_key(name), []).append(name)
    return found | {name: [name] for name in held}


def tensor_caption(caption: Caption, tensors: Mapping[str, list[str]], file: Path) -> Caption:
    """Return a caption whose video has the name of its tensor.

    Raises:
        InvalidInput: it may be the name of several.
    """
    names = tensors.get(caption.video) or tensors.get(video_key(caption.video)) or [caption.video]
    if len(names) > 1:
        raise InvalidInput(
            f"{file}: {caption.video!r} may be {' or '.join(map(repr, names[:3]))} of {FEATURES}; "
            "write one of these names"
        )
    return replace(caption, video=names[0])


def feature_names(path: Path) -> list[str]:
    """Return the names of the tensors in a file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            return list(file.keys())
    except (OSError, SafetensorError) as error:
        raise InvalidInput(f"{path}: not a file of tensors: {error}") from None


def seen_emotions(path: Path) -> dict[str, dict[str, float]]:
    """Return the intensities by video that a file holds, nothing where there is no file."""
    if not path.exists():
        return {}
    held = read_json(path)
    if not isinstance(held, dict):
        raise InvalidInput(f"{path}: emotions by the name of their video are wanted")
    return {name: row_said(said, f"{path}: {name}") for name, said in held.items()}


def row_said(said: Any, where: str) -> dict[str, float]:
    """Return intensities by name of one video."""
    if not isinstance(said, Mapping | str):
        raise InvalidInput(f"{where}: a name or intensities are wanted, not {describe(said)}")
    return said_emotions(said, where)
