"""Features of a dataset's texts, and the emotions that they want."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from moodreel.datasets.dataset import Caption, Dataset
from moodreel.datasets.precomputed import FEATURES, TEXTS
from moodreel.emotions import EmotionScores
from moodreel.errors import InvalidInput
from moodreel.features.tensors import check_vectors, read_tensors, unit_length
from moodreel.fusion.strategy import FusionStrategy
from moodreel.interfaces import EmotionExtractor, TextEncoder, TextFeatures

COMPARED = 8  # captions that tell whether two encoders are the same: a judgement
ALIKE = 0.99  # the cosine from which they are, which leaves room for half precision: a judgement
TEXTS_AT_ONCE = 256  # texts encoded between two joins: a judgement, not measured


def text_features(
    texts: Sequence[str],
    encoder: TextEncoder,
    strategy: FusionStrategy | None = None,
    wanted: EmotionScores | None = None,
    tokens: bool = False,
) -> TextFeatures:
    """Return the features of texts: pooled [Q, D]; tokens [Q, L, W] and mask where wanted.

    Args:
        strategy: changes the tokens of each text by the emotion that it wants, where it does so.
        wanted: the emotions wanted [Q, 8], for such a strategy.
        tokens: whether to keep the tokens.
    """
    parts = [] if texts else [TextFeatures(torch.zeros(0, encoder.dim))]
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        rows = slice(start, start + TEXTS_AT_ONCE)
        inject = strategy.injector(wanted[rows]) if strategy and wanted is not None else None
        with torch.inference_mode():
            part = encoder.encode(list(texts[rows]), inject=inject).to("cpu")
        parts.append(part if tokens else TextFeatures(part.pooled))
    return TextFeatures.cat(parts)


def wanted_emotions(
    texts: Sequence[str],
    extractor: EmotionExtractor | None,
    given: EmotionScores | None = None,
) -> EmotionScores:
    """Return the emotions that texts want [Q, 8]: the given ones, or else as a search reads them.

    A text of which nothing is given is read too.
    """
    if given is not None and given.observed.any(1).all():
        return given
    read = EmotionScores.unobserved(len(texts)) if extractor is None else extractor.wishes(texts)
    return read if given is None else prefer_given(given, read)


def prefer_given(given: EmotionScores, read: EmotionScores) -> EmotionScores:
    """Return the given emotions [Q, 8], those read for texts of which nothing is given."""
    known: NDArray[np.bool_] = np.asarray(given.observed.any(1))
    return EmotionScores(
        np.where(known[:, None], given.values, read.values),
        np.where(known[:, None], given.observed, read.observed),
        emphasis=np.where(known, given.emphasis, read.emphasis),
    )


def check_encoder(dataset: Dataset, encoder: TextEncoder, name: str) -> None:
    """Refuse a text encoder other than the one that made a folder of features.

    Args:
        dataset: any dataset; one whose features are made here passes.
        encoder: the text encoder.
        name: the encoder's name, for messages.

    Raises:
        InvalidInput: its vectors have another length than the folder's, or others than its texts.
    """
    if dataset.features is None or not dataset.captions:
        return
    file = dataset.features / FEATURES
    length = next(iter(read_tensors(file).values())).shape[-1]
    some = dataset.captions[:COMPARED]
    held = precomputed_texts(some, dataset.features)
    made = text_features([caption.text for caption in some], encoder).pooled
    same = held is None or held.pooled.shape == made.shape
    if held is not None and same:
        near = torch.nn.functional.cosine_similarity(held.pooled, made, dim=-1)
        same = bool((near > ALIKE).all())
    if length != encoder.dim or not same:
        raise InvalidInput(
            f"{file}: was made by another encoder than {name!r} ({encoder.dim} numbers, against "
            f"{length}): choose the preset that made it, with --preset"
        )


def precomputed_texts(captions: Sequence[Caption], folder: Path) -> TextFeatures | None:
    """Return the vectors [Q, D] of captions that were made elsewhere, None if they were not."""
    path = folder / TEXTS
    if not path.exists():
        return None
    pooled = read_tensors(path).get("pooled")
    rows = [caption.row for caption in captions]
    least = max(rows, default=-1) + 1
    if pooled is None or pooled.ndim != 2 or len(pooled) < least:
        found = "it is not there" if pooled is None else f"it is {list(pooled.shape)}"
        raise InvalidInput(
            f"{path}: needs 'pooled' [N, D], one row for each of the {least} captions of the file; "
            f"{found}"
        )
    check_vectors(path, {f"pooled, row {row}": pooled[row] for row in rows})
    return TextFeatures(unit_length(pooled[rows]))
