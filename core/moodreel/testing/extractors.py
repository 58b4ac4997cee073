"""The contract of an emotion extractor."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from moodreel.emotions import Emotion, EmotionScores
from moodreel.interfaces import EmotionExtractor
from moodreel.testing.boundary import conformance
from moodreel.testing.samples import sample_clips, sample_sounds

TEXTS = (
    "a joyful person",
    "two angry men and a clock on the wall",
    "",
    "Ein trauriger Mann, ünïcode & \U0001f600",
    "frightened " * 40,
)


INPUTS: Mapping[str, Callable[[], Sequence[Any]]] = {
    "text": lambda: TEXTS,
    "transcript": lambda: TEXTS,
    "video": sample_clips,
    "audio": sample_sounds,
    "signals": tuple,
}
"""What an extractor of each modality is tried with."""


@conformance
def check_emotion_extractor(extractor: EmotionExtractor) -> None:
    """Check what it observes, intensities from 0, and that each input is read by itself."""
    assert extractor.modality in INPUTS, f"modality: got {extractor.modality!r}"
    observes = extractor.observes
    assert observes, "`observes` names the emotions that can be seen at all: none is named"
    assert observes <= set(Emotion), f"`observes` must hold members of Emotion, got {observes}"
    if extractor.modality == "signals":
        check_joined(extractor, observes)
        return
    inputs: Sequence[Any] = INPUTS[extractor.modality]()
    scores = extractor.extract(inputs)
    check_scores(scores, observes, len(inputs))
    same_scores(extractor.extract(inputs), scores, "the same inputs must give the same scores")
    alone = EmotionScores.concatenate([extractor.extract([item]) for item in inputs])
    same_scores(alone, scores, "the scores of one input must not depend on the others")
    assert len(extractor.extract([])) == 0, "no inputs, no scores"


def check_joined(extractor: EmotionExtractor, observes: frozenset[Emotion]) -> None:
    """Check that the scores of several signals are joined, also where one saw nothing."""
    assert extractor.signals, "`signals` names the extractors that are joined: none is named"
    blank = EmotionScores.unobserved(2)
    seen = dict.fromkeys(extractor.signals, blank)
    joined = extractor.joined(seen)
    check_scores(joined, observes, 2)
    assert not joined.observed.any(), "where no signal observed anything, nothing is observed"
    for name, signal in extractor.signals.items():
        row = dict.fromkeys((emotion.value for emotion in signal.observes), 0.8)
        shown = EmotionScores.of([row, {}], observes=signal.observes)
        check_scores(extractor.joined({**seen, name: shown}), observes, 2)


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
