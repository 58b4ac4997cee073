"""Reading emotions from the catalog: of segments and of single frames, joined where signals are."""

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import inspect

from moodreel.catalog import schema
from moodreel.catalog.catalog import Catalog, Ids
from moodreel.catalog.packing import unpack_moods, unpacked_frames, whole_moods
from moodreel.catalog.rows import stored_columns
from moodreel.emotions import EmotionScores
from moodreel.interfaces import Component, EmotionExtractor

Rows = tuple[NDArray[np.int64], EmotionScores]
"""The ids [N] of segments, ascending, and their scores [N, 8]."""


def read_emotions(catalog: Catalog, extractor: Component, ids: Ids | None = None) -> Rows:
    """Return the emotions of all segments, or of `ids`; damaged ones are left out.

    Those of an extractor that joins signals are made of what is stored of each.
    """
    if not is_joining(extractor):
        return stored_emotions(catalog, extractor, ids)
    assert isinstance(extractor, EmotionExtractor)
    rows = {name: read_emotions(catalog, s, ids) for name, s in extractor.signals.items()}
    known = reduce(np.union1d, (found for found, _ in rows.values())).astype(np.int64)
    return known, extractor.joined({name: aligned(known, *held) for name, held in rows.items()})


def is_joining(extractor: Component) -> bool:
    """Whether an extractor joins what others have read."""
    return isinstance(extractor, EmotionExtractor) and extractor.modality == "signals"


def stored_emotions(catalog: Catalog, extractor: Component, ids: Ids | None) -> Rows:
    """Return the emotions that an extractor read, as they are stored."""
    table = schema.emotions.c
    columns = (table.intensities, table.observed, table.evidence)
    rows = catalog.component_rows(schema.emotions, extractor, ids, *columns)
    if not rows:
        return np.zeros(0, np.int64), EmotionScores.unobserved(0)
    with catalog.reading() as connection:
        names = stored_columns(connection, extractor)
    rows = whole_moods(rows, len(names))
    scores = EmotionScores.from_columns(names, *unpack_moods(rows, len(names)))
    found = np.array([row.segment_id for row in rows], np.int64)
    return found, scores.counted([row.evidence for row in rows])


def aligned(
    ids: NDArray[np.int64], found: NDArray[np.int64], scores: EmotionScores
) -> EmotionScores:
    """Return the scores [N, 8] of segments by id, unobserved where none were found.

    Args:
        ids: of the N segments, each once.
        found: the ids of the segments that have scores, each once.
        scores: of these.
    """
    whole = EmotionScores.unobserved(len(ids))
    _, here, there = np.intersect1d(ids, found, assume_unique=True, return_indices=True)
    whole.values[here], whole.observed[here] = scores.values[there], scores.observed[there]
    whole.evidence[here] = scores.evidence[there]
    return whole


def read_frame_emotions(
    catalog: Catalog, extractor: Component, ids: Ids
) -> list[EmotionScores | None]:
    """Return the scores [T, 8] of the frames of segments by id, None where there are none."""
    if not is_joining(extractor):
        return stored_frame_emotions(catalog, extractor, ids)
    assert isinstance(extractor, EmotionExtractor)
    names = list(extractor.signals)
    each = [read_frame_emotions(catalog, extractor.signals[name], ids) for name in names]
    return [joined_frames(extractor, names, row) for row in zip(*each, strict=True)]


def joined_frames(
    extractor: EmotionExtractor, names: Sequence[str], row: Sequence[EmotionScores | None]
) -> EmotionScores | None:
    """Join what signals say of the frames of one segment; those of another count see nothing."""
    lengths = [len(scores) for scores in row if scores is not None]
    if not lengths:
        return None
    blank = EmotionScores.unobserved(lengths[0])
    told = [blank if one is None or len(one) != len(blank) else one for one in row]
    return extractor.joined(dict(zip(names, told, strict=True)))


def stored_frame_emotions(
    catalog: Catalog, extractor: Component, ids: Ids
) -> list[EmotionScores | None]:
    """Return what an extractor stored of the frames of segments."""
    table = schema.frame_emotions
    with catalog.reading() as connection:
        if not inspect(connection).has_table(table.name):  # as in an older index
            return [None] * len(ids)
    rows = catalog.component_rows(table, extractor, ids, table.c.intensities, table.c.observed)
    if not rows:
        return [None] * len(ids)
    with catalog.reading() as connection:
        names = stored_columns(connection, extractor)
    found = {row.segment_id: unpacked_frames(row, names) for row in rows}
    return [found.get(int(id)) for id in ids]
