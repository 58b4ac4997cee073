"""Fitting a linear layer to labelled voices, and measuring it on speakers it was not fitted to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from moodreel import InvalidInput
from moodreel.interfaces import SoundFitReport
from moodreel_plugins.emotion.voice_head import CLASSES, VoiceHead, softmax

Rows = NDArray[np.float32]
Names = NDArray[np.str_]

PENALTIES = (0.001, 0.003, 0.01, 0.03, 0.1)  # of ridge regression; one is chosen by held-out voices
TEMPERATURES = np.geomspace(0.03, 1.0, 25)
FOLDS = 10  # at most; of whole speakers
FEWEST = 4  # voices of a class
RESAMPLES = 2000  # of the bootstrap over speakers


@dataclass(frozen=True, eq=False)
class LabelledVoices:
    """Voices with what they express and who speaks.

    Args:
        features: [n, F].
        labels: the class of each, [n].
        speakers: [n].
    """

    features: Rows
    labels: Names
    speakers: Names

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of `CLASSES`."""
        return tuple(name for name in CLASSES if name in set(self.labels.tolist()))

    def __getitem__(self, rows: NDArray[np.bool_]) -> "LabelledVoices":
        return LabelledVoices(self.features[rows], self.labels[rows], self.speakers[rows])

    def folds(self) -> NDArray[np.int64]:
        """Return which fold each voice is in [n]: all voices of a speaker are in one."""
        _, numbers = np.unique(self.speakers, return_inverse=True)
        return numbers % FOLDS

    def fit(self, penalty: float) -> VoiceHead:
        """Fit a head by ridge regression of one-hot labels; every class weighs the same."""
        return Ridge(self).head(penalty)

    def held_out_scores(self) -> dict[float, Rows]:
        """Return by penalty scores [n, K] of voices by heads that never heard their speakers."""
        shape = len(self.labels), len(self.classes)
        scores = {penalty: np.zeros(shape, np.float32) for penalty in PENALTIES}
        folds = self.folds()
        for fold in set(folds.tolist()):
            ridge, here = Ridge(self[folds != fold]), folds == fold
            columns = [self.classes.index(name) for name in ridge.labelled.classes]
            for penalty, filled in scores.items():
                told = ridge.head(penalty).scores(self.features[here])
                filled[np.ix_(here, columns)] = told
        return scores

    def chosen(self) -> tuple[float, float]:
        """Return the penalty and the temperature by which held-out voices are told best."""
        losses = {}
        for penalty, scores in self.held_out_scores().items():
            for temperature in TEMPERATURES:
                losses[penalty, float(temperature)] = self.loss(scores, float(temperature))
        return min(losses, key=losses.__getitem__)

    def loss(self, scores: Rows, temperature: float) -> float:
        """Return the mean cross-entropy over classes."""
        truth = np.array([self.classes.index(name) for name in self.labels])
        right = softmax(scores / np.float32(temperature))[np.arange(len(truth)), truth]
        told = -np.log(np.maximum(right, 1e-9))
        return float(np.mean([told[truth == column].mean() for column in set(truth.tolist())]))

    def best(self) -> VoiceHead:
        """Fit with what is chosen by cross-validation over speakers."""
        penalty, temperature = self.chosen()
        return replace(self.fit(penalty), temperature=temperature)

    def nested(self) -> Names:
        """Return what each voice is taken for [n], where everything was chosen without it."""
        said = self.labels.copy()
        folds = self.folds()
        for fold in set(folds.tolist()):
            head = self[folds != fold].best()
            chosen = head(self.features[folds == fold]).argmax(1)
            said[folds == fold] = np.array(head.classes)[chosen]
        return said

    def report(self, skipped: int) -> SoundFitReport:
        """Measure by nested cross-validation over speakers what fitting brings."""
        counts = Counter(self.labels.tolist())
        return SoundFitReport(
            dict(sorted(counts.items())),
            skipped,
            len(set(self.speakers.tolist())),
            1 / len(self.classes),
            speaker_interval(self.nested() == self.labels, self.labels, self.speakers),
        )


class Ridge:
    """Ridge regression, solved for every penalty at once.

    It is solved in the n dimensions of the voices (Hoerl & Kennard 1970, in its dual form): there
    are more features than voices. With the kernel K of the standardised features, weights W and
    targets Y, the dual is (K + penalty n W^-1)^-1 Y, for which W^1/2 K W^1/2 is decomposed once.

    Args:
        labelled: the voices.
    """

    def __init__(self, labelled: LabelledVoices) -> None:
        self.labelled = labelled
        features = labelled.features
        self.centre = features.mean(0)
        self.spread = (features.std(0) + 1e-6) * np.sqrt(features.shape[1])
        self.inputs = (features - self.centre) / self.spread
        truth = (labelled.labels[:, None] == np.array(labelled.classes)).astype(np.float64)
        weights = (truth / truth.sum(0)).sum(1) * len(truth) / len(labelled.classes)
        self.root = np.sqrt(weights)[:, None]
        kernel = (self.inputs @ self.inputs.T).astype(np.float64)
        self.values, self.vectors = np.linalg.eigh(self.root * kernel * self.root.T)
        self.projected = self.vectors.T @ (self.root * (truth - 1 / len(labelled.classes)))

    def head(self, penalty: float) -> VoiceHead:
        """Return the head for a penalty."""
        loaded = self.values + penalty * len(self.values)
        dual = self.root * (self.vectors @ (self.projected / loaded[:, None]))
        weight = (dual.T @ self.inputs / self.spread).astype(np.float32)
        bias = (-weight @ self.centre).astype(np.float32)
        return VoiceHead(weight, bias, self.labelled.classes)


def check_voices(labels: Sequence[str], speakers: Sequence[str]) -> None:
    """Refuse unknown classes, and too few voices or speakers to learn from."""
    counts = Counter(labels)
    unknown = sorted(set(counts) - set(CLASSES))
    if unknown:
        raise InvalidInput(f"unknown emotion {unknown[0]!r}; known: {', '.join(CLASSES)}")
    if len(counts) < 2:
        raise InvalidInput("fitting needs voices of two emotions or more")
    rare = [name for name, count in counts.items() if count < FEWEST]
    if rare:
        raise InvalidInput(f"{rare[0]}: fitting needs {FEWEST} voices or more of each emotion")
    for name in counts:
        heard = {who for label, who in zip(labels, speakers, strict=True) if label == name}
        if len(heard) < 3:
            raise InvalidInput(
                f"{name}: fitting needs three speakers or more, got {len(heard)}; say how files "
                "name them: --speaker"
            )


def speaker_interval(
    right: NDArray[np.bool_], labels: Names, speakers: Names
) -> tuple[float, float, float]:
    """Return macro-accuracy with its 95% interval, a percentile bootstrap over speakers.

    Args:
        right: whether each voice was told [n].
        labels: [n].
        speakers: [n].
    """
    names, who = np.unique(speakers, return_inverse=True)
    classes, which = np.unique(labels, return_inverse=True)
    hits, voices = (np.zeros((len(names), len(classes))) for _ in range(2))
    np.add.at(hits, (who, which), right)
    np.add.at(voices, (who, which), 1)
    drawn = np.random.default_rng(0).integers(0, len(names), (RESAMPLES, len(names)))
    with np.errstate(invalid="ignore"):
        means = np.nanmean(hits[drawn].sum(1) / voices[drawn].sum(1), axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float((hits.sum(0) / voices.sum(0)).mean()), float(low), float(high)
