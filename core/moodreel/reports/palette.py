"""Colours of charts and of the page, which colour-blind people can tell apart.

Each emotion has one hue, in a shade for a white ground and in one for a dark ground. Series that
are no emotions have the colours of Okabe and Ito (2008).
"""

from moodreel.emotions import Emotion

INK, LINE, PLAIN = "#222222", "#bbbbbb", "#999999"
SERIES = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7b5ea7")
# Found by a search near hues that suit the emotions, for the largest distance of the nearest two
# (15 and 20 in CIELAB, with full colour vision and with the simulations of protanopia and
# deuteranopia by Machado et al. 2009), and a contrast of 3:1 and 4.6:1 to the ground, which is
# what WCAG 2.2 asks of parts of a picture and of text.
EMOTIONS = {
    Emotion.JOY: "#bd8100",
    Emotion.TRUST: "#639641",
    Emotion.SURPRISE: "#1583b8",
    Emotion.ANTICIPATION: "#bf4d1f",
    Emotion.FEAR: "#01805c",
    Emotion.SADNESS: "#4069dd",
    Emotion.DISGUST: "#7930ae",
    Emotion.ANGER: "#b33047",
}
EMOTIONS_ON_DARK = {
    Emotion.JOY: "#fac446",
    Emotion.TRUST: "#8ecb6c",
    Emotion.SURPRISE: "#49c3fd",
    Emotion.ANTICIPATION: "#e27232",
    Emotion.FEAR: "#27b8a2",
    Emotion.SADNESS: "#5c90ff",
    Emotion.DISGUST: "#c175c1",
    Emotion.ANGER: "#f35479",
}


def colour_of(number: int) -> str:
    """Return the colour of the first, second... series."""
    return SERIES[number % len(SERIES)]


def emotion_colour(name: str) -> str:
    """Return the colour of an emotion by name; anything else is grey."""
    return EMOTIONS.get(Emotion(name), PLAIN) if name in set(Emotion) else PLAIN
