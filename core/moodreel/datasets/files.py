"""Finding a dataset's video files, whatever suffix and folder they came with."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from os.path import isfile
from pathlib import Path

from moodreel.datasets.captioned import Captioned
from moodreel.datasets.dataset import Dataset, Video
from moodreel.indexing.scanning import walk_videos
from moodreel.media import Segment


class VideoFiles:
    """The video files below a folder; one that is not there is empty."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def known(self) -> Mapping[str, Path]:
        """Files by name, and by name without its suffixes; the first of a name counts."""
        found: dict[str, Path] = {}
        for path in map(Path, walk_videos(self.folder)):
            stem = path.stem
            for name in (path.name, stem, Path(stem).stem):
                found.setdefault(name, path)
        return found

    def find(self, name: str) -> Path | None:
        """Return the file of a video by its name or path, None where there is none."""
        if isfile(self.folder / name):
            return self.folder / name
        last = Path(name).name
        return self.known.get(last) or self.known.get(Path(last).stem)


def assemble(
    name: str,
    found: Captioned,
    files: VideoFiles,
    grouped: bool = True,
    moments: Mapping[str, tuple[str, Segment]] | None = None,
) -> Dataset:
    """Return the dataset of captions whose videos are there; the others are listed.

    Args:
        name: the name of the dataset.
        found: the captions, whose videos are looked for.
        files: the video files to look among.
        grouped: whether captions with the same words are one query.
        moments: for names that stand for a stretch of a video: the video and the stretch.
    """
    moments = moments or {}
    videos, missing = [], []
    for video in dict.fromkeys(caption.video for caption in found.captions):
        source, segment = moments.get(video, (video, None))
        path = files.find(source)
        if path is None:
            missing.append(video)
        else:
            videos.append(Video(video, path, segment, found.emotions.get(video)))
    present = {video.name for video in videos}
    captions = [caption for caption in found.captions if caption.video in present]
    return Dataset(name, videos, captions, missing, found.skipped, grouped)


def first_file(folders: Iterable[Path], *names: str) -> Path | None:
    """Return the first of some files that exists in one of the folders."""
    places = (folder / name for name in names for folder in folders)
    return next((place for place in places if place.is_file()), None)
