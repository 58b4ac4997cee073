"""Emotions of a text by the NRC lexicon: how many of its words are listed for each."""

import re
from collections.abc import Sequence
from typing import Any

from moodreel import Emotion, EmotionScores, hookimpl
from moodreel.hookspecs import Register
from moodreel.interfaces import EmotionExtractor, Requirement

WORD = re.compile(r"[^\W_]+")  # "baby's" has the word baby; the lexicon lists no joined words


class NrcLexicon(EmotionExtractor):
    """Counts of the NRC Emotion Lexicon (Mohammad & Turney 2013), read by the package nrclex.

    The words of the lower-cased text are looked up as they are, not lemmatised: this reproduces
    the published counts of MSR-VTT and MSVD captions, and those of DiDeMo but for one, where a
    capital letter hid a word. The lexicon is free for research only.
    """

    modality = "text"
    observes = frozenset(Emotion)
    requires = (
        Requirement(
            "nrclex",
            'pip install "moodreel[nrc]"',
            "NRC EmoLex: free for research only; nrclex code: MIT",
        ),
    )

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return counts [B, 8] for texts; all eight are observed."""
        return EmotionScores.of(map(count_emotions, inputs), observes=Emotion)


def count_emotions(text: str) -> dict[str, float]:
    """Return how many words of a text are listed for each emotion; a repeated word repeats."""
    from nrclex import NRCLex

    reader = NRCLex(None)  # None: the packaged lexicon, which is read once, never a file nearby
    reader.load_token_list(WORD.findall(text.lower()))
    counts = reader.raw_emotion_scores
    return {emotion: float(counts[emotion]) for emotion in Emotion if emotion in counts}


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register the NRC lexicon."""
    register("nrc", NrcLexicon)
