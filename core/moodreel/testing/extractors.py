"""The contract of an emotion extractor."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from moodreel.emotions import Emotion, EmotionScores
from moodreel.interfaces import EmotionExtractor
from moodreel.testing.boundary import conformance
from moodreel.testing.samples import sample_clips

TEXTS = (
    "a joyful person",
    "two angry men and a clock on the wall",
    "",
    "Ein trauriger Mann, ünïcode & \U0001f600",
    "frightened " * 40,
)


@conformance
def check_emotion_extractor(extractor: EmotionExtractor) -> None:
    """Check what it observes, intensities from 0, and that each input is read by itself."""
    assert extractor.modality in ("text", "video"), f"modality: got {extractor.modality!r}"
    observes = extractor.observes
    assert observes, "`observes` names the emotions that can be seen at all: none is named"
    assert observes <= set(Emotion), f"`observes` must hold members of Emotion, got {observes}"
    inputs: Sequence[Any] = TEXTS if extractor.modality == "text" else sample_clips()
    scores = extractor.extract(inputs)
    check_scores(scores, observes, len(inputs))
    same_scores(extractor.extract(inputs), scores, "the same inputs must give the same scores")
    alone = EmotionScores.concatenate([extractor.extract([item]) for item in inputs])
    same_scores(alone, scores, "the scores of one input must not depend on the others")
    assert len(extractor.extract([])) == 0, "no inputs, no scores"


def check_scores(scores: EmotionScores, observes: frozenset[Emotion], batch: int) -> None:
    """Check shapes, the range, and that nothing else is observed than was promised."""
    assert isinstance(scores, EmotionScores), f"EmotionScores, got {type(scores).__name__}"
    assert len(scores) == batch, f"one row an input, got {len(scores)} for {batch}"
    assert (scores.values >= 0).all(), "intensities start at 0"
    if scores.frames is not None:
        for clip in scores.frames.clips():
            check_scores(clip, observes, len(clip))
    blind = [emotion for emotion in Emotion if emotion not in observes]
    told = [e.value for e in blind if scores.observed[:, e.column].any()]
    assert not told, f"observed but not in `observes`: {', '.join(told)}"


def same_scores(found: EmotionScores, expected: EmotionScores, message: str) -> None:
    """Assert that two batches of scores agree."""
    agrees = np.array_equal(found.observed, expected.observed)
    assert agrees and np.allclose(found.values, expected.values, atol=1e-4), message
