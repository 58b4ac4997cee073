"""A folder of features that were made elsewhere.

It holds captions (`captions.jsonl` or another form) and `videos.safetensors`: under each video's
name its vector [D], or those of its frames [T, D]. `texts.safetensors` may hold the captions'
vectors under "pooled" [N, D], in the order of the file, and `emotions.json` intensities by video.
"""

from pathlib import Path

from moodreel.datasets.captioned import read_captions, said_emotions
from moodreel.datasets.dataset import Dataset, Video
from moodreel.datasets.tables import read_json, read_rows
from moodreel.errors import InvalidInput

FEATURES = "videos.safetensors"
TEXTS = "texts.safetensors"
EMOTIONS = "emotions.json"


def load_precomputed(folder: Path, captions: Path) -> Dataset:
    """Return the captions of a folder whose videos have features; the others are listed."""
    found = read_captions(read_rows(captions), str(captions))
    named = dict.fromkeys(caption.video for caption in found.captions)
    held = set(feature_names(folder / FEATURES))
    emotions = {**found.emotions, **seen_emotions(folder / EMOTIONS)}
    videos = [Video(name, emotions=emotions.get(name)) for name in named if name in held]
    missing = [name for name in named if name not in held]
    kept = [caption for caption in found.captions if caption.video in held]
    return Dataset(folder.name, videos, kept, missing, found.skipped, features=folder)


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
    return {name: said_emotions(said, f"{path}: {name}") for name, said in read_json(path).items()}
