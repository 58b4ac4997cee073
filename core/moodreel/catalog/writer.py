"""Storing what components made of one video, in one transaction."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, delete, insert

from moodreel.catalog import schema
from moodreel.catalog.catalog import Catalog
from moodreel.catalog.records import Made, Track, VideoRecord
from moodreel.catalog.rows import insert_rows, mark_finished, note_reader, segment_ids
from moodreel.catalog.tracks import replace_track
from moodreel.interfaces import Component
from moodreel.media import Segment


class VideoWriter:
    """Collects what components made of one video and stores all of it in one transaction.

    Args:
        catalog: the catalog to store it in.
        video: the video's record; one with an id is stored already, and keeps its segments.
        segments: the segments of a new video, in the order in which rows are given.
        reader: the fingerprint of the reader that gave the frames; "" where it is not known.
    """

    def __init__(
        self,
        catalog: Catalog,
        video: VideoRecord,
        segments: Sequence[Segment],
        reader: str = "",
    ) -> None:
        self.catalog = catalog
        self.video = video
        self.segments = segments
        self.reader = reader
        self.made: list[tuple[Component, Made]] = []

    def add(self, component: Component, made: Made) -> None:
        """Add what a component made: one row a segment, in the order of the segments."""
        self.made.append((component, made))

    def commit(self, replaces: int | None = None) -> int:
        """Store everything and return the video's id.

        Args:
            replaces: the id of an older version, forgotten in the same transaction.
        """
        with self.catalog.writing() as connection:
            if replaces is not None:
                connection.execute(delete(schema.videos).where(schema.videos.c.id == replaces))
            video = self.video.id or self.insert_video(connection)
            ids = segment_ids(connection, video)
            for component, made in self.made:
                if isinstance(made, Track):
                    replace_track(connection, component, video, made.texts)
                else:
                    insert_rows(connection, component, made, ids)
                mark_finished(connection, component, video)
            if self.reader:
                note_reader(connection, video, self.reader)
        return video

    def insert_video(self, connection: Connection) -> int:
        """Insert the video and its segments."""
        values = {key: value for key, value in asdict(self.video).items() if key != "id"}
        key = connection.execute(insert(schema.videos).values(**values)).inserted_primary_key
        assert key is not None
        rows = [{"video_id": key[0], "start": s.start, "end": s.end} for s in self.segments]
        if rows:
            connection.execute(insert(schema.segments), rows)
        return int(key[0])
