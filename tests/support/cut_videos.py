"""Videos whose cuts are known: photographs that the camera moves over, joined in several ways."""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
from PIL import Image

from moodreel.datasets.builders.samples import PHOTOGRAPHS

WIDTH, HEIGHT, RATE = 320, 180, 25
DISSOLVE, FADE, FLASH, PAN = 25, 12, 3, 15  # frames
JOINS = ("cut", "dissolve", "fade")
"""What ends a shot."""
WITHIN = ("flash", "pan")
"""What happens within a shot, and is no cut."""
SLACK = 0.12  # seconds by which a cut may be missed: three frames


@dataclass(frozen=True)
class Cut:
    """Where a shot ends: at one moment, or over a transition. In seconds."""

    kind: str
    start: float
    end: float

    def is_at(self, time):
        return self.start - SLACK <= time <= self.end + SLACK


@cache
def photographs():
    """Every photograph of the demo, by name."""
    found = {}
    for name, (package, inner) in PHOTOGRAPHS.items():
        spec = find_spec(package)
        path = Path(spec.origin).parent / inner if spec and spec.origin else None
        if path and path.is_file():
            found[name] = Image.open(path).convert("RGB")
            found[name].thumbnail((1024, 1024))
    return found


def moving_shot(photo, frames, draw, pan=False):
    """The camera over a photograph: uint8 [T, H, W, 3]; a `pan` crosses it in PAN frames."""
    wide = min(photo.width, photo.height * WIDTH / HEIGHT) * (0.6 if pan else 0.8)
    size = np.array([wide, wide * HEIGHT / WIDTH])
    room = np.array(photo.size) - size
    first, last = draw.random((2, 2)) * room
    if pan:
        first[0], last[0] = 0.0, room[0]
        waits = (frames - PAN) // 2
        steps = np.clip((np.arange(frames) - waits) / PAN, 0, 1)
    else:
        last = first + 0.3 * (last - first)
        steps = np.linspace(0, 1, frames)
    shake = draw.normal(0, wide / 600, (frames, 2))
    pictures = []
    for step, off in zip(steps, shake, strict=True):
        left, top = np.clip(first + step * (last - first) + off, 0, room)
        box = (left, top, left + size[0], top + size[1])
        pictures.append(np.asarray(photo.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR, box)))
    noise = draw.normal(0, 2.0, (frames, HEIGHT, WIDTH, 1))
    return np.clip(np.stack(pictures) + noise, 0, 255).astype(np.uint8)


def flashed(shot):
    """A shot with a few frames of a flash in its middle."""
    made, middle = shot.astype(np.float32), len(shot) // 2
    made[middle : middle + FLASH] = 255 - 0.2 * (255 - made[middle : middle + FLASH])
    return made.astype(np.uint8)


def blended(one, other, frames):
    """The last frames of one shot going over into the first of another."""
    share = (np.arange(1, frames + 1) / (frames + 1))[:, None, None, None]
    return ((1 - share) * one[-frames:] + share * other[:frames]).astype(np.uint8)


def join_shots(shots, joins):
    """Join shots [T, H, W, 3]; return the frames, and the cuts between them."""
    frames, cuts = shots[0], []
    for shot, join in zip(shots[1:], joins, strict=True):
        if join == "dissolve":
            start = len(frames) - DISSOLVE
            mixed = blended(frames, shot, DISSOLVE)
            frames = np.concatenate([frames[:start], mixed, shot[DISSOLVE:]])
            cuts.append(Cut(join, start / RATE, (start + DISSOLVE) / RATE))
        elif join == "fade":
            start = len(frames) - FADE
            down = np.linspace(1, 0, FADE)[:, None, None, None]
            out, into = frames[start:] * down, shot[:FADE] * down[::-1]
            parts = [frames[:start], out, into, shot[FADE:]]
            frames = np.concatenate([part.astype(np.uint8) for part in parts])
            cuts.append(Cut(join, start / RATE, (start + 2 * FADE) / RATE))
        else:
            cuts.append(Cut(join, len(frames) / RATE, len(frames) / RATE))
            frames = np.concatenate([frames, shot])
    return frames, cuts


def write_video(path, frames):
    """Write frames [T, H, W, 3] as H.264."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "21", "preset": "veryfast"}
        for picture in frames:
            made = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
            container.mux(stream.encode(made))
        container.mux(stream.encode())
    return path


def photograph_shots(joins, draw, within=(), least=35, most=60):
    """Shots of different photographs, one more than joins; the first ones with events within."""
    photos = list(photographs().values())
    order = draw.permutation(len(photos))
    shots = []
    for place in range(len(joins) + 1):
        photo = photos[order[place % len(photos)]]
        event = within[place] if place < len(within) else None
        shot = moving_shot(photo, int(draw.integers(least, most)), draw, event == "pan")
        shots.append(flashed(shot) if event == "flash" else shot)
    return shots


def write_known(path, joins, within=(), seed=0):
    """Write a video of photographs; return its cuts."""
    draw = np.random.default_rng(seed)
    frames, cuts = join_shots(photograph_shots(joins, draw, within), joins)
    write_video(path, frames)
    return cuts


def matched(found, cuts):
    """For each cut the time that found it, or None; each time finds one cut at most."""
    left = list(found)
    pairs = []
    for cut in cuts:
        hit = next((time for time in left if cut.is_at(time)), None)
        if hit is not None:
            left.remove(hit)
        pairs.append(hit)
    return pairs
