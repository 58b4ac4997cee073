"""Components that listen: they know beeps, in place of speech and of voices."""

from beeps import begins
from moodreel import Emotion, EmotionScores, TimedText, hookimpl
from moodreel.interfaces import EmotionExtractor, TextSpotter, Transcriber

RUNS = []
"""The name of each component, by every call."""


class Beeps(Transcriber):
    """Writes "beep", and from the third second on "sad beep"."""

    def transcribe(self, sounds):
        RUNS.append("beeps")
        return [[self.said(time) for time in begins(sound)] for sound in sounds]

    def said(self, time):
        return TimedText("sad beep" if time > 3 else "beep", float(time), float(time) + 0.2, 0.9)


class Loud(EmotionExtractor):
    """Takes loud sounds for anger."""

    modality = "audio"
    observes = frozenset({Emotion.ANGER})

    def extract(self, inputs):
        RUNS.append("loud")
        levels = [float(abs(sound.samples).max(initial=0)) for sound in inputs]
        return EmotionScores.of([{"anger": level} for level in levels], observes=self.observes)


class SaidSad(EmotionExtractor):
    """Reads sadness in what is said."""

    modality = "transcript"
    observes = frozenset({Emotion.SADNESS})

    def __init__(self, transcriber: Transcriber) -> None:
        self.transcriber = transcriber

    def extract(self, inputs):
        RUNS.append("said")
        return EmotionScores.of(
            [{"sadness": float("sad" in text)} for text in inputs], observes=self.observes
        )


class White(EmotionExtractor):
    """Takes white pictures for joy."""

    modality = "video"
    observes = frozenset({Emotion.JOY})

    def extract(self, inputs):
        RUNS.append("white")
        shown = [{"joy": float(clip.frames.mean() / 255)} for clip in inputs]
        return EmotionScores.of(shown, observes=self.observes)


class Most(EmotionExtractor):
    """The most that any signal says of each emotion."""

    modality = "signals"

    def __init__(
        self, loud: EmotionExtractor, said: EmotionExtractor, white: EmotionExtractor
    ) -> None:
        self.named = {"loud": loud, "said": said, "white": white}

    @property
    def signals(self):
        return self.named

    @property
    def observes(self):
        return frozenset().union(*(signal.observes for signal in self.named.values()))

    def extract(self, inputs):
        return self.look(inputs)

    def joined(self, seen):
        values = sum(scores.values * scores.observed for scores in seen.values())
        observed = sum(scores.observed for scores in seen.values()) > 0
        return EmotionScores(values, observed)


class Whiteness(TextSpotter):
    """Writes "white" where a frame is white."""

    def spot(self, clips):
        RUNS.append("whiteness")
        return [
            [
                TimedText("white", float(time), float(time))
                for time, frame in zip(clip.times, clip.frames, strict=True)
                if frame.mean() > 200
            ]
            for clip in clips
        ]


@hookimpl
def register_transcribers(register):
    register("beeps", Beeps)


@hookimpl
def register_text_spotters(register):
    register("whiteness", Whiteness)


@hookimpl
def register_emotion_extractors(register):
    register("loud", Loud)
    register("said-sad", SaidSad)
    register("white", White)
    register("most", Most)
