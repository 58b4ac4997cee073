"""Emotions of a text by a head that was fitted to labelled texts."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cached_property
from json import dumps
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import ConfigurationError, Emotion, EmotionScores, Register, hookimpl
from moodreel.interfaces import TextEncoder, TextFitReport, TextFittable
from moodreel_plugins.emotion.english.negation import weigh_words
from moodreel_plugins.emotion.english.reader import EnglishReader
from moodreel_plugins.emotion.language import encodable, mask_unread, readable
from moodreel_plugins.emotion.prototypes import PLAIN, meant_text
from moodreel_plugins.emotion.text_fitting import Labelled, fitted_emotions
from moodreel_plugins.emotion.text_head import TextHead, write_bytes
from moodreel_plugins.emotion.words import WordMoods, read_mood

Rows = NDArray[np.float32]


class FittedMoods(EnglishReader, TextFittable):
    """A linear head on a sentence encoder's vector of a text and on what the lexicon reads in it.

    `moodreel fit-text` fits one to labelled texts. Its intensities are calibrated to the labels'.
    Without a head, and for emotions that no text was labelled with, it reads as the lexicon does
    (`words`). Negated words are left out of what is encoded, and an emotion that a text only
    denies ("not happy") is never read. An intensity counts if it reaches the emotion's
    threshold, which texts without emotion do not, or if the lexicon reads the emotion too.

    Args:
        text_encoder: the encoder of texts.
        head: the file that `moodreel fit-text` wrote (.safetensors); None reads by the lexicon.
        thresholds: whether intensities below the thresholds are none. Without them texts are
            ranked better by mood, and every text has a little of each.
        english: whether nothing is observed in a text that is not in English; false for an
            encoder of many languages.
    """

    observes = frozenset(Emotion)

    def __init__(
        self,
        text_encoder: TextEncoder,
        head: str | None = None,
        thresholds: bool = True,
        english: bool = True,
    ) -> None:
        self.text_encoder = text_encoder
        self.head_file = Path(head).expanduser() if head else None
        self.thresholds = thresholds
        self.english = english
        if head is None:  # how often a head is right depends on the texts that it was fitted to
            self.reliability = WordMoods.reliability

    def weights(self) -> Sequence[Path]:
        """Return the file of the head."""
        return [self.head_file] if self.head_file else []

    @cached_property
    def head(self) -> TextHead | None:
        """The fitted head, None where there is none.

        Raises:
            ConfigurationError: it was fitted on another encoder.
        """
        if self.head_file is None:
            return None
        head = TextHead.load(self.head_file)
        width = self.text_encoder.dim + len(Emotion)
        if head.space != self.text_encoder.space or len(head.weight) != width:
            raise ConfigurationError(
                f"{self.head_file}: was fitted on another text encoder; fit it again: "
                "moodreel fit-text"
            )
        return head

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return intensities [B, 8] from 0 to 1 for texts; all eight are observed."""
        texts = [encodable(text) for text in inputs]
        moods = read_moods(texts)
        values = self.read(texts, moods) if self.head and texts else moods
        scores = EmotionScores(values, np.ones_like(values, bool))
        return mask_unread(scores, readable(texts, self.english))

    def read(self, texts: Sequence[str], moods: Rows) -> Rows:
        """Return what the head reads [B, 8] where the lexicon reads moods [B, 8]."""
        assert self.head is not None
        columns = [emotion.column for emotion in self.head.emotions]
        found = self.head(self.features(texts, moods))
        if self.thresholds:
            found *= (found >= self.head.thresholds) | (moods[:, columns] > 0)
        values = moods.copy()
        values[:, columns] = found * ~denied_moods(texts, moods)[:, columns]
        said = np.array([bool(text.strip()) for text in texts])
        return values * said[:, None]

    def features(self, texts: Sequence[str], moods: Rows) -> Rows:
        """Return features [B, D + 8]: the vectors of texts without what they negate, and moods."""
        meant = [meant_text(text)[0] for text in texts]
        vectors = self.text_encoder.encode(meant).pooled.float().numpy(force=True)
        return np.hstack([vectors, moods])

    def fit_texts(
        self, texts: Sequence[str], labels: EmotionScores, groups: Sequence[str], path: Path
    ) -> TextFitReport:
        """Fit a head to texts, and write it, with the report beside it (.json).

        Plain sentences of our own are added as neutral texts. Emotions of which fewer than five
        whole texts are labelled are left to the lexicon.
        """
        emotions = fitted_emotions(labels.values)
        whole = [encodable(text) for text in (*texts, *PLAIN)]
        moods = read_moods(whole)
        wanted = np.vstack([labels.values, np.zeros((len(PLAIN), len(Emotion)), np.float32)])
        labelled = Labelled(self.features(whole, moods), wanted, moods, emotions)
        thresholds, report = labelled.cross_fit([*groups, *PLAIN], len(texts))
        head = replace(labelled.fit(), thresholds=thresholds, space=self.text_encoder.space)
        head.save(path)
        write_bytes(path.with_suffix(".json"), card(head, report).encode())
        return report


def card(head: TextHead, report: TextFitReport) -> str:
    """Return what a head is and how it was measured, as JSON."""
    thresholds = dict(zip(head.emotions, head.thresholds.round(4).tolist(), strict=True))
    about = {"space": head.space, "thresholds": thresholds, "report": asdict(report)}
    return dumps(about, indent=2) + "\n"


def read_moods(texts: Sequence[str]) -> Rows:
    """Return what the lexicon reads in texts [B, 8]."""
    moods = np.array([read_mood(text) for text in texts], np.float32)
    return moods.reshape(len(texts), len(Emotion))


def denied_moods(texts: Sequence[str], moods: Rows) -> NDArray[np.bool_]:
    """Return the emotions that texts only deny [B, 8]: named in a negation, and nowhere else.

    Args:
        texts: the texts.
        moods: what the lexicon reads in them, [B, 8].
    """
    named = np.zeros(moods.shape, bool)
    for row, text in enumerate(texts):
        for weighed in weigh_words(text):
            named[row] |= (not weighed.strength) & (weighed.token.reading.mood > 0)
    return named & (moods == 0)


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register the reader with a fitted head."""
    register("fitted", FittedMoods)
