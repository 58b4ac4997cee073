"""Clips of a photograph of a face in one of a scene: of 2.4 seconds, or as long as a sound."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from moodreel.errors import InvalidInput
from moodreel.media import Sound
from moodreel.storage.atomic import atomic_path

if TYPE_CHECKING:
    from PIL.Image import Image

# Pixels, pixels, frames a second, frames: small, and 2.4 s long, since thousands of clips are made.
# Judgements, not measured.
WIDTH, HEIGHT, RATE, FRAMES = 320, 240, 10, 24


def write_montage(
    scene: Path, face: Path, seed: str, target: Path, sound: Sound | None = None
) -> None:
    """Write a clip of one photograph in the other, whole or not at all.

    Args:
        scene: the photograph of the scene, which the camera moves over.
        face: the photograph of the face, which drifts a little.
        seed: the seed of the camera's movement and of the face's place.
        target: the file to write.
        sound: what is heard, for as long as the clip then is; None makes `FRAMES` without sound.

    Raises:
        InvalidInput: a photograph cannot be read.
    """
    import av

    with atomic_path(target) as partial, av.open(str(partial), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE)
        # Several threads, or looking ahead, can give other bytes for the same frames.
        stream.options = {"crf": "20", "preset": "veryfast", "x264-params": "rc-lookahead=0"}
        stream.codec_context.thread_count = 1
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = None if sound is None else container.add_stream("aac", sound.rate, layout="mono")
        count = FRAMES if sound is None else ceil(sound.duration * RATE)
        pictures = open_picture(scene), open_picture(face)
        for picture in montage_frames(*pictures, Random(seed), count):
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())
        if sound is not None:
            put_sound(container, audio, sound)


def put_sound(container: Any, stream: Any, sound: Sound) -> None:
    """Encode a sound into a stream of a container."""
    import av

    frame = av.AudioFrame.from_ndarray(sound.samples[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = sound.rate, 0, Fraction(1, sound.rate)
    fifo = av.AudioFifo()
    fifo.write(frame)
    size = stream.codec_context.frame_size or 1024
    for part in fifo.read_many(size, partial=True):
        container.mux(stream.encode(part))
    container.mux(stream.encode())


def montage_frames(
    scene: "Image", face: "Image", draw: Random, count: int = FRAMES
) -> "Iterator[Image]":
    """Yield the frames of a clip."""
    from PIL import Image

    start, end = view_box(scene.size, draw), view_box(scene.size, draw)
    tall = round(draw.uniform(0.45, 0.6) * HEIGHT)
    face = face.resize((round(tall * face.width / face.height), tall), Image.Resampling.LANCZOS)
    first, last = face_place(face.size, draw), face_place(face.size, draw)
    for number in range(count):
        share = number / (count - 1)
        west, north, east, south = between(start, end, share)
        box = (west, north, east, south)
        view = scene.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR, box=box)
        left, top = between(first, between(first, last, 0.1), share)
        view.paste(face, (round(left), round(top)))
        yield view


def open_picture(path: Path) -> "Image":
    """Return a photograph, upright and in colour."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            return ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, UnidentifiedImageError) as error:
        raise InvalidInput(f"{path}: cannot be read as a picture: {error}") from None


def view_box(size: tuple[int, int], draw: Random) -> tuple[float, ...]:
    """Return a part (left, top, right, bottom) of a picture in the clip's shape, 85% or more."""
    scale = min(size[0] / WIDTH, size[1] / HEIGHT) * draw.uniform(0.85, 1.0)
    width, height = WIDTH * scale, HEIGHT * scale
    left, top = draw.uniform(0, size[0] - width), draw.uniform(0, size[1] - height)
    return left, top, left + width, top + height


def face_place(size: tuple[int, int], draw: Random) -> tuple[float, ...]:
    """Return where a face of a size is put: left and top."""
    return draw.uniform(0, WIDTH - size[0]), draw.uniform(0, HEIGHT - size[1])


def between(first: Sequence[float], last: Sequence[float], share: float) -> tuple[float, ...]:
    """Return the point `share` of the way from one to another."""
    return tuple(a + (b - a) * share for a, b in zip(first, last, strict=True))
