"""Several extractors as one, and a text extractor that reads a clip's caption."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Emotion, EmotionScores, Register, hookimpl
from moodreel.interfaces import Captioner, EmotionExtractor


class CombinedEmotion(EmotionExtractor):
    """The weighted mean of several extractors, each emotion over those that observe it.

    So a face adds what it shows and is not missed where there is none. Intensities must mean
    the same to be averaged: calibrate extractors that count (`calibrated`).

    Args:
        extractors: the extractors, all of one modality.
        weights: the weight of each extractor, above 0; None weighs all alike.
    """

    def __init__(
        self, extractors: list[EmotionExtractor], weights: list[float] | None = None
    ) -> None:
        weights = [1.0] * len(extractors) if weights is None else weights
        if not extractors or len(weights) != len(extractors) or min(weights) <= 0:
            raise ValueError("needs one extractor or more, and a weight above 0 for each")
        modalities = {extractor.modality for extractor in extractors}
        if len(modalities) > 1:
            raise ValueError("the extractors must all read text, or all read video")
        self.extractors = extractors
        self.shares = weights
        self.modality = modalities.pop()  # type: ignore[misc]
        self.reliability = float(np.average([e.reliability for e in extractors], weights=weights))

    @property
    def observes(self) -> frozenset[Emotion]:
        """What any of them observes."""
        return frozenset().union(*(extractor.observes for extractor in self.extractors))

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return intensities [B, 8]; the evidence is that of all together."""
        scores = [extractor.extract(inputs) for extractor in self.extractors]
        combined = weighed_mean(scores, self.shares).counted(sum(s.evidence for s in scores))
        told = [
            (score.frames.clips(), share)
            for score, share in zip(scores, self.shares, strict=True)
            if score.frames is not None
        ]
        if not told:
            return combined
        shares = [share for _, share in told]
        clips = zip(*(frames for frames, _ in told), strict=True)
        return combined.framed([weighed_mean(clip, shares) for clip in clips])

    def centrality(self, inputs: Sequence[str]) -> NDArray[np.float32]:
        """Return the most that any of them says [B]."""
        said = [extractor.centrality(inputs) for extractor in self.extractors]
        return np.max(np.stack(said), axis=0)


def weighed_mean(scores: Sequence[EmotionScores], shares: Sequence[float]) -> EmotionScores:
    """Return the mean of scores [B, 8] by weights, each emotion's over those that observed it."""
    weights = np.array(shares, np.float32)[:, None, None]
    counted = np.stack([score.observed for score in scores]) * weights
    total = counted.sum(0)
    mean = (np.stack([score.values for score in scores]) * counted).sum(0)
    return EmotionScores(mean / np.where(total > 0, total, 1), total > 0)


class CaptionEmotion(EmotionExtractor):
    """What a text extractor reads in the caption that a captioner gives a clip.

    Args:
        captioner: the captioner that says what a clip shows.
        extractor: the extractor that reads the caption, of modality text.
    """

    modality = "video"

    def __init__(self, captioner: Captioner, extractor: EmotionExtractor) -> None:
        if extractor.modality != "text":
            raise ValueError("the extractor of captions must be of modality text")
        self.captioner = captioner
        self.extractor = extractor

    @property
    def observes(self) -> frozenset[Emotion]:
        """What the text extractor observes."""
        return self.extractor.observes

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return intensities [B, 8] of clips; a clip without a caption is unobserved."""
        captions = self.captioner.caption(inputs)
        scores = self.extractor.extract(captions)
        said = np.array([bool(caption.strip()) for caption in captions], bool)
        return EmotionScores(scores.values, scores.observed & said[:, None], scores.evidence)


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register what builds on other extractors."""
    register("combine", CombinedEmotion)
    register("caption", CaptionEmotion)
