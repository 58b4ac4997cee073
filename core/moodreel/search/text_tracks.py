"""The tracks of text of an index: what is captioned, said and shown in letters, and file names.

They are derived from the catalog and made anew when it has changed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from sqlalchemy import Row, select

from moodreel.catalog import schema
from moodreel.catalog.catalog import Catalog
from moodreel.catalog.ranges import whole_times
from moodreel.catalog.tracks import load_texts, overlapping_words
from moodreel.components import Components
from moodreel.interfaces import TextSpotter, Transcriber, VideoEncoder
from moodreel.media import Segment
from moodreel.search.chosen_tracks import CAPTIONS, NAMES, SCREEN, SPEECH, SUBTITLES
from moodreel.search.full_text import FullText, open_full_text
from moodreel.search.probes import PROBES
from moodreel.search.surprise import TrackVectors, strongest, word_surprise
from moodreel.search.wording import name_words
from moodreel.storage.digests import digest

Found = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Ids of segments, ascending, and how much a track surprises in each."""


class TextTracks:
    """The tracks of one revision of an index.

    Args:
        catalog: the record of the index.
        components: whose captions, speech and words on screen they are.
        probes: returns the vectors [p, D] of unrelated texts.
    """

    def __init__(
        self,
        catalog: Catalog,
        components: Components,
        probes: Callable[[], NDArray[np.float32]],
    ) -> None:
        self.catalog = catalog
        self.components = components
        self.revision = catalog.revision
        self.probes = probes
        self._vectors: dict[str, TrackVectors | None] = {}

    @cached_property
    def trackers(self) -> dict[str, Transcriber | TextSpotter]:
        """What writes down what is said, and what is on screen."""
        parts = {SPEECH: self.components.transcriber, SCREEN: self.components.text_spotter}
        return {track: part for track, part in parts.items() if part is not None}

    @cached_property
    def words(self) -> FullText:
        """The words of all tracks, for full-text search."""
        parts = [self.components.captioner, *self.trackers.values()]
        key = digest(",".join(part.fingerprint if part else "" for part in parts))
        return open_full_text(self.catalog.folder, key, self.revision, self.rows())

    def rows(self) -> Mapping[str, Iterator[tuple[int, str]]]:
        """Return the ids and texts of each track: of segments, or of videos for their names."""
        captioner = self.components.captioner
        return {
            CAPTIONS: iter_items(lambda: self.catalog.load_captions(captioner)),
            SUBTITLES: iter_items(lambda: self.catalog.load_captions(None)),
            NAMES: ((video.id, name_words(video.path)) for video in self.videos()),
            **{track: self.tracked_words(part) for track, part in self.trackers.items()},
        }

    def videos(self) -> Iterator[Row]:
        """Yield the id and the path of every video."""
        v = schema.videos.c
        with self.catalog.reading() as connection:
            yield from connection.execute(select(v.id, v.path)).all()

    def tracked_words(self, tracker: Transcriber | TextSpotter) -> Iterator[tuple[int, str]]:
        """Yield the words of each segment that has any."""
        texts = load_texts(self.catalog, tracker)
        ids, videos, times = self.segments
        rows = np.flatnonzero(np.isin(videos, list(texts)))
        for row in rows.tolist():
            segment = Segment(*times[row].tolist())
            if found := overlapping_words(texts[int(videos[row])], segment):
                yield int(ids[row]), found

    @cached_property
    def segments(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """The ids [N] of all segments, ascending, their videos [N], and start and end [N, 2]."""
        s = schema.segments.c
        with self.catalog.reading() as connection:
            query = select(s.id, s.video_id, s.start, s.end).where(whole_times()).order_by(s.id)
            rows = connection.execute(query).all()
        ids = np.array([row[0] for row in rows], np.int64)
        times = np.array([row[2:] for row in rows], np.float64).reshape(-1, 2)
        return ids, np.array([row[1] for row in rows], np.int64), times

    @cached_property
    def video_count(self) -> int:
        """How many videos there are."""
        return len(np.unique(self.segments[1]))

    def segments_of(self, track: str, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the segments whose texts have these ids: a name is that of all of a video."""
        if track != NAMES:
            return ids
        segments, videos, _ = self.segments
        return segments[np.isin(videos, ids)]

    def with_phrase(self, phrase: str, tracks: Sequence[str]) -> NDArray[np.int64]:
        """Return the segments in one of whose tracks a phrase occurs, ascending."""
        held = [
            self.segments_of(track, self.words.with_phrase(track, phrase))
            for track in tracks
            if track in self.words.tracks
        ]
        return np.unique(np.concatenate([np.zeros(0, np.int64), *held]))

    def by_words(self, track: str, text: str) -> Found:
        """Return the segments of which a track has most words of a query."""
        segments, videos, _ = self.segments
        if track not in self.words.tracks:
            return strongest([])
        if track != NAMES:
            return word_surprise(self.words, track, text, len(segments))
        named, z = word_surprise(self.words, track, text, self.video_count)
        kept = np.isin(videos, named)
        places = np.searchsorted(named, videos[kept])
        return segments[kept], z[places] if len(named) else np.zeros(0, np.float32)

    def by_meaning(self, track: str, query: NDArray[np.float32]) -> Found:
        """Return the segments in which a track says what a query's vector [D] means."""
        vectors = self.vectors(track)
        return strongest([] if vectors is None else [(vectors.ids, vectors.surprise(query))])

    def vectors(self, track: str) -> TrackVectors | None:
        """Return what a track says in segments, as vectors; None where it says nothing."""
        if track not in self._vectors:
            self._vectors[track] = self.load_vectors(track)
        return self._vectors[track]

    @torch.inference_mode()
    def load_vectors(self, track: str) -> TrackVectors | None:
        """Read the vectors of a track, and fit its background."""
        encoder = self.encoder(track)
        if encoder is None:
            return None
        ids, pooled = self.catalog.load_features(encoder)
        if track == SUBTITLES and len(ids):
            given = np.isin(ids, list(self.catalog.load_captions(None)))
            ids, pooled = ids[given], pooled[given]
        return TrackVectors.fit(ids, pooled, self.probes()) if len(ids) else None

    def close(self) -> None:
        """Close the tables."""
        if "words" in self.__dict__:
            self.words.close()

    def encoder(self, track: str) -> VideoEncoder | None:
        """Return the encoder of a track's words; None for names, and for what is not there."""
        if track in (CAPTIONS, SUBTITLES):
            return self.components.caption_encoder
        tracker = self.trackers.get(track)
        return None if tracker is None else self.components.track_encoder(tracker)


def iter_items(load: Callable[[], dict[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield what a function returns, which is called when it is first needed."""
    yield from load().items()


def probe_vectors(components: Components) -> NDArray[np.float32]:
    """Return the vectors [p, D] of texts about everything and nothing."""
    with torch.inference_mode():
        pooled = components.text_encoder.encode(list(PROBES)).pooled
    return pooled.float().cpu().numpy()
