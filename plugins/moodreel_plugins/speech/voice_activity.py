"""Where somebody speaks: Silero's network of voice activity, and phrases made of what it says.

The network is Silero VAD 6 (https://github.com/snakers4/silero-vad, MIT), in the form that takes
many frames in one call.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from moodreel import Sound
from moodreel_plugins.onnx_sessions import load_session, package_file

ACTIVITY_FILE = ("silero_vad", "data/silero_vad_16k_sequence.onnx")  # package, file
RATE = 16_000  # samples a second, as the network was trained
FRAME = 512  # samples of a frame: 32 ms
CONTEXT = 64  # samples of the frame before that the network also sees
BLOCK = 512  # frames in one call: 16 s, so that memory does not grow with the sound
SECONDS = FRAME / RATE  # of a frame

SPEECH = 0.5  # a frame is speech from here on, as its authors advise
STILL_SPEECH = 0.35  # and remains so down to here: 0.15 less, as they advise
PAUSE = 0.35  # seconds without speech that end a phrase: a judgement
BREATH = 1.5  # seconds of a pause inside what is recognised at once: a judgement. Words are
# recognised better beside others: "ask not" alone becomes "as not".
SHORTEST = 0.25  # seconds; shorter ones are clicks and coughs, as its authors advise
PADDING = 0.2  # seconds before and after, for soft consonants: a judgement
CERTAIN = 0.7  # what the surest half second of a phrase has at least on average: a judgement
SURE_FRAMES = 16


@dataclass(frozen=True)
class Phrase:
    """A stretch of speech between pauses, in frames."""

    first: int
    last: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.last - self.first) * SECONDS


def speech_phrases(sound: Sound, longest: float) -> list[Sound]:
    """Return the phrases of a sound at 16 kHz, each at most `longest` seconds, in time."""
    chances = speech_chances(sound.samples)
    parts = [part for phrase in phrases(chances) for part in cut_long(phrase, chances, longest)]
    found = join_near(parts, longest)
    return [
        sound.part(
            sound.start + phrase.first * SECONDS - PADDING,
            sound.start + phrase.last * SECONDS + PADDING,
        )
        for phrase in found
    ]


def speech_chances(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probability of speech in each frame of 32 ms."""
    session = load_session(package_file(*ACTIVITY_FILE))
    hidden = cell = np.zeros((1, 1, 128), np.float32)
    found = [np.zeros(0, np.float32)]
    for block in framed_blocks(samples):
        chances, hidden, cell = session.run(None, {"input": block, "h": hidden, "c": cell})
        found.append(chances)
    return np.concatenate(found)


def framed_blocks(samples: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Yield frames [n, 64 + 512], each behind the end of the one before; the last is filled up."""
    before = np.zeros(CONTEXT, np.float32)
    for start in range(0, len(samples), FRAME * BLOCK):
        block = samples[start : start + FRAME * BLOCK]
        padded = np.concatenate([before, block, np.zeros(-len(block) % FRAME, np.float32)])
        yield np.lib.stride_tricks.sliding_window_view(padded, CONTEXT + FRAME)[::FRAME]
        before = padded[-CONTEXT:]


def phrases(chances: NDArray[np.float32]) -> list[Phrase]:
    """Return the stretches of speech that pauses part."""
    spoken = np.flatnonzero(with_hysteresis(chances))
    gaps = np.flatnonzero(np.diff(spoken) * SECONDS > PAUSE) + 1
    groups = [group for group in np.split(spoken, gaps) if len(group)]
    found = [Phrase(int(group[0]), int(group[-1]) + 1) for group in groups]
    return [phrase for phrase in found if phrase.seconds >= SHORTEST and is_sure(phrase, chances)]


def is_sure(phrase: Phrase, chances: NDArray[np.float32]) -> bool:
    """Whether a phrase is speech beyond doubt somewhere: singing and clatter hardly ever are."""
    surest = np.sort(chances[phrase.first : phrase.last])[-SURE_FRAMES:]
    return bool(surest.mean() >= CERTAIN)


def with_hysteresis(chances: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which frames are speech: from `SPEECH` on, until below `STILL_SPEECH`."""
    begins, ends = chances >= SPEECH, chances < STILL_SPEECH
    decided = np.where(begins, 1, np.where(ends, 0, -1))
    places = np.where(decided >= 0, np.arange(len(decided)), -1)
    last = np.maximum.accumulate(places) if len(places) else places
    return (last >= 0) & (decided[np.maximum(last, 0)] == 1)


def cut_long(phrase: Phrase, chances: NDArray[np.float32], longest: float) -> list[Phrase]:
    """Cut a phrase where speech is least likely, until no part is too long.

    Only the middle is looked at, so that no part is short.
    """
    if phrase.seconds <= longest:
        return [phrase]
    fourth = (phrase.last - phrase.first) // 4
    middle = chances[phrase.first + fourth : phrase.last - fourth]
    cut = phrase.first + fourth + int(np.argmin(middle))
    parts = [Phrase(first, last) for first, last in pairwise([phrase.first, cut, phrase.last])]
    return [piece for part in parts for piece in cut_long(part, chances, longest)]


def join_near(parts: Sequence[Phrase], longest: float) -> list[Phrase]:
    """Join neighbouring phrases over the shortest pauses first, as far as none gets too long."""
    joined = list(parts)
    while True:
        near = [
            (later.first - earlier.last, place)
            for place, (earlier, later) in enumerate(pairwise(joined))
            if (later.last - earlier.first) * SECONDS <= longest
        ]
        pause, place = min(near, default=(BREATH / SECONDS, 0))
        if pause * SECONDS >= BREATH:
            return joined
        joined[place : place + 2] = [Phrase(joined[place].first, joined[place + 1].last)]


def at_rate(sound: Sound, rate: int = RATE) -> Sound:
    """Return a sound with another number of samples a second, by FFmpeg's resampler."""
    if sound.rate == rate or not len(sound):
        return Sound(sound.samples, rate, sound.start) if not len(sound) else sound
    from av import AudioFrame, AudioResampler

    frame = AudioFrame.from_ndarray(sound.samples[None], format="flt", layout="mono")
    frame.sample_rate = sound.rate
    resampler = AudioResampler("flt", "mono", rate)
    made = [*resampler.resample(frame), *resampler.resample(None)]
    parts = [part.to_ndarray()[0] for part in made]
    return Sound(np.concatenate(parts).astype(np.float32), rate, sound.start)
