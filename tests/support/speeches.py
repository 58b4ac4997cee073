"""Real speech for tests, from the data for development, and videos that it is heard in."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from moodreel import Sound

DATA = Path(__file__).parents[3] / "shared" / "data"
SPEECH = DATA / "footage" / "speech" / "jfk.flac"
RATE, FPS, SIZE = 16_000, 10, (120, 160)
needs_speech = pytest.mark.skipif(not SPEECH.exists(), reason=f"no recording of speech: {SPEECH}")


def read_sound_file(path=SPEECH):
    """Return a sound file, mono at 16 kHz."""
    resampler = av.AudioResampler("flt", "mono", RATE)
    with av.open(str(path)) as container:
        frames = [*container.decode(audio=0)]
    parts = [part for frame in [*frames, None] for part in resampler.resample(frame)]
    return Sound(np.concatenate([part.to_ndarray()[0] for part in parts]), RATE)


def picture(seconds):
    """Return a picture of stripes that nobody would describe, [H, W, 3]."""
    columns = np.arange(SIZE[1]) // 16 % 2
    return np.full((*SIZE, 3), 90, np.uint8) + (columns * 60).astype(np.uint8)[None, :, None]


def write_spoken_video(path, samples, seconds, draw=picture):
    """Write a video with a sound [N] at 16 kHz; `draw` makes the frame at a time."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = SIZE[1], SIZE[0], "yuv420p"
        audio = container.add_stream("aac", rate=RATE, layout="mono")
        for number in range(round(seconds * FPS)):
            frame = av.VideoFrame.from_ndarray(draw(number / FPS))
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
        for place in range(0, len(samples), 1024):
            part = np.ascontiguousarray(samples[None, place : place + 1024], np.float32)
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
            frame.rate, frame.pts, frame.time_base = RATE, place, Fraction(1, RATE)
            container.mux(audio.encode(frame))
        container.mux(audio.encode())
        container.mux(video.encode())
    return path
