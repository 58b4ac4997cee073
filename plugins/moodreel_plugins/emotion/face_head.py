"""A linear layer on a face classifier's features, and how it is fitted and judged."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from moodreel import ConfigurationError, InvalidInput, MissingPackage, MoodreelError
from moodreel.interfaces import FitReport
from moodreel.storage.atomic import atomic_path
from moodreel_plugins.emotion.face_classifiers import CLASSES

if TYPE_CHECKING:
    from torch import Tensor

INVERSE_PENALTY = 0.1  # of logistic regression; chosen among 0.003 to 1 on random halves
# How much the layer before the logits counts against the logits, which know more already. On random
# halves both together reached 0.76 macro-accuracy, the logits alone 0.75 and the layer alone 0.69
# (benchmarks/RESULTS.md, "Faces").
PENULTIMATE_SCALE = 0.2
FEWEST = 4  # faces of a class, so that each half has two
RESAMPLES = 2000  # of the bootstrap: a judgement, not measured
MAX_STEPS = 1000  # of the solver, far more than it needs: a judgement, not measured


@dataclass(frozen=True, eq=False)
class FaceHead:
    """A linear layer: weight [K, F], bias [K], and the names of its K classes."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    classes: tuple[str, ...]

    def __call__(self, features: "Tensor") -> "Tensor":
        """Return the logits [n, K] of features [n, F]."""
        import torch

        if features.shape[1] != self.weight.shape[1]:
            raise ConfigurationError(
                f"the head was fitted to {self.weight.shape[1]} features, this classifier has "
                f"{features.shape[1]}; fit it again: moodreel fit-face"
            )
        return features @ torch.from_numpy(self.weight).T + torch.from_numpy(self.bias)

    def save(self, path: Path) -> None:
        """Write the layer to a .safetensors file.

        Raises:
            MoodreelError: the file cannot be written.
        """
        from safetensors.numpy import save

        raw = save({"weight": self.weight, "bias": self.bias}, {"classes": ",".join(self.classes)})
        try:
            with atomic_path(path) as partial:
                partial.write_bytes(raw)
        except OSError as error:
            raise MoodreelError(f"{path}: cannot be written: {error.strerror}") from None

    @classmethod
    def load(cls, path: Path) -> "FaceHead":
        """Read a layer that `save` wrote.

        Raises:
            ConfigurationError: the file cannot be read, or holds something else.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "np") as file:
                classes = tuple((file.metadata() or {})["classes"].split(","))
                head = cls(file.get_tensor("weight"), file.get_tensor("bias"), classes)
        except (OSError, KeyError, SafetensorError) as error:
            raise ConfigurationError(f"{path}: not a fitted head of faces: {error}") from None
        known = set(classes) <= set(CLASSES) and len(set(classes)) == len(classes)
        if not known or head.weight.shape[:1] != head.bias.shape != (len(classes),):
            raise ConfigurationError(f"{path}: not a fitted head of faces: {', '.join(classes)}")
        return head


def fit_head(features: NDArray[np.float32], labels: Sequence[str], logits: int) -> FaceHead:
    """Fit multinomial logistic regression; every class weighs the same.

    Args:
        features: the features of n faces, [n, F]; the first `logits` of them are the
            classifier's own logits.
        labels: the names of the faces' classes, n.
        logits: how many logits the classifier has.
    """
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise MissingPackage('fitting needs scikit-learn: pip install "moodreel[fit]"') from None
    classes = tuple(name for name in CLASSES if name in set(labels))
    centre, spread = features.mean(0), features.std(0) + 1e-6
    scale = np.where(np.arange(features.shape[1]) < logits, 1.0, PENULTIMATE_SCALE) / spread
    model = LogisticRegression(C=INVERSE_PENALTY, class_weight="balanced", max_iter=MAX_STEPS)
    model.fit((features - centre) * scale, labels)
    order = [list(model.classes_).index(name) for name in classes]
    full = len(classes) > 2
    weight = (model.coef_[order] if full else np.outer([-1, 1], model.coef_)[order] / 2) * scale
    bias = model.intercept_[order] if full else np.outer([-1, 1], model.intercept_)[order, 0] / 2
    return FaceHead(weight.astype(np.float32), (bias - weight @ centre).astype(np.float32), classes)


def fit_and_report(
    features: NDArray[np.float32], labels: Sequence[str], own: Sequence[str], skipped: int
) -> tuple[FaceHead, FitReport]:
    """Fit a head to all faces, and measure by halves of them what fitting brings.

    Args:
        features: the features of n faces, [n, F]; the first are the logits of the classes `own`.
        labels: the names of the faces' classes, n.
        own: the names of the classifier's own classes.
        skipped: how many pictures had no face.
    """
    counts = Counter(labels)
    names = np.array(labels)
    before = np.array(own)[features[:, : len(own)].argmax(1)]
    after = predict_by_halves(features, names, len(own))
    report = FitReport(
        dict(sorted(counts.items())),
        skipped,
        macro_accuracy(before, names),
        macro_accuracy(after, names),
    )
    return fit_head(features, labels, len(own)), report


def check_labels(labels: Sequence[str]) -> None:
    """Refuse unknown classes, and too few faces to learn from."""
    counts = Counter(labels)
    unknown = sorted(set(counts) - set(CLASSES))
    if unknown:
        raise InvalidInput(f"unknown expression {unknown[0]!r}; known: {', '.join(CLASSES)}")
    if len(counts) < 2:
        raise InvalidInput("fitting needs faces of two expressions or more")
    rare = [name for name, count in counts.items() if count < FEWEST]
    if rare:
        raise InvalidInput(f"{rare[0]}: fitting needs {FEWEST} faces or more of each expression")


def predict_by_halves(
    features: NDArray[np.float32], labels: NDArray[np.str_], logits: int
) -> NDArray[np.str_]:
    """Return cross-fitted predictions [n]: each half is read by a head fitted to the other half.

    In each class the faces alternate between the halves, in the order given.
    """
    half = np.zeros(len(labels), int)
    for name in set(labels):
        half[labels == name] = np.arange((labels == name).sum()) % 2
    said = labels.copy()
    for part in (0, 1):
        head = fit_head(features[half != part], labels[half != part].tolist(), logits)
        scores = features[half == part] @ head.weight.T + head.bias
        said[half == part] = np.array(head.classes)[scores.argmax(1)]
    return said


def macro_accuracy(said: NDArray[np.str_], labels: NDArray[np.str_]) -> tuple[float, float, float]:
    """Return the mean over classes of the share that is right, with its 95% interval.

    The interval is a percentile bootstrap within the classes.
    """
    draw = np.random.default_rng(0)
    shares, spread = [], np.zeros(RESAMPLES)
    classes = sorted(set(labels))
    for name in classes:
        right = (said == labels)[labels == name]
        shares.append(right.mean())
        spread += right[draw.integers(0, len(right), (RESAMPLES, len(right)))].mean(1)
    low, high = np.percentile(spread / len(classes), [2.5, 97.5])
    return float(np.mean(shares)), float(low), float(high)
