"""Unseen queries over the videos of an index, or over those of a dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from moodreel.catalog.damage import tell_damaged
from moodreel.catalog.naming import titles
from moodreel.catalog.records import VideoRecord
from moodreel.components import Components
from moodreel.datasets import Caption, Dataset, Video
from moodreel.datasets.captioned import (
    caption_text,
    labelled_emotions,
    row_emotions,
    row_video,
)
from moodreel.datasets.files import first_file
from moodreel.datasets.loading import CAPTION_FILES
from moodreel.datasets.relevance import Queries, given_row, same_words
from moodreel.datasets.rows import CAPTION_KEYS, Row, first_value
from moodreel.datasets.tables import SUFFIXES, read_rows, read_text
from moodreel.emotions import EmotionScores
from moodreel.errors import InvalidInput
from moodreel.evaluation.material import Material, check_dims
from moodreel.features.texts import check_encoder, wanted_emotions
from moodreel.features.videos import VideoSet, read_features
from moodreel.search.index import SearchIndex

QUERY_KEYS = ("query", *CAPTION_KEYS)


def read_queries(given: Sequence[str]) -> list[Caption]:
    """Return queries from texts and from files: a query a line, or rows with `query`.

    Raises:
        InvalidInput: there is none.
    """
    found = [query for item in given for query in read_query(item)]
    if not found:
        raise InvalidInput("no query: give a text, or a file with a query a line")
    return found


def read_query(item: str) -> list[Caption]:
    """Return the queries of a file, or a text as a query."""
    path = Path(item)
    if not is_file(path):
        return [Caption(item.strip(), "")] if item.strip() else []
    if path.suffix.lower() in SUFFIXES:
        return [row_query(row, row.place) for row in read_rows(path)]
    return [Caption(line.strip(), "") for line in read_text(path).splitlines() if line.strip()]


def row_query(row: Row, where: str) -> Caption:
    """Return the query of a row."""
    text = first_value(row, QUERY_KEYS, "a query", where)
    return Caption(caption_text(text, where).strip(), "", row_emotions(row, where))


def is_file(path: Path) -> bool:
    """Whether a query is the path of a file; a long text is not."""
    try:
        return path.is_file()
    except OSError:
        return False


def read_labels(path: Path) -> Mapping[str, Mapping[str, float]]:
    """Return the emotions labelled in a file, by the video as written and by its name alone.

    The name alone is that of the file without folder and suffix.

    Args:
        path: a file with rows of (video, emotions), or a dataset whose captions have `labels`;
            also a folder that holds captions.jsonl.
    """
    source = first_file([path], *CAPTION_FILES) if path.is_dir() else path
    if source is None or not source.is_file():
        raise InvalidInput(f"{path}: no file of labels, nor a folder with captions.jsonl")
    found: dict[str, Mapping[str, float]] = {}
    for row in read_rows(source):
        where = row.place
        emotions = labelled_emotions(row, where) if "labels" in row else row_emotions(row, where)
        if emotions is not None:
            video = row_video(row, where)
            found[Path(video).stem] = found[video] = emotions
    return found


def label_of(
    record: VideoRecord, labels: Mapping[str, Mapping[str, float]]
) -> Mapping[str, float] | None:
    """Return the emotions labelled for a video: by the most of its path that is there, or its name.

    So `card1/a.mp4` and `card2/a.mp4` have labels of their own, where a file of labels says both.
    """
    parts = Path(record.location).parts
    ends = [str(Path(*parts[start:])) for start in range(len(parts))]
    wanted = (record.path, *ends, Path(record.path).stem)
    return next((labels[name] for name in wanted if name in labels), None)


def index_videos(
    index: SearchIndex, labels: Mapping[str, Mapping[str, float]] | None = None
) -> VideoSet:
    """Return the features of all videos of an index.

    Args:
        index: the index.
        labels: the labelled emotions by video (see `read_labels`).

    Raises:
        InvalidInput: the index is empty, or none of the labels is of a video in it.
    """
    known = labels or {}
    records = index.catalog.videos()
    names, damaged = titles(records), index.source.damaged
    videos = [
        Video(names[r.location], Path(r.location), emotions=label_of(r, known))
        for r in records
        if r.id not in damaged
    ]
    tell_damaged(index.catalog, damaged.values())
    if not videos:
        raise InvalidInput(f"{index.folder} holds no video; add some: moodreel index VIDEOS")
    if labels is not None and all(video.emotions is None for video in videos):
        raise InvalidInput(f"the labels are of no video in {index.folder}; names must be the same")
    dataset = Dataset(index.folder.name, videos, ())
    return read_features(dataset, index.source, True, [])


def ask(
    components: Components,
    videos: VideoSet,
    queries: Sequence[Caption],
    name: str,
    source: Dataset | None = None,
) -> Material:
    """Return unseen queries over videos, with the emotions that they want.

    Those that a query's file gives are asked for; else those that are read in its text. The videos
    of a folder of features can be asked for what its captions say, whose vectors it holds; other
    texts need the encoder that made the folder's.

    Args:
        components: the encoders and extractors.
        videos: the videos.
        queries: the queries.
        name: the name of what is searched.
        source: the dataset of the videos; None: they are of an index.

    Raises:
        InvalidInput: the text encoder's vectors cannot be compared with those of the videos.
    """
    placed = None
    if source is not None and source.features is not None:
        placed = placed_queries(queries, source, components)
    folder = source.features if source is not None and placed is not None else None
    queries = placed if placed is not None else queries
    given = EmotionScores.concatenate([given_row(query) for query in queries])
    wanted = wanted_emotions([query.text for query in queries], components.text_emotion, given)
    nothing = [np.zeros(0, np.int64)] * len(queries)
    dataset = Dataset(name, videos.videos, queries, features=folder)
    made = Material(dataset, components, videos, Queries(queries, nothing), wanted, wanted)
    return check_dims(made) if queries else made


def placed_queries(
    queries: Sequence[Caption], source: Dataset, components: Components
) -> list[Caption] | None:
    """Return queries as captions of a folder of features, where it holds the vectors of all.

    None: the text encoder makes them, since it made the folder's.

    Raises:
        InvalidInput: it did not.
    """
    rows = {same_words(caption.text): caption.row for caption in source.captions}
    new = [query.text for query in queries if same_words(query.text) not in rows]
    if not new:
        return [replace(query, row=rows[same_words(query.text)]) for query in queries]
    name = components.registry.slot_name("text_encoder")
    try:
        check_encoder(source, components.text_encoder, name)
    except InvalidInput as error:
        raise InvalidInput(f"{new[0]!r} is no caption of {source.name}, and {error}") from None
    return None
