"""New files that hold the same as a video of the index: they share its features."""

import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from moodreel.catalog.catalog import Catalog
from moodreel.catalog.moves import copy_video
from moodreel.catalog.records import VideoRecord
from moodreel.indexing.contents import Contents, is_unchanged, same_bytes
from moodreel.indexing.report import IndexReport
from moodreel.indexing.scanning import VideoFile


@dataclass
class Copier:
    """Recognises copies and stores them without encoding.

    Args:
        catalog: holds the videos that files may be copies of.
        report: takes what is found.
        contents: compares files.
        cut_alike: whether two files, by location, are cut into the same segments.
    """

    catalog: Catalog
    report: IndexReport
    contents: Contents
    cut_alike: Callable[[str, str], bool]
    by_size: dict[int, list[VideoRecord]] = field(default_factory=lambda: defaultdict(list))
    made: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for record in self.catalog.videos():
            self.by_size[record.size].append(record)

    def take(self, file: VideoFile, older: VideoRecord | None) -> bool:
        """Store a file as a copy, if it is one; say whether that settles it.

        Args:
            older: the record of what lay in its place before.
        """
        twin = self.find_twin(file)
        if twin is None:
            return False
        if os.path.samefile(twin.location, file.location) and not (file.named or older):
            self.report.passed_over.append((file.path, f"is another name of {twin.path}"))
            return True
        copy = replace(
            twin,
            path=file.path,
            location=file.location,
            size=file.size,
            modified=file.modified,
            sidecar="",
            id=None,
        )
        self.made.add(copy_video(self.catalog, twin, copy, older.id if older else None))
        self.report.copied.append(file.path)
        self.report.origins[file.path] = twin.path
        return True

    def find_twin(self, file: VideoFile) -> VideoRecord | None:
        """Return a video whose file is there and holds the same."""
        candidates = self.by_size[file.size]
        return next((record for record in candidates if self.is_twin(file, record)), None)

    def is_twin(self, file: VideoFile, record: VideoRecord) -> bool:
        """Whether another video holds the same; the whole is read where nothing else tells."""
        if file.location == record.location or not self.contents.may_be_equal(file, record):
            return False
        if not is_unchanged(record) or not self.cut_alike(file.location, record.location):
            return False
        return same_bytes(file.location, record.location)
