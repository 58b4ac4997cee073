"""The durable record of videos, segments, features, emotions and captions, in SQLite.

All is raw, under the fingerprint of the component that made it, so that changing a fusion strategy
re-encodes nothing and changing one component reruns that one alone. A video is written in one
transaction: it is there whole, or not at all.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Row, Table, delete, func, select, update

from moodreel.catalog import schema
from moodreel.catalog.database import (
    chunks,
    get_fact,
    make_tables,
    put_fact,
    raise_revision,
    readable_errors,
)
from moodreel.catalog.marks import carry_marks
from moodreel.catalog.naming import (
    choose_video,
    read_videos,
    shared_paths,
    videos_named,
    videos_passing,
)
from moodreel.catalog.opening import check_opens, check_there, open_database
from moodreel.catalog.packing import whole_features, whole_frames
from moodreel.catalog.ranges import whole_times
from moodreel.catalog.records import (
    GIVEN,
    Filter,
    IndexedSegment,
    SegmentFeatures,
    VideoRecord,
    stored_parts,
)
from moodreel.catalog.rows import (
    find_component,
    forget_captioned,
    forget_rows,
    insert_rows,
    mark_finished,
    segment_ids,
)
from moodreel.errors import CatalogError
from moodreel.interfaces import Captioner, Component, VideoEncoder
from moodreel.media import Segment
from moodreel.paths import shown_path

FILE = "catalog.sqlite"

Ids = Sequence[int] | NDArray[np.int64]


class Catalog:
    """The SQLite catalog of an index: videos, segments, features, emotions and captions.

    Args:
        folder: the folder of the index.
        create: whether to make an empty catalog where there is none.

    Raises:
        CatalogError: there is no index, or it cannot be opened.
    """

    def __init__(self, folder: str | Path, create: bool = False) -> None:
        self.folder = Path(folder)
        self.file = self.folder / FILE
        self.looked_at: dict[str, tuple[str, frozenset[int]]] = {}  # see catalog.damage
        if not create:
            check_opens(self.file)
        with readable_errors(self.file):
            if create:
                self.folder.mkdir(parents=True, exist_ok=True)
                self.prepare()
            self.check_version()

    def prepare(self) -> None:
        """Make the tables that are not there, whoever else is doing the same."""
        with self.engine.begin() as connection:
            make_tables(connection)
            put_fact(connection, "version", schema.VERSION, replace=False)

    def check_version(self) -> None:
        """Refuse tables that this moodreel would misread."""
        version = self.fact("version")
        if version != schema.VERSION:
            raise CatalogError(
                f"{self.file} has format {version}, this moodreel reads {schema.VERSION}; "
                "index again into another folder, or use the moodreel that made it"
            )

    @cached_property
    def engine(self) -> Engine:
        """The connection pool."""
        return open_database(self.file)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection to read with, one consistent state of the catalog."""
        check_there(self.file)
        with readable_errors(self.file), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction; the revision rises when it is committed."""
        check_there(self.file)
        with readable_errors(self.file), self.engine.begin() as connection:
            carry_marks(connection, *raise_revision(connection))
            yield connection

    @property
    def revision(self) -> int:
        """A number that rises with every change."""
        with self.reading() as connection:
            return int(get_fact(connection, "revision") or 0)

    def fact(self, key: str) -> str | None:
        """Return a stored fact about the whole index."""
        with self.reading() as connection:
            return get_fact(connection, key)

    def set_fact(self, key: str, value: str) -> None:
        """Store a fact about the whole index."""
        with self.writing() as connection:
            put_fact(connection, key, value)

    def videos(self) -> list[VideoRecord]:
        """Return every video, in the order they were added."""
        with self.reading() as connection:
            return read_videos(connection)

    def count(self) -> tuple[int, int]:
        """Return how many videos and how many segments there are."""
        with self.reading() as connection:
            tables = (schema.videos, schema.segments)
            queries = (select(func.count()).select_from(table) for table in tables)
            videos, segments = (connection.execute(query).scalar_one() for query in queries)
        return videos, segments

    def find_video(self, written: str) -> VideoRecord:
        """Return the video that a user means by a path: where it lies, or as given when indexed.

        Raises:
            InvalidInput: the path fits several videos.
            NotIndexed: it fits none.
        """
        return choose_video(self.folder, written, self.videos_named(written))

    def videos_named(self, written: str, exact: bool = False) -> list[VideoRecord]:
        """Return the videos that a path may mean (see `catalog.naming.videos_named`)."""
        with self.reading() as connection:
            return videos_named(connection, written, exact)

    def shared_paths(self) -> set[str]:
        """Return the paths that more than one video was given by when indexed."""
        with self.reading() as connection:
            return shared_paths(connection)

    def locate(self, path: str) -> str:
        """Return where a video lies, by a path as for `find_video`."""
        return self.find_video(path).location

    def segments(self, video: int) -> list[IndexedSegment]:
        """Return the segments of a video, in time."""
        return self._moments(schema.segments.c.video_id == video)

    def segments_of(self, path: str) -> list[IndexedSegment]:
        """Return the segments of a video, by a path as for `find_video`, in time."""
        return self._moments(schema.segments.c.video_id == self.find_video(path).id)

    def moments(self, ids: Sequence[int]) -> list[IndexedSegment]:
        """Return segments by id, in the order of `ids`; those gone meanwhile are left out."""
        found: dict[int, IndexedSegment] = {}
        for part in chunks(ids):
            rows = self._moments(schema.segments.c.id.in_(part))
            found.update((moment.id, moment) for moment in rows)
        return [found[id] for id in ids if id in found]

    def moment_at(self, path: str, time: float) -> IndexedSegment:
        """Return the segment that a video, by a path as for `find_video`, shows at `time` s.

        Raises:
            InvalidInput: the path fits several videos.
            CatalogError: there is no such video, or it has no segments.
        """
        moments = self.segments_of(path)
        if not moments:
            raise CatalogError(f"{shown_path(path)}: has no segments in the index {self.folder}")
        started = [moment for moment in moments if moment.segment.start <= time]
        return started[-1] if started else moments[0]

    def segments_in(self, videos: Collection[int]) -> NDArray[np.int64]:
        """Return the ids of all segments of some videos."""
        s, found = schema.segments.c, list[int]()
        with self.reading() as connection:
            for part in chunks(videos):
                query = select(s.id).where(s.video_id.in_(part))
                found.extend(connection.execute(query).scalars())
        return np.array(found, np.int64)

    def find_segments(self, filter: Filter) -> NDArray[np.int64]:
        """Return the ids of the segments of all videos that pass a filter, ascending."""
        s = schema.segments.c
        with self.reading() as connection:
            kept = videos_passing(connection, filter)
            rows = connection.execute(select(s.id, s.video_id).order_by(s.id))
            return np.array([row.id for row in rows if row.video_id in kept], np.int64)

    def _moments(self, condition: Any) -> list[IndexedSegment]:
        s, v = schema.segments.c, schema.videos.c
        query = select(s.id, v.path, v.location, s.start, s.end).join_from(
            schema.segments, schema.videos
        )
        with self.reading() as connection:
            query = query.where(condition, whole_times())
            rows = connection.execute(query.order_by(s.start, s.id))
            return [IndexedSegment(r.id, r.path, r.location, Segment(r.start, r.end)) for r in rows]

    def finished(self, component: Component) -> set[int]:
        """Return the ids of the videos that a component, or every part of it, is done with."""
        done = schema.finished.c
        with self.reading() as connection:
            makers = [find_component(connection, part) for part in stored_parts([component])]
            queries = (select(done.video_id).where(done.component_id == id) for id in makers)
            videos = [set(connection.execute(query).scalars()) for query in queries]
        return set.intersection(*videos)

    def update_video(self, id: int, **columns: Any) -> None:
        """Change facts of a video, such as where it lies."""
        with self.writing() as connection:
            connection.execute(
                update(schema.videos).where(schema.videos.c.id == id).values(**columns)
            )

    def remove_videos(self, ids: Collection[int]) -> None:
        """Forget videos with all that was made from them."""
        with self.writing() as connection:
            for part in chunks(list(ids)):
                connection.execute(delete(schema.videos).where(schema.videos.c.id.in_(part)))

    def put_given(self, video: VideoRecord, captions: list[str]) -> None:
        """Store the captions that lay beside a video, one a segment, "" for none.

        What was made from its older captions is forgotten.
        """
        assert video.id is not None
        with self.writing() as connection:
            ids = segment_ids(connection, video.id)
            insert_rows(connection, GIVEN, captions, ids)
            forget_captioned(connection, video.id, ids)
            connection.execute(
                update(schema.videos)
                .where(schema.videos.c.id == video.id)
                .values(sidecar=video.sidecar)
            )

    def add_features(
        self,
        encoder: Component,
        ids: Sequence[int],
        features: "SegmentFeatures",
        videos: Sequence[int],
    ) -> None:
        """Store an encoder's features of videos, and that it is done with them.

        Those that it made before are forgotten.
        """
        with self.writing() as connection:
            forget_rows(connection, encoder, videos)
            insert_rows(connection, encoder, features, ids)
            for video in videos:
                mark_finished(connection, encoder, video)

    def load_features(
        self, encoder: Component, ids: Ids | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the ids [N], ascending, and pooled features [N, D], of all segments or `ids`.

        Damaged ones are left out (see `moodreel.catalog.damage`).
        """
        table = schema.features.c
        rows = self.component_rows(schema.features, encoder, ids, table.pooled)
        rows = whole_features(rows, encoder.dim if isinstance(encoder, VideoEncoder) else None)
        ids = np.array([row.segment_id for row in rows], np.int64)
        packed = b"".join(row.pooled for row in rows)
        pooled = np.frombuffer(packed, np.float16).reshape(len(rows), -1 if rows else 0)
        return ids, pooled.astype(np.float32)

    def load_frames(self, encoder: Component, ids: Ids, dim: int) -> list[NDArray | None]:
        """Return the features [T, D] of segments' frames by id, None where none are, or damaged.

        Where the encoder gives patches vectors too, there are T (1 + L) (see `VideoFeatures`).
        """
        rows = self.component_rows(schema.features, encoder, ids, schema.features.c.frames)
        found = {
            row.segment_id: np.frombuffer(row.frames, np.float16).reshape(-1, dim)
            for row in rows
            if row.frames is not None and whole_frames(row.frames, dim)
        }
        wanted = [found.get(int(id)) for id in ids]
        return [None if frames is None else frames.astype(np.float32) for frames in wanted]

    def load_captions(self, captioner: Captioner | None, ids: Ids | None = None) -> dict[int, str]:
        """Return the captions that are not empty by segment, of all segments or of `ids`.

        Captions that lay beside a video come before those that the captioner made.
        """
        makers = [maker.fingerprint for maker in (captioner, GIVEN) if maker]
        table, maker = schema.captions.c, schema.components.c.fingerprint
        query = select(table.segment_id, table.text).where(maker.in_(makers), table.text != "")
        query = query.where(func.typeof(table.text) == "text")
        query = query.join_from(schema.captions, schema.components).order_by(
            maker == GIVEN.fingerprint
        )
        parts = [None] if ids is None else list(chunks(sorted(int(id) for id in ids)))
        found: dict[int, str] = {}
        with self.reading() as connection:
            for part in parts:
                chosen = query if part is None else query.where(table.segment_id.in_(part))
                found.update((row.segment_id, row.text) for row in connection.execute(chosen))
        return found

    def component_rows(
        self, table: Table, component: Component, ids: Ids | None, *columns: Any
    ) -> list[Row]:
        """Return the segment_id and `columns` of a component's rows, by segment_id."""
        segment = table.c.segment_id
        parts = [None] if ids is None else list(chunks(sorted(int(id) for id in ids)))
        rows: list[Row] = []
        known = schema.components.c
        own = select(known.id).where(known.fingerprint == component.fingerprint).scalar_subquery()
        query = select(segment, *columns).where(table.c.component_id == own)
        with self.reading() as connection:
            for part in parts:
                chosen = query if part is None else query.where(segment.in_(part))
                rows.extend(connection.execute(chosen.order_by(segment)))
        return rows
