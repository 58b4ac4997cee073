"""Real captions, as vectors and moods: the data for development that the defaults answer to.

Videos of MSR-VTT 1k-A come as vectors of one encoder. Clips that viewers rated come as texts alone;
there a clip's content is the mean vector of some captions, and others ask for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from json import loads
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file

from moodreel import EmotionScores, create
from moodreel.storage.cache import cached_tensor

ASKING, SHOWING = range(4), range(4, 8)  # the captions that ask for a rated clip, and that show it
FOLDS, RIDGE = 5, 3.0  # of the prediction of moods from vectors: judgements
Vectors = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class RealCaptions:
    """Videos, and captions that each ask for one of them.

    Args:
        name: the data, and where the videos' moods come from.
        content: the vectors of the V videos [V, D].
        moods: the emotions of the videos [V, 8].
        captions: Q texts.
        texts: their vectors [Q, D].
        owner: the video that each asks for, [Q].
    """

    name: str
    content: Vectors
    moods: EmotionScores
    captions: Sequence[str]
    texts: Vectors
    owner: NDArray[np.int64]


def msrvtt(folder: Path, reader: str, predicted: bool = False) -> RealCaptions:
    """Return MSR-VTT's test captions and the moods that its videos' other captions have.

    Args:
        folder: the folder of vectors and captions.
        reader: the extractor of text that reads the other captions.
        predicted: whether these moods are predicted from the videos' vectors, cross-fitted.
    """
    asked = rows_of(folder / "captions.jsonl")
    others = {row["video"]: row["captions"] for row in rows_of(folder / "more_captions.jsonl")}
    content = vectors_of(folder / "videos.safetensors", [row["video"] for row in asked])
    texts = load_file(folder / "texts.safetensors")["pooled"]
    captions = [row["caption"] for row in asked]
    groups = [[c for c in others[row["video"]] if c != row["caption"]] for row in asked]
    moods = mean_moods(reader, groups)
    moods = predict_moods(content, moods) if predicted else moods
    origin = f"moods {'predicted from vectors' if predicted else 'of the other 19 captions'}"
    seen = EmotionScores(moods, np.ones_like(moods, bool))
    return RealCaptions(
        f"MSR-VTT, {origin} ({reader})", content, seen, captions, texts, np.arange(len(captions))
    )


def rated_clips(captions: Sequence[Sequence[str]], ratings: Vectors) -> RealCaptions:
    """Return rated clips: 20 captions each, and the ratings of the eight emotions [C, 8]."""
    asking = [group[place] for group in captions for place in ASKING]
    showing = [group[place] for group in captions for place in SHOWING]
    texts, shown = sentence_vectors(asking), sentence_vectors(showing)
    content = unit(shown.reshape(len(captions), len(SHOWING), -1).mean(1))
    seen = EmotionScores(ratings, np.ones_like(ratings, bool))
    owner = np.repeat(np.arange(len(captions)), len(ASKING))
    return RealCaptions("rated clips, viewers' ratings", content, seen, asking, texts, owner)


def rows_of(file: Path) -> list[dict]:
    """Return the rows of a file of JSON lines."""
    return [loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def vectors_of(file: Path, names: Sequence[str]) -> Vectors:
    """Return the unit vectors [V, D] of videos by name, the mean of their frames."""
    held = load_file(file)
    return unit(np.stack([held[name].reshape(-1, held[name].shape[-1]).mean(0) for name in names]))


def unit(rows: Vectors) -> Vectors:
    """Return rows at length 1."""
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def mean_moods(reader: str, groups: Sequence[Sequence[str]]) -> Vectors:
    """Return the mean intensities [V, 8], 1 at most each, of groups of captions."""
    extractor = create("emotion_extractor", reader)
    read = extractor.extract([text for group in groups for text in group]).values.clip(0, 1)
    bounds = np.cumsum([0, *map(len, groups)])
    return np.stack([read[first:last].mean(0) for first, last in pairwise(bounds)])


def predict_moods(content: Vectors, moods: Vectors) -> Vectors:
    """Return moods [V, 8] as ridge regressions on the other folds' videos predict them."""
    fold = np.random.default_rng(0).permutation(len(content)) % FOLDS
    found = np.zeros_like(moods)
    for place in range(FOLDS):
        known, asked = fold != place, fold == place
        centre, mean = content[known].mean(0), moods[known].mean(0)
        given = content[known] - centre
        spread = given.T @ given + RIDGE * np.eye(given.shape[1])
        found[asked] = (content[asked] - centre) @ np.linalg.solve(
            spread, given.T @ (moods[known] - mean)
        ) + mean
    return found.clip(0, 1)


def sentence_vectors(texts: Sequence[str]) -> Vectors:
    """Return the vectors of texts by the sentence encoder, kept in the cache."""
    encoder = create("text_encoder", "minilm")

    def encode() -> torch.Tensor:
        with torch.inference_mode():
            return torch.cat(
                [encoder.encode(list(texts[i : i + 256])).pooled for i in range(0, len(texts), 256)]
            )

    return cached_tensor("sentences", [encoder.fingerprint, *texts], encode).numpy()


def half_of(real: RealCaptions, part: int) -> RealCaptions:
    """Return every other video, from `part` on, with what asks for it."""
    kept = np.arange(len(real.content)) % 2 == part
    asks = kept[real.owner]
    return RealCaptions(
        f"{real.name}, half {part + 1}",
        real.content[kept],
        real.moods[kept],
        [text for text, asked in zip(real.captions, asks, strict=True) if asked],
        real.texts[asks],
        (np.cumsum(kept) - 1)[real.owner[asks]],
    )
