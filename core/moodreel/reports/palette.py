"""Colours of charts: those of Okabe and Ito (2008), which colour-blind people can tell apart."""

from moodreel.emotions import Emotion

INK, LINE, PLAIN = "#222222", "#bbbbbb", "#999999"
SERIES = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7b5ea7")
EMOTIONS = {
    Emotion.JOY: "#e69f00",
    Emotion.TRUST: "#009e73",
    Emotion.SURPRISE: "#56b4e9",
    Emotion.ANTICIPATION: "#8a6d00",
    Emotion.FEAR: "#7b5ea7",
    Emotion.SADNESS: "#0072b2",
    Emotion.DISGUST: "#cc79a7",
    Emotion.ANGER: "#d55e00",
}


def colour_of(number: int) -> str:
    """Return the colour of the first, second... series."""
    return SERIES[number % len(SERIES)]


def emotion_colour(name: str) -> str:
    """Return the colour of an emotion by name; anything else is grey."""
    return EMOTIONS.get(Emotion(name), PLAIN) if name in set(Emotion) else PLAIN
