"""Videos that beep whenever the picture is white."""

from fractions import Fraction

import av
import numpy as np

RATE, FPS, SECONDS = 48_000, 25, 6
BEEPS = (1.0, 2.5, 4.2)  # seconds at which a beep begins, and the picture turns white
BEEP = 0.2
FORMS = {
    "clip.mp4": ("libx264", "aac"),
    "clip.mkv": ("libx264", "libopus"),
    "clip.webm": ("libvpx", "libopus"),
    "clip.avi": ("mpeg4", "mp3"),
    "clip.ts": ("libx264", "aac"),
    "clip.mov": ("libx264", "pcm_s16le"),
}


def beeps(time):
    return any(at <= time < at + BEEP for at in BEEPS)


def write_beeps(path, pictures, sounds, late=0.0, layout="stereo", seconds=SECONDS):
    """Write a video that beeps whenever it is white; its sound begins `late` seconds late."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(pictures, rate=FPS)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream(sounds, rate=RATE, layout=layout)
        for number in range(seconds * FPS):
            light = 255 if beeps(number / FPS) else 16
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), light, np.uint8))
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
        times = np.arange(round(late * RATE), seconds * RATE) / RATE
        tone = np.sin(2 * np.pi * 880 * times) * np.vectorize(beeps)(times) * 0.5
        step = audio.codec_context.frame_size or 1024
        channels = len(av.AudioLayout(layout).channels)
        for place in range(0, len(tone), step):
            samples = np.repeat(tone[None, place : place + step], channels, 0).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
            frame.rate, frame.time_base = RATE, Fraction(1, RATE)
            frame.pts = round(late * RATE) + place
            container.mux(audio.encode(frame))
        container.mux(audio.encode())
        container.mux(video.encode())
    return path


def begins(sound, level=0.1):
    """Return when beeps begin, in seconds from the start of the video."""
    loud = np.convolve(np.abs(sound.samples), np.ones(160) / 160, "same") > level
    edges = np.flatnonzero(np.diff(loud.astype(int)) > 0)
    return sound.start + edges / sound.rate
