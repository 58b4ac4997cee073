"""The same metrics as torchmetrics classes, for training loops and several processes.

meters = MetricCollection({"R@1": Recall(1), "MdR": MedianRank()})
meters.update(similarity, relevant)
"""

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric

from moodreel.evaluation.metrics.ranking import QueryScores, query_scores


class RankingMeter(Metric):
    """Collects a value for each query, and averages them.

    `update(similarity [q, V], relevant=None)` takes the scores of some queries against all
    videos, and what is right for them as `retrieval_metrics` does.
    """

    higher_is_better: bool = True
    is_differentiable: bool = False
    full_state_update: bool = False
    values: list[Tensor]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.add_state("values", default=[], dist_reduce_fx="cat")

    def read(self, scores: QueryScores) -> Any:
        """Return the value [q] of each query."""
        raise TypeError(f"{type(self).__name__} has no value of its own: use a class made of it")

    def update(self, similarity: Tensor, relevant: Any = None) -> None:
        """Add some queries."""
        values = torch.from_numpy(self.read(self.score(similarity, relevant)))
        self.values.append(values[~values.isnan()].float().to(self.device))

    def score(self, similarity: Tensor, relevant: Any) -> QueryScores:
        """Return the measures of some queries."""
        return query_scores(similarity, relevant)

    def joined(self) -> Tensor:
        """Return the values of all queries."""
        return torch.cat([value.reshape(-1) for value in self.values])

    def compute(self) -> Tensor:
        """Return the mean over queries."""
        return self.joined().mean()


class Recall(RankingMeter):
    """R@k: the share of queries with a relevant video among the first k."""

    def __init__(self, k: int = 1, **options: Any) -> None:
        super().__init__(**options)
        self.k = k

    def score(self, similarity: Tensor, relevant: Any) -> QueryScores:
        """Return the measures of some queries, with this cutoff."""
        return query_scores(similarity, relevant, [self.k])

    def read(self, scores: QueryScores) -> Any:
        """Return R@k."""
        return scores.found[self.k]


class MeanRank(RankingMeter):
    """MnR: the mean rank of the first relevant video, from 1."""

    higher_is_better = False

    def read(self, scores: QueryScores) -> Any:
        """Return the rank."""
        return scores.rank


class MedianRank(MeanRank):
    """MdR: the median rank of the first relevant video, from 1."""

    def compute(self) -> Tensor:
        """Return the median over queries, between the two middle ones where there are two."""
        return self.joined().quantile(0.5)


class ReciprocalRank(RankingMeter):
    """MRR: the mean reciprocal rank of the first relevant video."""

    def read(self, scores: QueryScores) -> Any:
        """Return the reciprocal rank."""
        return scores.reciprocal


class NormalizedGain(RankingMeter):
    """nDCG, with linear gains."""

    def read(self, scores: QueryScores) -> Any:
        """Return the discounted gain, as a share of the best possible."""
        return scores.gain


class AveragePrecision(RankingMeter):
    """mAP: any grade above 0 is relevant."""

    def read(self, scores: QueryScores) -> Any:
        """Return the average precision."""
        return scores.precision


class GradedPrecision(RankingMeter):
    """Average precision weighed by grades; the usual one where there are none."""

    def read(self, scores: QueryScores) -> Any:
        """Return the graded average precision."""
        return scores.precision if scores.graded is None else scores.graded
