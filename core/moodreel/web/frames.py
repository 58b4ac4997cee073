"""A cache of video frames as JPEG: decoded once, and kept on disk up to a size."""

import os
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from moodreel.catalog.records import VideoRecord
from moodreel.errors import UnreadableVideo
from moodreel.media import Clip
from moodreel.storage.atomic import atomic_path

# Sizes of pictures in pixels, and the frames of a strip, as the page shows them; QUALITY is JPEG's.
# Judgements, not measured.
WIDTHS = (160, 320, 640)
STRIP_FRAMES = 12
STRIP_HEIGHT = 54
WIDEST = 4  # the longer side of a picture over the shorter one at most
QUALITY = 80
BOUND = 256_000_000  # bytes of pictures that are kept: a judgement, not measured
AFTER_SWEEP = 0.8  # of the bound
Read = Callable[[Path, Sequence[float]], Clip]


class FrameCache:
    """Pictures in a folder, the least recently used ones dropped.

    Args:
        folder: the folder of the cache; one that cannot be written costs time, nothing else.
        read: reads frames of a file, as `Decoder.read` does.
        bound: how many bytes are kept at most.
    """

    def __init__(self, folder: Path, read: Read, bound: int = BOUND) -> None:
        self.folder = folder
        self.read = read
        self.bound = bound
        self._lock = Lock()
        self._size: int | None = None

    def frame(self, video: VideoRecord, time: float, width: int) -> bytes:
        """Return the frame at `time` s as JPEG, `width` pixels wide at most.

        Raises:
            UnreadableVideo: the file is gone or damaged.
        """
        moment = round(min(time, max(video.duration - 0.05, 0)), 1)
        return self.kept(
            f"{video.digest}-{moment:.1f}-{width}.jpg",
            lambda: encode_jpeg(shrink(self.shown(video, [moment])[0], width)),
        )

    def strip(self, video: VideoRecord) -> bytes:
        """Return frames spread over a video, side by side, as JPEG."""
        step = video.duration / STRIP_FRAMES
        times = [(i + 0.5) * step for i in range(STRIP_FRAMES)]
        name = f"{video.digest}-strip.jpg"
        return self.kept(name, lambda: encode_jpeg(side_by_side(self.shown(video, times))))

    def shown(self, video: VideoRecord, times: Sequence[float]) -> NDArray[np.uint8]:
        """Return the frames [n, H, W, 3] at some times, those before the end at least."""
        if not os.path.isfile(video.location):
            raise UnreadableVideo(video.path, "the file is no longer there")
        return self.read(Path(video.location), times).frames

    def kept(self, name: str, make: Callable[[], bytes]) -> bytes:
        """Return a picture that is kept, or make and keep it."""
        file = self.folder / name
        try:
            picture = file.read_bytes()
            os.utime(file)
            return picture
        except OSError:
            picture = make()
        self.keep(file, picture)
        return picture

    def keep(self, file: Path, picture: bytes) -> None:
        """Write a picture, whole or not at all, and drop old ones past the bound."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with atomic_path(file) as partial:
                partial.write_bytes(picture)
            with self._lock:
                self.sweep(len(picture))
        except OSError:
            return

    def sweep(self, added: int) -> None:
        """Drop the least recently used pictures if there are too many."""
        self._size = added + self._size if self._size is not None else folder_size(self.folder)
        if self._size <= self.bound:
            return
        facts = sorted((entry.stat().st_mtime_ns, entry) for entry in pictures_in(self.folder))
        for _, entry in facts:
            if self._size <= self.bound * AFTER_SWEEP:
                return
            self._size -= entry.stat().st_size
            entry.unlink(missing_ok=True)


def folder_size(folder: Path) -> int:
    """Return the bytes of a folder's pictures."""
    return sum(entry.stat().st_size for entry in pictures_in(folder))


def pictures_in(folder: Path) -> Iterator[Path]:
    """Yield the pictures of a folder, without those that are being written."""
    return folder.glob("*.jpg")


def shrink(frame: NDArray[np.uint8], width: int) -> Image.Image:
    """Return a frame as a picture, `width` pixels wide at most."""
    picture = Image.fromarray(frame)
    picture.thumbnail((width, width * WIDEST))
    return bounded(picture)


def bounded(picture: Image.Image) -> Image.Image:
    """Return a picture of a shape that can be drawn: an extreme strip gets black around it.

    A strip of 4096 x 2 pixels would be none at all at 320, and a million pixels wide at 54 high.
    """
    width, height = picture.size
    size = (max(width, -(-height // WIDEST)), max(height, -(-width // WIDEST)))
    if size == picture.size:
        return picture
    held = Image.new("RGB", size)
    held.paste(picture, ((size[0] - width) // 2, (size[1] - height) // 2))
    return held


def side_by_side(frames: NDArray[np.uint8]) -> Image.Image:
    """Return frames as one picture in a row; a shorter video's last frame fills it up."""
    height, width = frames.shape[1:3]
    wide = round(width * STRIP_HEIGHT / height)
    small = min(max(wide, STRIP_HEIGHT // WIDEST), WIDEST * STRIP_HEIGHT)
    tall = max(1, round(height * small / width)) if wide > small else STRIP_HEIGHT
    top, left = (STRIP_HEIGHT - tall) // 2, (small - max(1, min(wide, small))) // 2
    strip = Image.new("RGB", (small * STRIP_FRAMES, STRIP_HEIGHT))
    for place in range(STRIP_FRAMES):
        frame = Image.fromarray(frames[min(place, len(frames) - 1)])
        strip.paste(frame.resize((max(1, min(wide, small)), tall)), (place * small + left, top))
    return strip


def encode_jpeg(picture: Image.Image) -> bytes:
    """Return a picture as JPEG."""
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return buffer.getvalue()
