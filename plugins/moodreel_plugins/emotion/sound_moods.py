"""Which sounds tell which mood, how strongly, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from moodreel import Emotion


@dataclass(frozen=True)
class SoundMood:
    """What a kind of sound tells of a mood.

    Args:
        emotion: the emotion.
        strength: how likely it is where the sound is certain, 0 to 1: judgements, kept low where
            the sound has other causes too.
        reason: why.
    """

    emotion: Emotion
    strength: float
    reason: str


AMUSED = SoundMood(Emotion.JOY, 0.7, "laughter is the sound of amusement; some of it is polite")
CRYING = SoundMood(Emotion.SADNESS, 0.7, "crying; tears of joy and of pain are rarer")
INFANT = SoundMood(Emotion.SADNESS, 0.5, "an infant cries of hunger and tiredness as well")
SCREAM = SoundMood(Emotion.FEAR, 0.5, "screams are of fear more often than of joy or anger")
SHOUT = SoundMood(Emotion.ANGER, 0.3, "shouting carries over distance too, without any anger")
CHEER = SoundMood(Emotion.JOY, 0.5, "a crowd that cheers is glad")
CLAP = SoundMood(Emotion.JOY, 0.3, "applause is approval, often mere courtesy")
GASP = SoundMood(Emotion.SURPRISE, 0.4, "a gasp is drawn at something sudden; also by runners")
SIGH = SoundMood(Emotion.SADNESS, 0.2, "sighs are of sorrow, of tiredness and of relief")
THREAT = SoundMood(Emotion.FEAR, 0.3, "guns and explosions frighten, where they are not a film's")

MOODS: Mapping[str, SoundMood] = {
    "Laughter": AMUSED,
    "Baby laughter": AMUSED,
    "Giggle": AMUSED,
    "Belly laugh": AMUSED,
    "Chuckle, chortle": AMUSED,
    "Snicker": SoundMood(Emotion.JOY, 0.4, "a snicker is amused, and sometimes scornful"),
    "Crying, sobbing": CRYING,
    "Whimper": CRYING,
    "Wail, moan": CRYING,
    "Baby cry, infant cry": INFANT,
    "Sigh": SIGH,
    "Screaming": SCREAM,
    "Shout": SHOUT,
    "Yell": SHOUT,
    "Bellow": SHOUT,
    "Gasp": GASP,
    "Cheering": CHEER,
    "Applause": CLAP,
    "Gunshot, gunfire": THREAT,
    "Explosion": THREAT,
    "Happy music": SoundMood(Emotion.JOY, 0.5, "the mood that listeners give the music"),
    "Sad music": SoundMood(Emotion.SADNESS, 0.5, "the mood that listeners give the music"),
    "Tender music": SoundMood(Emotion.TRUST, 0.4, "tenderness is nearest to trust of the eight"),
    "Exciting music": SoundMood(Emotion.ANTICIPATION, 0.4, "excitement looks forward"),
    "Angry music": SoundMood(Emotion.ANGER, 0.5, "the mood that listeners give the music"),
    "Scary music": SoundMood(Emotion.FEAR, 0.5, "the mood that listeners give the music"),
}
"""By AudioSet's name of a sound."""
