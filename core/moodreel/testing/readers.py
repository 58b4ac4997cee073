"""The contract of a video reader."""

import os
import pickle
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from pebble import ProcessPool

from moodreel.decoding.workers import WorkerContext, prepare_worker
from moodreel.errors import UnreadableVideo
from moodreel.interfaces import VideoReader
from moodreel.media import Clip, VideoFacts
from moodreel.testing.boundary import conformance

WIDTH, HEIGHT, RATE, FRAMES = 960, 720, 8, 16
FIRST, STEP = 20, 12  # the grey of the first frame, and how much brighter each next one is
SHORTER_SIDE = 480
TOLERANCE = 8.0  # of greys, after the codec; neighbouring frames differ by 12
PATIENCE = 60  # seconds for one call, which includes the start of its process: a judgement

Call = Callable[..., Any]
"""Calls a function in the worker and returns, or raises, what it does."""


@conformance
def check_video_reader(reader: VideoReader) -> None:
    """Check facts, frames and refusals on a video of 2 s made here, every frame of its own grey.

    The reader works in a process of its own, as it does when videos are indexed.
    """
    assert pickle.dumps(reader), "a reader runs in another process: it must pickle"
    pool = ProcessPool(
        max_workers=1,
        initializer=prepare_worker,
        initargs=(os.getpid(),),
        context=WorkerContext(),
    )
    with TemporaryDirectory() as folder, pool:

        def call(function: Callable[..., Any], *arguments: Any) -> Any:
            return pool.schedule(function, args=arguments, timeout=PATIENCE).result()

        check_videos(reader, call, Path(folder))


def check_videos(reader: VideoReader, call: Call, folder: Path) -> None:
    """Check a video, and files that are none."""
    video = folder / "greys, ünïcode.mp4"
    write_greys(video)
    check_facts(call(reader.probe, video))
    check_frames(reader, call, video)
    for name, contents in (("empty.mp4", b""), ("text.mp4", b"this is no video\n" * 99)):
        (folder / name).write_bytes(contents)
    for name in ("empty.mp4", "text.mp4", "missing.mp4"):
        check_refusal(call, reader.probe, folder / name)
        check_refusal(call, reader.read, folder / name, [0.0])


def write_greys(target: Path) -> None:
    """Write a video whose frame n has the grey FIRST + n STEP, with a white left half."""
    import av

    with av.open(str(target), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(RATE), options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(FRAMES):
            pixels = np.full((HEIGHT, WIDTH, 3), FIRST + number * STEP, np.uint8)
            pixels[:, : WIDTH // 2] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())


def check_facts(facts: VideoFacts) -> None:
    """Check duration, rate and size."""
    seconds = FRAMES / RATE
    assert abs(facts.duration - seconds) < 1 / RATE, f"{seconds} s long, got {facts.duration}"
    assert abs(facts.fps - RATE) < 0.5, f"{RATE} frames a second, got {facts.fps}"
    size = (facts.width, facts.height)
    assert size == (WIDTH, HEIGHT), f"probe gives the video's own size, got {size}"


def check_frames(reader: VideoReader, call: Call, video: Path) -> None:
    """Check that the frames shown at given times come, shrunk, and none past the end."""
    times = [0.0, 0.7, 1.3, 1.9]
    clip = call(reader.read, video, times)
    assert isinstance(clip, Clip), f"read returns a Clip, got {type(clip).__name__}"
    assert clip.times.tolist() == times, f"times are those asked for, got {clip.times.tolist()}"
    shape = clip.frames.shape[1:3]
    expected = (SHORTER_SIDE, SHORTER_SIDE * WIDTH // HEIGHT)
    assert shape == expected, f"frames keep their shape, shorter side 480: {expected}, got {shape}"
    greys = clip.frames[:, :, -shape[1] // 4 :].mean((1, 2, 3))
    shown = [FIRST + int(time * RATE) * STEP for time in times]
    right = np.abs(greys - shown).max() < TOLERANCE
    assert right, f"the frames shown at {times} have the greys {shown}, got {greys.round(1)}"
    assert clip.frames[:, :, : shape[1] // 4].mean() > 250, "frames come upright, left is left"
    late = call(reader.read, video, [1.0, 60.0])
    assert late.times.tolist() == [1.0], "times past the last frame are left out"


def check_refusal(call: Call, function: Callable[..., Any], *arguments: Any) -> None:
    """Check that what is no video is refused with a reason of one line."""
    name = arguments[0].name
    try:
        call(function, *arguments)
    except UnreadableVideo as error:
        assert error.reason.strip(), f"{name}: the reason is missing"
        assert "\n" not in str(error), f"{name}: the reason must be one line"
        return
    raise AssertionError(f"{name} is no video: raise UnreadableVideo")
