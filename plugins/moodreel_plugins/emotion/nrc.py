"""Emotions of a text by the NRC lexicon: how many of its words are listed for each."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from moodreel import Emotion, EmotionScores, hookimpl
from moodreel.hookspecs import Register
from moodreel.interfaces import EmotionExtractor, Requirement

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


class NrcLexicon(EmotionExtractor):
    """Counts of the NRC Emotion Lexicon (Mohammad & Turney 2013), read by the package nrclex.

    The words of the lower-cased text are looked up as they are, not lemmatised: this reproduces
    the published counts of MSR-VTT and MSVD captions. The lexicon is free for research only.
    """

    modality = "text"
    observes = frozenset(Emotion)
    requires = (
        Requirement(
            "nrclex",
            'pip install "moodreel[nrc]"',
            "code MIT; lexicon (NRC EmoLex) for research only",
        ),
    )

    @cached_property
    def lexicon(self) -> Any:
        """The lexicon, read when it is first used."""
        from nrclex import NRCLex

        return NRCLex()

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return counts [B, 8]; all eight are observed."""
        return EmotionScores.of([self.counts(text) for text in inputs], observes=Emotion)

    def counts(self, text: str) -> dict[str, float]:
        """Return how many words of a text are listed for each emotion."""
        self.lexicon.load_token_list(WORD.findall(text.lower()))
        scores = self.lexicon.raw_emotion_scores
        return {emotion: float(scores[emotion]) for emotion in Emotion if emotion in scores}


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register the NRC lexicon."""
    register("nrc", NrcLexicon)
