"""Real files that readers stumble over, written on the spot. Every frame says when it is shown."""

import random
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

WIDTH, HEIGHT, RATE = 320, 240, 25


def picture(share: float, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A frame, red above and blue below, whose grey level at the left says how far the video is."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, :, 0] = pixels[height // 2 :, :, 2] = 200
    pixels[:, : width // 4] = round(255 * share)
    return pixels


def progress(frame: np.ndarray) -> float:
    """How far the video is, read from an upright frame."""
    return float(frame[frame.shape[0] // 4, frame.shape[1] // 8].mean()) / 255


def noise(count: int) -> Iterator[np.ndarray]:
    draw = np.random.default_rng(0)
    return (draw.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8) for _ in range(count))


def write_video(
    path: Path,
    frames: int = 50,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    times: Sequence[int] | None = None,
    pictures: Iterator[np.ndarray] | None = None,
    aspect: Fraction | None = None,
    **options: str,
) -> Path:
    """Write frames evenly, or at `times` in milliseconds."""
    shown = pictures or (picture(i / max(frames - 1, 1), *size) for i in range(frames))
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=1000 if times else RATE, options=options)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        for index, pixels in enumerate(shown):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            if times:
                frame.pts, frame.time_base = times[index], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def plain(path: Path) -> None:
    write_video(path)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("this is not a video\n" * 100)


def cut_in_half(path: Path) -> None:
    write_video(path, pictures=noise(150), g="25")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def cut_without_index(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for pixels in noise(50):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped_bytes(path: Path) -> None:
    write_video(path, pictures=noise(100), g="25")
    held = bytearray(path.read_bytes())
    draw = random.Random(0)
    for _ in range(100):
        held[draw.randrange(len(held) // 10, len(held))] ^= 0xFF
    path.write_bytes(bytes(held))


def audio_only(path: Path) -> None:
    draw = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44_100)
        for index in range(50):
            samples = draw.normal(0, 0.1, (2, 1024)).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = 44_100, index * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def still_picture(path: Path) -> None:
    Image.fromarray(picture(0.5)).save(path, "PNG")


def animated_gif(path: Path) -> None:
    first, *rest = (Image.fromarray(picture(i / 19)) for i in range(20))
    first.save(path, "GIF", save_all=True, append_images=rest, duration=100)


def one_frame(path: Path) -> None:
    write_video(path, frames=1)


def variable_rate(path: Path) -> None:
    """A second of 25 frames, then one frame every half second until 10 s."""
    write_video(
        path,
        times=[i * 40 for i in range(25)] + [1000 + i * 500 for i in range(18)],
        pictures=(picture(min(i / 40, 1)) for i in range(43)),
    )


def turned_phone(path: Path) -> None:
    """A video stored on its side with the note to turn it, as phones write it."""
    sideways = path.with_suffix(".side.mp4")
    write_video(
        sideways, size=(HEIGHT, WIDTH), pictures=(np.rot90(picture(i / 49)) for i in range(50))
    )
    with av.open(str(sideways)) as stored, av.open(str(path), "w") as container:
        source = stored.streams.video[0]
        target = container.add_stream_from_template(source)
        for packet in stored.demux(source):
            if packet.dts is not None:
                packet.stream = target
                container.mux(packet)
    sideways.unlink()
    path.write_bytes(turned(path.read_bytes()))


def turned(held: bytes) -> bytes:
    """Write a quarter turn into the matrix of an MP4's track header."""
    one, zero, unit = (part.to_bytes(4, "big", signed=True) for part in (65536, 0, 1 << 30))
    upright = one + zero * 3 + one + zero * 3 + unit
    minus = (-65536).to_bytes(4, "big", signed=True)
    quarter = zero + one + zero + minus + zero * 4 + unit
    place = held.index(upright, held.index(b"tkhd"))
    return held[:place] + quarter + held[place + len(upright) :]


def oblong_pixels(path: Path) -> None:
    write_video(path, aspect=Fraction(2, 1))


def large(path: Path) -> None:
    write_video(path, frames=10, size=(1280, 720))


def very_small(path: Path) -> None:
    write_video(path, frames=10, size=(16, 16))


READABLE: dict[str, Callable[[Path], None]] = {
    "plain.mp4": plain,
    "flipped.mp4": flipped_bytes,
    "animated.gif": animated_gif,
    "one frame.mp4": one_frame,
    "variable.mp4": variable_rate,
    "turned.mp4": turned_phone,
    "oblong.mp4": oblong_pixels,
    "large.mp4": large,
    "small.mp4": very_small,
    "ünïcode with späces 日本.mp4": plain,
}
PARTLY_READABLE = {"half.mp4": cut_in_half}
UNREADABLE: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty.mp4": (empty, "is empty"),
    "text.mp4": (text, "is not a video"),
    "half without index.mp4": (cut_without_index, "is not a video"),
    "audio.mp4": (audio_only, "holds no video stream"),
    "picture.mp4": (still_picture, "is a still picture"),
}


def write_hard_videos(folder: Path) -> Path:
    """Write all of them into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, write in {**READABLE, **PARTLY_READABLE}.items():
        write(folder / name)
    for name, (write, _) in UNREADABLE.items():
        write(folder / name)
    return folder
