"""Every frame of a stretch of a video, in order and small: what segmenters look at."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel.containers.frames import EARLY, decode_frames, places_before, sought_frames
from moodreel.containers.opening import open_container
from moodreel.containers.orientation import lies_sideways, turn_picture
from moodreel.media import Clip, VideoFacts


def sweep_frames(
    path: Path, start: float, end: float, size: tuple[int, int], facts: VideoFacts
) -> Clip | None:
    """Return every frame that begins from `start` to before `end`, squeezed into `size`.

    Colours are read as the stream itself says, without tone mapping.

    Args:
        path: the file.
        start: seconds from the zero point; frames that begin before 0 belong to the first stretch.
        end: seconds; infinity: to the last frame.
        size: height and width of the frames, in pixels.
        facts: of the video.

    Returns:
        uint8 frames [T, height, width, 3] with their times; None where no frame begins then.

    Raises:
        UnreadableVideo: the file cannot be opened.
    """
    pictures: list[NDArray[np.uint8]] = []
    times: list[float] = []
    shrink = Shrinker(size, facts)
    for time, frame in frames_from(path, start, facts):
        if time >= end - EARLY:
            break
        if start <= 0 or time >= start - EARLY:
            pictures.append(shrink(frame))
            times.append(max(time, 0.0))
    return Clip(np.stack(pictures), np.array(times)) if pictures else None


def frames_from(path: Path, start: float, facts: VideoFacts) -> Iterator[tuple[float, Any]]:
    """Yield frames with their times, from one that begins at or before `start`."""
    import av

    with open_container(path) as container:
        stream = container.streams[facts.stream]
        stream.thread_type = "AUTO"
        for sought in places_before(start, facts):
            frames = sought_frames(container, stream, facts, start + EARLY, sought)
            with suppress(av.error.FFmpegError):
                first = next(frames, None)
                if first is not None and first[0] <= start + EARLY:  # else it landed too late
                    yield from chain([first], frames)
                    return
    with open_container(path) as container:
        stream = container.streams[facts.stream]
        stream.thread_type = "AUTO"
        yield from decode_frames(container, stream, facts)


class Shrinker:
    """Makes small upright RGB pictures of decoded frames.

    Args:
        size: height and width, in pixels.
        facts: of the video.
    """

    def __init__(self, size: tuple[int, int], facts: VideoFacts) -> None:
        from av.video.reformatter import VideoReformatter

        self.turn = facts.turn
        self.stored = size if lies_sideways(facts.turn) else size[::-1]
        self._reformatter = VideoReformatter()

    def __call__(self, frame: Any) -> NDArray[np.uint8]:
        """Return a frame as uint8 [height, width, 3]."""
        width, height = self.stored
        made: Any = self._reformatter.reformat(
            frame, width, height, format="rgb24", interpolation="BICUBIC"
        )
        return turn_picture(made.to_ndarray(), self.turn)
