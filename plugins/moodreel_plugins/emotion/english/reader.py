"""`EnglishReader`, the start of extractors that read moods in English texts."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from moodreel import EmotionScores
from moodreel.interfaces import EmotionExtractor
from moodreel_plugins.emotion.english.centrality import mood_share
from moodreel_plugins.emotion.english.negation import TEXTS_KEPT


class EnglishReader(EmotionExtractor):
    """An extractor of text that knows when an English text asks for a mood and nothing else.

    What a mood is, the lexicon of moods says, whatever the extractor reads itself.
    """

    modality: ClassVar[Literal["text", "video"]] = "text"

    def centrality(self, inputs: Sequence[str]) -> NDArray[np.float32]:
        """Return the share of mood among the words that ask for something [B]."""
        return np.array([mood_share(text) for text in inputs], np.float32)

    def wishes(self, inputs: Sequence[str]) -> EmotionScores:
        """Return the moods that texts want [B, 8], so many at a time that each is read once."""
        starts = range(0, len(inputs), TEXTS_KEPT)
        parts = [super(EnglishReader, self).wishes(inputs[s : s + TEXTS_KEPT]) for s in starts]
        return EmotionScores.concatenate(parts)
