"""Fitting a weight for each signal of mood to labels, and measuring what that brings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moodreel import InvalidInput
from moodreel.interfaces import SignalFitReport
from moodreel_plugins.emotion.signal_weights import PRIOR, log_odds

STEPS = 200  # of projected gradient descent; the loss is convex in a handful of weights
PACE = 0.5  # of a step, over the curvature's bound
PENALTY = 0.01  # of the squared distance from the weights before: few labels move little
FOLDS = 5
FEWEST = 20  # labelled segments or videos


@dataclass(frozen=True, eq=False)
class LabelledSignals:
    """What signals say of N videos whose emotions are known.

    Args:
        evidence: [N, 8, S], 0 where a signal observed nothing.
        truth: whether each video has each emotion, [N, 8].
        known: whether that is known and any signal observed it, [N, 8].
    """

    evidence: NDArray[np.float32]
    truth: NDArray[np.bool_]
    known: NDArray[np.bool_]

    def __getitem__(self, rows: NDArray[np.bool_]) -> "LabelledSignals":
        return LabelledSignals(self.evidence[rows], self.truth[rows], self.known[rows])

    def fit(self, held: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weights [S], none below 0, by logistic regression with emotions balanced.

        Args:
            held: the weights before, [S].
        """
        inputs, truth = self.evidence[self.known].astype(np.float64), self.truth[self.known]
        shares = self.balance()[self.known]
        bound = 0.25 * (shares[:, None] * inputs**2).sum() + PENALTY
        weights, offset = held.astype(np.float64), 0.0
        for _ in range(STEPS):
            wrong = shares * (sigmoid(inputs @ weights + BASE + offset) - truth)
            slope = inputs.T @ wrong + PENALTY * (weights - held)
            weights = np.maximum(weights - PACE * slope / bound, 0)
            offset -= PACE * wrong.sum() / 0.25
        return weights

    def balance(self) -> NDArray[np.float64]:
        """Return how much each entry counts [N, 8]: with and without an emotion alike."""
        shares = np.zeros(self.truth.shape)
        for column in range(self.truth.shape[1]):
            for side in (True, False):
                here = self.known[:, column] & (self.truth[:, column] == side)
                shares[here, column] = 1 / max(here.sum(), 1)
        return shares / shares.sum()

    def order(self, weights: NDArray[np.float64]) -> float:
        """Return how often a video with an emotion is above one without it: the area under ROC.

        It is the mean over emotions that some videos have and others do not.
        """
        total = self.evidence @ weights
        areas = []
        for column in range(self.truth.shape[1]):
            known, truth = self.known[:, column], self.truth[:, column]
            above = total[known & truth, column][:, None] - total[known & ~truth, column]
            if above.size:
                areas.append(float((above > 0).mean() + (above == 0).mean() / 2))
        return float(np.mean(areas))

    def report(self, names: Sequence[str], held: NDArray[np.float64]) -> SignalFitReport:
        """Return the weights by name and what they bring on folds that they were not fitted to."""
        if len(self.truth) < FEWEST or not self.truth[self.known].any():
            raise InvalidInput(
                f"fitting needs {FEWEST} labelled videos or more in which something is observed"
            )
        folds = np.random.default_rng(0).permutation(len(self.truth)) % FOLDS
        after = [self[folds == f].order(self[folds != f].fit(held)) for f in range(FOLDS)]
        before = [self[folds == f].order(held) for f in range(FOLDS)]
        fitted = dict(zip(names, self.fit(held).tolist(), strict=True))
        mean = float(np.mean(before)), float(np.mean(after))
        return SignalFitReport(fitted, len(self.truth), *mean)


BASE = float(log_odds(np.float32(PRIOR)))


def sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + e^-x)."""
    return np.asarray(1 / (1 + np.exp(-values)))
