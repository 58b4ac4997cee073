"""Videos whose every frame says its number, in the containers, codings and habits that people have.

Sixteen bars above four coloured fields are the bits of the frame's number. What is right is known
from the making: which number is shown from when on, in seconds from where a player begins.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from moodreel import Registry

READERS = [
    entry.name
    for entry in Registry.load("starter").entries.values()
    if entry.kind == "video_reader" and not entry.problem
]
"""The readers whose packages are installed here."""
WIDTH, HEIGHT, BITS, RATE = 320, 240, 16, 25
BAR = WIDTH // BITS


@dataclass(frozen=True)
class Shown:
    """What a video shows: the number of each frame, and when it begins, in seconds."""

    begins: np.ndarray
    numbers: np.ndarray

    def at(self, time: float) -> int:
        """The place, in order of showing, of the frame that is shown at a time."""
        return max(int(np.searchsorted(self.begins, time + 1e-3, side="right")) - 1, 0)

    def misses(self, times: Sequence[float], frames: Iterable[np.ndarray]) -> list[float]:
        """The times at which a frame is further than one from the right one."""
        pairs = zip(times, frames, strict=True)
        return [time for time, frame in pairs if self.distance(time, read_number(frame)) > 1]

    def distance(self, time: float, number: int) -> int:
        """How many frames lie between a number and the one that is right at a time."""
        places = np.flatnonzero(self.numbers == number)
        return int(np.abs(places - self.at(time)).min()) if len(places) else 1 << 16


def draw_number(number: int) -> np.ndarray:
    """Draw a number: [240, 320, 3]."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for bit in range(BITS):
        if number >> (BITS - 1 - bit) & 1:
            pixels[: HEIGHT // 4, bit * BAR : (bit + 1) * BAR] = 255
    fields = (((200, 0, 0), (0, 200, 0)), ((0, 0, 200), (200, 200, 200)))
    for rows, pair in zip((slice(60, 150), slice(150, 240)), fields, strict=True):
        pixels[rows, : WIDTH // 2], pixels[rows, WIDTH // 2 :] = pair
    return pixels


def read_number(frame: np.ndarray) -> int:
    """Read the number of a frame of any size."""
    if frame.shape[:2] != (HEIGHT, WIDTH):
        frame = np.asarray(Image.fromarray(frame).resize((WIDTH, HEIGHT)))
    grey = frame[20:40].astype(float).mean(2)
    lit = [grey[:, bit * BAR + 6 : bit * BAR + 14].mean() > 128 for bit in range(BITS)]
    return int("".join("1" if bar else "0" for bar in lit), 2)


def even(count: int, start: float = 0.0, rate: float = RATE, first: int = 0) -> Shown:
    """Frames of one rate, from `start` on."""
    return Shown(start + np.arange(count) / rate, first + np.arange(count))


def encode(
    path: Path,
    codec: str = "libx264",
    count: int = 300,
    rate: Fraction | int = RATE,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    pixels: str = "yuv420p",
    container: str | None = None,
    muxer: dict[str, str] | None = None,
    begins: Sequence[int] | None = None,
    first: int = 0,
    sound: float = 0.0,
    draw: Callable[[int], np.ndarray] = draw_number,
    **options: str,
) -> Shown:
    """Write numbered frames.

    Args:
        begins: when each frame begins, in milliseconds; None: evenly.
        first: the number of the first frame.
        sound: seconds of sound beside the picture.
        draw: draws the frame of a number.
    """
    with av.open(str(path), "w", format=container, options=muxer or {}) as out:
        stream = out.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        if begins is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        audio = (
            out.add_stream("mp2" if codec.startswith("mpeg") else "aac", 44_100) if sound else None
        )
        for place in range(count):
            picture = Image.fromarray(draw(first + place))
            if size != (WIDTH, HEIGHT):
                picture = picture.resize(size)
            frame = av.VideoFrame.from_image(picture)
            if begins is not None:
                frame.pts, frame.time_base = begins[place], Fraction(1, 1000)
            out.mux(stream.encode(frame))
            if audio is not None and place == 0:
                write_sound(out, audio, sound)
        out.mux(stream.encode())
        if audio is not None:
            out.mux(audio.encode())
    if begins is not None:
        return Shown(np.array(begins) / 1000, first + np.arange(count))
    return even(count, rate=float(rate), first=first)


def write_sound(out, stream, seconds: float) -> None:
    """Write a low noise."""
    draw = np.random.default_rng(0)
    size = stream.codec_context.frame_size or 1152
    form = stream.codec_context.format.name
    for place in range(int(seconds * 44_100 / size)):
        samples = draw.normal(0, 0.05, (2, size))
        if form.startswith("s16"):
            samples = (samples * 32767).astype(np.int16)
        else:
            samples = samples.astype(np.float32)
        packed = samples if form.endswith("p") else samples.T.reshape(1, -1).copy()
        frame = av.AudioFrame.from_ndarray(packed, format=form, layout="stereo")
        frame.sample_rate, frame.pts = 44_100, place * size
        out.mux(stream.encode(frame))


def remux(
    source: Path, target: Path, shift: float = 0.0, container: str | None = None, **muxer: str
) -> None:
    """Copy the packets of a file into another container, `shift` seconds later."""
    with (
        av.open(str(source)) as held,
        av.open(str(target), "w", format=container, options=muxer) as out,
    ):
        streams = {s.index: out.add_stream_from_template(s) for s in held.streams}
        for packet in held.demux():
            if packet.pts is None:
                continue
            added = round(shift / packet.time_base)
            packet.pts += added
            packet.dts = None if packet.dts is None else packet.dts + added
            packet.stream = streams[packet.stream_index]
            out.mux(packet)


Make = Callable[[Path], Shown]
"""Writes a numbered video and says what it shows."""
KINDS: dict[str, Make] = {}


def kind(name: str, **fixed) -> None:
    """Add a kind of video that one call of `encode` makes."""
    KINDS[name] = lambda path: encode(path, **fixed)


def made(name: str) -> Callable[[Make], Make]:
    """Add a kind of video that a function makes."""

    def add(make: Make) -> Make:
        KINDS[name] = make
        return make

    return add


FAST = {"preset": "ultrafast", "bf": "3", "g": "50"}
OPEN_GROUP = {"g": "100", "bf": "3", "x264-params": "open-gop=1:scenecut=0"}
REFRESHED = {"g": "50", "x264-params": "intra-refresh=1:keyint=50"}
REAL_TIME = {"deadline": "realtime", "cpu-used": "8"}
X265 = {"preset": "ultrafast", "x265-params": "log-level=none:bframes=3:keyint=50"}
kind("h264.mp4", preset="veryfast", g="50", bf="3")
kind("hevc.mp4", codec="libx265", **X265)
kind("av1.mp4", codec="libsvtav1", preset="12", g="50")
kind("mpeg4.mp4", codec="mpeg4", g="50", bf="2")
kind("fragmented.mp4", muxer={"movflags": "frag_keyframe+empty_moov"}, **FAST)
kind("h264.mov", **FAST)
kind("prores.mov", codec="prores_ks", pixels="yuv422p10le")
kind("mjpeg.mov", codec="mjpeg", pixels="yuvj420p")
kind("ntsc.mp4", rate=Fraction(30000, 1001), **FAST)
kind("film.mkv", rate=Fraction(24000, 1001), **FAST)
kind("lapse.mp4", rate=1, count=60, **FAST)
kind("sixty.mp4", rate=60, count=600, **FAST)
kind("h264.mkv", preset="veryfast", g="50", bf="3")
kind("vp9.mkv", codec="libvpx-vp9", g="50", **REAL_TIME)
kind("ffv1.mkv", codec="ffv1", count=200)
kind("vp8.webm", codec="libvpx", g="50", **REAL_TIME)
kind("live.webm", codec="libvpx", muxer={"live": "1"}, **REAL_TIME)
kind("mpeg4.avi", codec="mpeg4", bf="2", g="50")
kind("h264.avi", **FAST)
kind("mjpeg.avi", codec="mjpeg", pixels="yuvj420p")
kind("divx3.avi", codec="msmpeg4", g="50")
kind("wmv2.wmv", codec="wmv2", container="asf", g="50")
kind("wmv1.asf", codec="wmv1", container="asf", g="50")
kind("flv1.flv", codec="flv", g="50")
kind("h264.flv", **FAST)
kind("h264.ts", preset="veryfast", g="50", bf="3")
kind("mpeg2.ts", codec="mpeg2video", bf="2", g="12")
kind("hevc.ts", codec="libx265", **X265)
kind("long-group.ts", rate=10, g="100", preset="veryfast", bf="2")
kind("camera.m2ts", container="mpegts", muxer={"mpegts_m2ts_mode": "1"}, sound=12, **FAST)
kind("mpeg1.mpg", codec="mpeg1video", bf="2", g="15")
kind("mpeg2.mpg", codec="mpeg2video", bf="2", g="15", container="vob")
kind("sound.vob", codec="mpeg2video", bf="2", g="15", container="vob", sound=12)
kind("mpeg4.3gp", codec="mpeg4", g="50")
kind("h263.3gp", codec="h263", size=(352, 288), g="50")
kind("mpeg2.mxf", codec="mpeg2video", bf="2", g="12")
kind("mpeg4.nut", codec="mpeg4", bf="2", g="50")
kind("real.rm", codec="rv20", g="50")
kind("raw.h264", container="h264", **FAST)
kind("raw.hevc", codec="libx265", container="hevc", **X265)
kind("raw.m2v", codec="mpeg2video", container="mpeg2video", bf="2", g="12")
kind("pipe.y4m", codec="wrapped_avframe", container="yuv4mpegpipe", count=200)
kind(
    "open-group.mkv",
    count=750,
    preset="veryfast",
    g="100",
    bf="3",
    **{"x264-params": "open-gop=1:scenecut=0"},
)
kind(
    "open-group.ts",
    count=750,
    preset="veryfast",
    g="100",
    bf="3",
    **{"x264-params": "open-gop=1:scenecut=0"},
)
kind(
    "open-group-hevc.mp4",
    codec="libx265",
    preset="ultrafast",
    **{"x265-params": "log-level=none:open-gop=1:keyint=50:bframes=3"},
)
kind(
    "refreshed.mp4",
    count=500,
    preset="veryfast",
    g="50",
    **{"x264-params": "intra-refresh=1:keyint=50"},
)
kind(
    "refreshed.ts",
    count=500,
    preset="veryfast",
    g="50",
    **{"x264-params": "intra-refresh=1:keyint=50"},
)
kind("fields.ts", preset="veryfast", g="50", **{"x264-params": "tff=1"})
kind("fields.mpg", codec="mpeg2video", container="vob", g="15", bf="2", flags="+ildct+ilme")
kind("sound-outlasts.mp4", sound=20, **FAST)
kind("one-key.mkv", count=1500, preset="veryfast", g="9999", bf="3")


@made("variable.mp4")
def variable_mp4(path: Path) -> Shown:
    steps = np.random.default_rng(1).choice([33, 40, 67, 300], 200)
    return encode(path, count=200, begins=[0, *np.cumsum(steps[:-1]).tolist()], **FAST)


@made("variable.mkv")
def variable_mkv(path: Path) -> Shown:
    steps = np.random.default_rng(2).choice([20, 40, 900], 60)
    return encode(
        path, count=60, begins=[0, *np.cumsum(steps[:-1]).tolist()], g="20", preset="veryfast"
    )


@made("slides.webm")
def slides(path: Path) -> Shown:
    begins = [0, 4000, 4040, 9000, 15000, 15500, 20000]
    return encode(path, "libvpx", count=7, begins=begins)


@made("late.mkv")
def late_matroska(path: Path) -> Shown:
    return late_picture(path, 4.0)


@made("late.mp4")
def late_mp4(path: Path) -> Shown:
    return late_picture(path, 3.0)


def late_picture(path: Path, seconds: float) -> Shown:
    """A picture that begins some seconds after the sound."""
    begins = [round(seconds * 1000) + 40 * place for place in range(300)]
    return encode(path, begins=begins, sound=seconds + 12, **FAST)


@made("cut.mp4")
def cut_mp4(path: Path) -> Shown:
    """A cut without encoding: the frames before it are there, and an edit list hides them."""
    whole = path.with_name("whole.mp4")
    encode(whole, preset="veryfast", g="100", bf="3")
    remux(whole, path, shift=-2.52, avoid_negative_ts="disabled")
    whole.unlink()
    return even(300 - 63, first=63)


@made("cut.mov")
def cut_mov(path: Path) -> Shown:
    whole = path.with_name("whole.mov")
    encode(whole, preset="veryfast", g="250", bf="2", sound=12)
    remux(whole, path, shift=-5.0, avoid_negative_ts="disabled")
    whole.unlink()
    return even(300 - 125, first=125)


def cut_bytes(path: Path, whole: str, share: float) -> None:
    """Leave the first bytes of a file out."""
    source = path.with_name(f"whole-{path.name}")
    KINDS[whole](source)
    held = source.read_bytes()
    path.write_bytes(held[int(len(held) * share) :])
    source.unlink()


@made("cut.ts")
def cut_ts(path: Path) -> Shown:
    cut_bytes(path, "long-group.ts", 0.37)
    return read_in_order(path)


@made("cut.mpg")
def cut_mpg(path: Path) -> Shown:
    cut_bytes(path, "mpeg2.mpg", 0.4)
    return read_in_order(path)


def read_in_order(path: Path) -> Shown:
    """What decoding a whole file in order shows, where the making does not tell."""
    rows: list[tuple[float, int]] = []
    with av.open(str(path)) as held:
        zero = held.start_time / 1e6
        for packet in held.demux(video=0):
            with suppress(av.error.FFmpegError):
                rows += [
                    (float(frame.time) - zero, read_number(frame.to_ndarray(format="rgb24")))
                    for frame in packet.decode()
                    if frame.pts is not None
                ]
    return Shown(*(np.array(column) for column in zip(*rows, strict=True)))


def joined(path: Path, parts: Sequence[dict]) -> Shown:
    """Files written one after the other, as `cat` joins them: each clock starts anew."""
    with path.open("wb") as out:
        first = 0
        for part in parts:
            piece = path.with_name(f"part-{path.name}")
            encode(piece, first=first, **part)
            out.write(piece.read_bytes())
            first += part.get("count", 300)
            piece.unlink()
    return even(first)


@made("joined.ts")
def joined_ts(path: Path) -> Shown:
    return joined(path, [{**FAST}, {"count": 250, **FAST}])


@made("joined.vob")
def joined_vob(path: Path) -> Shown:
    part = {"codec": "mpeg2video", "bf": "2", "g": "15", "container": "vob"}
    return joined(path, [part, {"count": 200, **part}, {"count": 100, **part}])


@made("wrapped.ts")
def wrapped(path: Path) -> Shown:
    """A clock of 33 bits that ends after five seconds and begins again."""
    source = path.with_name("before.ts")
    encode(source, preset="veryfast", g="50", bf="2")
    remux(source, path, shift=(1 << 33) / 90_000 - 6.4, avoid_negative_ts="disabled")
    source.unlink()
    return even(300)


@made("offset.ts")
def offset(path: Path) -> Shown:
    source = path.with_name("before.ts")
    encode(source, preset="veryfast", g="50", bf="2")
    remux(source, path, shift=40_000.0)
    source.unlink()
    return even(300)


@made("offset.mkv")
def offset_mkv(path: Path) -> Shown:
    source = path.with_name("before.mkv")
    encode(source, **FAST)
    remux(source, path, shift=3600.0)
    source.unlink()
    return even(300)


@made("states-3s.mkv")
def states_less(path: Path) -> Shown:
    shown = encode(path, **FAST)
    patch_duration(path, 3000.0)
    return shown


@made("states-54-years.mkv")
def states_years(path: Path) -> Shown:
    shown = encode(path, **FAST)
    patch_duration(path, 1.7e12)
    return shown


def patch_duration(path: Path, milliseconds: float) -> None:
    """Write another duration into the header of a Matroska file."""
    held = bytearray(path.read_bytes())
    place = held.index(b"\x44\x89\x88") + 3
    held[place : place + 8] = np.array([milliseconds], ">f8").tobytes()
    path.write_bytes(bytes(held))


@made("two-streams.mp4")
def two_streams_mp4(path: Path) -> Shown:
    return two_streams(path)


@made("two-streams.mkv")
def two_streams_mkv(path: Path) -> Shown:
    return two_streams(path)


def two_streams(path: Path) -> Shown:
    """A short small stream of other numbers first, then the film."""
    with av.open(str(path), "w") as out:
        small = out.add_stream("libx264", rate=RATE, options=FAST)
        small.width, small.height, small.pix_fmt = 160, 120, "yuv420p"
        film = out.add_stream("libx264", rate=RATE, options=FAST)
        film.width, film.height, film.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        small.disposition = film.disposition = av.stream.Disposition.default
        for place in range(300):
            if place < 75:
                picture = Image.fromarray(draw_number(40_000 + place)).resize((160, 120))
                out.mux(small.encode(av.VideoFrame.from_image(picture)))
            out.mux(film.encode(av.VideoFrame.from_ndarray(draw_number(place), format="rgb24")))
        out.mux(small.encode())
        out.mux(film.encode())
    return even(300)


def turned(path: Path, matrix: Sequence[int], pixels: Callable[[np.ndarray], np.ndarray]) -> Shown:
    """A video stored turned or mirrored, with the note that shows it upright."""
    stored = pixels(draw_number(0)).shape
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options=FAST)
        stream.width, stream.height, stream.pix_fmt = stored[1], stored[0], "yuv420p"
        for place in range(300):
            held = np.ascontiguousarray(pixels(draw_number(place)))
            out.mux(stream.encode(av.VideoFrame.from_ndarray(held, format="rgb24")))
        out.mux(stream.encode())
    write_matrix(path, matrix)
    return even(300)


def write_matrix(path: Path, turn: Sequence[int]) -> None:
    """Write a display matrix (a, b, c, d) into the track header of an MP4."""

    def packed(*numbers: int) -> bytes:
        return np.array(numbers, ">i4").tobytes()

    one, unit = 1 << 16, 1 << 30
    upright = packed(one, 0, 0, 0, one, 0, 0, 0, unit)
    a, b, c, d = (one * part for part in turn)
    held = path.read_bytes()
    place = held.index(upright, held.index(b"tkhd"))
    patched = packed(a, b, 0, c, d, 0, 0, 0, unit)
    path.write_bytes(held[:place] + patched + held[place + len(patched) :])


@made("mirrored.mp4")
def mirrored(path: Path) -> Shown:
    return turned(path, (-1, 0, 0, 1), lambda pixels: pixels[:, ::-1])


@made("upside-down.mov")
def upside_down(path: Path) -> Shown:
    return turned(path, (1, 0, 0, -1), lambda pixels: pixels[::-1])


@made("phone.mp4")
def phone(path: Path) -> Shown:
    return turned(path, (0, 1, -1, 0), lambda pixels: np.rot90(pixels))


@made("selfie.mp4")
def selfie(path: Path) -> Shown:
    return turned(path, (0, 1, 1, 0), lambda pixels: pixels.swapaxes(0, 1))


@made("pictures.gif")
def pictures(path: Path) -> Shown:
    first, *rest = (Image.fromarray(draw_number(place)) for place in range(80))
    first.save(path, "GIF", save_all=True, append_images=rest, duration=100)
    return even(80, rate=10)
