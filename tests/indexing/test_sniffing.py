"""Videos are told from what shares their suffix, by the contents."""

import av
import numpy as np
import pytest
from PIL import Image

from hard_videos import animated_gif, picture, write_video
from moodreel.indexing.scanning import scan_paths
from moodreel.indexing.suffixes import SUFFIXES, video_suffix

TYPESCRIPT = b'import { a } from "b";\nexport const c = "\xc3\xa9";\n'
TRANSLATION = b'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n<TS version="2.1"></TS>\n'
MUSIC = b"a song".ljust(1080, b"\0") + b"M.K." + bytes(2048)
REAL_SOUND = b".RMF\0\0\0\x12" + b"MDPR audio/x-pn-realaudio".ljust(500, b"\0")
REAL_VIDEO = b".RMF\0\0\0\x12" + b"MDPR video/x-pn-realvideo".ljust(500, b"\0")


def mpeg(path, codec, form):
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(25):
            frame = av.VideoFrame.from_ndarray(picture(i / 24, 64, 48), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def still_gif(path):
    Image.fromarray(picture(0.5)).save(path, "GIF")


def webp(path, frames):
    first, *rest = (Image.fromarray(picture(i / 9)) for i in range(frames))
    first.save(path, "WEBP", save_all=True, append_images=rest)


def theora_head(path):
    path.write_bytes(b"OggS".ljust(28, b"\0") + b"\x80theora" + bytes(100))


def shifted(path):
    """A transport stream of cameras, with a time before each packet, that begins in one."""
    packet = bytes(4) + b"\x47" + bytes(187)
    path.write_bytes((packet * 40)[77:])


VIDEOS = {
    "a.ts": lambda path: mpeg(path, "libx264", "mpegts"),
    "b.mts": shifted,
    "c.mod": lambda path: mpeg(path, "mpeg2video", "vob"),
    "d.dat": lambda path: mpeg(path, "mpeg1video", "vcd"),
    "e.mpg": lambda path: mpeg(path, "mpeg1video", "mpeg"),
    "f.rm": lambda path: path.write_bytes(REAL_VIDEO),
    "g.gif": animated_gif,
    "h.GIF": lambda path: write_video(path.with_suffix(".mp4"), 5).rename(path),
    "i.ogg": theora_head,
    "zeros.ts": lambda path: path.write_bytes(bytes(9999)),
}
OTHERS = {
    "a.ts": lambda path: path.write_bytes(TYPESCRIPT),
    "b.mts": lambda path: path.write_bytes(TYPESCRIPT),
    "c.ts": lambda path: path.write_bytes(TRANSLATION),
    "d.ts": lambda path: path.write_bytes(TRANSLATION.decode().encode("utf-16")),
    "e.mod": lambda path: path.write_bytes(MUSIC),
    "go.mod": lambda path: path.write_bytes(b"module example.com/a\n"),
    "f.rm": lambda path: path.write_bytes(REAL_SOUND),
    "g.dat": lambda path: path.write_bytes(bytes(range(256)) * 9),
    "h.mpg": lambda path: path.write_bytes(b"miles per gallon,35\n" * 99),
    "i.gif": still_gif,
    "j.webp": lambda path: webp(path, 1),
    "k.gif": lambda path: path.write_bytes(b"\xff\xd8\xff\xe0 a photograph"),
    "l.dat": lambda path: path.write_bytes(b""),
    "m.gif": lambda path: path.write_bytes(b"GIF89a"),
}


@pytest.mark.parametrize("name", VIDEOS)
def test_a_video_with_an_ambiguous_suffix_is_taken(tmp_path, name):
    VIDEOS[name](tmp_path / name)
    scan = scan_paths([tmp_path])
    assert [file.path for file in scan.taken] == [str(tmp_path / name)]


@pytest.mark.parametrize("name", OTHERS)
def test_what_shares_a_videos_suffix_is_passed_over_with_the_reason(tmp_path, name):
    OTHERS[name](tmp_path / name)
    scan = scan_paths([tmp_path])
    ((path, reason),) = scan.passed_over
    assert path == str(tmp_path / name)
    assert reason in (
        "is text, not a video",
        "is a still picture",
        "holds no video that is recognised",
    )


def test_such_a_file_is_taken_where_it_is_named_or_included(tmp_path):
    OTHERS["e.mod"](tmp_path / "e.mod")
    assert len(scan_paths([tmp_path / "e.mod"]).taken) == 1


def test_an_animated_webp_is_refused_in_one_line(tmp_path):
    webp(tmp_path / "a.webp", 5)
    for path in (tmp_path, tmp_path / "a.webp"):
        ((_, reason),) = scan_paths([path]).failed
        assert (
            reason == "is an animated WebP, which FFmpeg does not decode; convert it to MP4 or GIF"
        )


def test_ffmpeg_does_not_decode_animated_webp_yet(tmp_path):
    """Where this fails, FFmpeg has learnt it: take away the refusal."""
    webp(tmp_path / "a.webp", 5)
    try:
        with av.open(str(tmp_path / "a.webp")) as container:
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    except av.error.FFmpegError:
        frames = []
    assert len({np.asarray(frame).tobytes() for frame in frames}) < 2


def test_the_suffixes_are_the_same_on_every_machine(monkeypatch):
    import mimetypes

    monkeypatch.setattr(mimetypes, "guess_type", lambda *_: pytest.fail("asked the machine"))
    for name in [
        "a.TS",
        "a.3gp",
        "a.m4v",
        "a.wmv",
        "a.flv",
        "a.mts",
        "a.mod",
        "a.tod",
        "a.insv",
        "a.rm",
        "a.h264",
        "a.265",
    ]:
        assert video_suffix(name)
    assert not any(map(video_suffix, ("a", "a.txt", ".mp4", "mp4", "a.mp4.part", "a.jpg", "")))
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in SUFFIXES)
