"""Finding a dataset's video files: a video is the file that is found, however rows write it."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from moodreel.datasets.captioned import Captioned
from moodreel.datasets.dataset import Dataset, Video
from moodreel.datasets.video_names import bare_name, plain_parts, video_key
from moodreel.errors import InvalidInput
from moodreel.indexing.scanning import walk_videos
from moodreel.media import Segment

Moments = Mapping[str, tuple[str, Segment]]
"""The video and the stretch that a name stands for."""


class VideoFiles:
    """The video files below a folder; one that is not there is empty.

    Args:
        folder: the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def known(self) -> Mapping[str, Sequence[Path]]:
        """The files by their bare names, in lower case and without the suffixes of videos."""
        found: dict[str, list[Path]] = {}
        for path in map(Path, walk_videos(self.folder)):
            name = plain_parts(path.name)[-1]
            found.setdefault(bare_name(name).lower(), []).append(path)
        return found

    def find(self, name: str) -> Path | None:
        """Return the file of a video by its name or path, None where there is none.

        A path counts before a name, and what is written alike before what differs in suffix or
        in capitals. Folders that are written must not contradict those of the file.

        Raises:
            InvalidInput: several files may be meant.
        """
        if named_file(self.folder / name):
            return self.folder / name
        parts = plain_parts(name)
        if not parts:
            return None
        fitting = self.fitting(parts)
        if len({os.path.realpath(path) for path in fitting}) > 1:
            told = ", ".join(sorted(str(path) for path in fitting)[:5])
            raise InvalidInput(f"{name!r} may be any of {told}; write more of its path")
        return fitting[0] if fitting else None

    def fitting(self, parts: Sequence[str]) -> list[Path]:
        """Return the files that a written path may mean, all of them as near to it."""
        *folders, last = parts
        alike = self.known.get(bare_name(last).lower(), ())
        placed = [path for path in alike if self.agrees(path, folders)]
        return nearest_names(placed, last)

    def agrees(self, path: Path, folders: Sequence[str]) -> bool:
        """Whether the folders that are written are those that a file lies in, as far as known."""
        if not folders:
            return True
        within = plain_parts(str(path.relative_to(self.folder).parent))
        if not within:  # directly in the folder: what lies above is nobody's business
            return True
        common = min(len(within), len(folders))
        return list(within[-common:]) == list(folders[-common:])


def nearest_names(paths: Sequence[Path], name: str) -> list[Path]:
    """Return the files named as is written; or so but for the suffix; or for capitals, too."""
    whole = [path for path in paths if plain_parts(path.name)[-1] == name]
    bare = [path for path in paths if bare_name(plain_parts(path.name)[-1]) == bare_name(name)]
    return whole or bare or list(paths)


def named_file(path: Path) -> bool:
    """Whether there is a file of this path, however odd its name."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def assemble(
    name: str,
    found: Captioned,
    files: VideoFiles,
    grouped: bool = True,
    moments: Moments | None = None,
) -> Dataset:
    """Return the dataset of captions whose videos are there; the others are listed.

    Names that stand for one file are one video, which has the first of them.

    Args:
        name: the name of the dataset.
        found: the captions, whose videos are looked for.
        files: the video files to look among.
        grouped: whether captions with the same words are one query.
        moments: for names that stand for a stretch of a video: the video and the stretch.

    Raises:
        InvalidInput: a name may mean several files, or names that differ in folder mean one.
    """
    paths = {video: find_source(video, files, moments or {}) for video in named_videos(found)}
    first = first_names(paths, moments or {})
    captions = [replace(caption, video=first[caption.video]) for caption in found.captions]
    emotions = {first[video]: said for video, said in found.emotions.items() if video in first}
    videos = [
        Video(video, path, segment_of(video, moments or {}), emotions.get(video))
        for video, path in paths.items()
        if path is not None and first[video] == video
    ]
    present = {video.name for video in videos}
    kept = [caption for caption in captions if caption.video in present]
    absent = [caption for caption in captions if caption.video not in present]
    return Dataset(name, videos, kept, absent, found.skipped, grouped)


def named_videos(found: Captioned) -> list[str]:
    """Return the names of videos in order of appearance."""
    return list(dict.fromkeys(caption.video for caption in found.captions))


def find_source(video: str, files: VideoFiles, moments: Moments) -> Path | None:
    """Return the file of a video, or of the video that it is a stretch of."""
    return files.find(moments[video][0] if video in moments else video)


def segment_of(video: str, moments: Moments) -> Segment | None:
    """Return the stretch that a name stands for, None for the whole video."""
    return moments[video][1] if video in moments else None


def first_names(paths: Mapping[str, Path | None], moments: Moments) -> dict[str, str]:
    """Return, for each name of a video, the first name of the same video."""
    firsts: dict[object, str] = {}
    names = {}
    for video, path in paths.items():
        source, segment = moments.get(video, (video, None))
        same = (os.path.realpath(path) if path else video_key(source), path is None, segment)
        names[video] = firsts.setdefault(same, video)
        if path is not None:
            check_folders(moments.get(names[video], (names[video],))[0], source, path)
    return names


def check_folders(one: str, other: str, path: Path) -> None:
    """Refuse two names in different folders that both were taken for one file."""
    ours, theirs = (list(plain_parts(name)[:-1]) for name in (one, other))
    common = min(len(ours), len(theirs))
    if common and ours[-common:] != theirs[-common:]:
        raise InvalidInput(
            f"{one!r} and {other!r} both would be {path}; put the files into these folders"
        )


def first_file(folders: Iterable[Path], *names: str) -> Path | None:
    """Return the first of some files that exists in one of the folders."""
    places = (folder / name for name in names for folder in folders)
    return next((place for place in places if named_file(place)), None)
