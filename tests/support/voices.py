"""Voices for tests: acted ones, from the data for development, and made ones."""

import wave

import numpy as np
import pytest

from speeches import DATA, RATE, read_sound_file

VOICES = DATA / "voices"
needs_voices = pytest.mark.skipif(not VOICES.exists(), reason=f"no acted voices: {VOICES}")


def some_voices(emotions, actors, take):
    """Return sounds, their emotions and their actors."""
    chosen = [(name, actor) for name in emotions for actor in actors]
    files = [VOICES / name / f"actor{actor:02}-{take}.flac" for name, actor in chosen]
    return (
        [read_sound_file(file) for file in files],
        [name for name, _ in chosen],
        [actor for _, actor in chosen],
    )


def write_voices(folder):
    """Write buzzes of four speakers, high and low, as recordings of joy and neutral voices."""
    times = np.arange(RATE) / RATE
    for label, pitch in (("joy", 320), ("neutral", 110)):
        (folder / label).mkdir(parents=True)
        for number, name in enumerate(("anna", "ben", "cleo", "dan")):
            swing = 1 + 0.05 * np.sin(2 * np.pi * (4 + number) * times)
            phase = 2 * np.pi * np.cumsum(pitch * (1 + number / 50) * swing) / RATE
            samples = sum(np.sin(phase * part) / part for part in range(1, 20)) * 0.1
            write_wave(folder / label / f"{name}-1.wav", samples)
    return folder


def write_wave(path, samples):
    """Write samples [N] at 16 kHz as a WAV file of 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
