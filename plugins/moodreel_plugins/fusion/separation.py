"""Statistics of a collection: how far content, and mood, set apart what is meant."""

from torch import Tensor

# Intensities nearer than this to 0 or 1 have no larger log-odds, and smaller spreads count as none:
# a judgement, not measured.
EPSILON = 1e-4


def masked_mean(values: Tensor, observed: Tensor) -> Tensor:
    """Return the mean [8] over the rows that observed each emotion."""
    return (values * observed).sum(0) / observed.sum(0).clamp(min=1)


def shown_above_mean(shown: Tensor, odds: Tensor) -> Tensor:
    """Return how far segments that show an emotion exceed the mean in every emotion's odds, [8, 8].

    Args:
        shown: the probability that each of N segments shows an emotion [N, 8].
        odds: e_v [N, 8].
    """
    total = shown.sum(0)[:, None]
    above = shown.T @ odds / total.clamp(min=EPSILON) - odds.mean(0).nan_to_num()
    return above * total / (total + 1)  # one that shows it may be a mistake


def recurrence(content: Tensor) -> Tensor:
    """Return how many of N segments, itself included, content cannot tell from any one, 1 to N.

    The perplexity of which segment is meant when one is asked for by its own content [N, D], by
    the likelihoods of the linear discriminant: exp(a z), of a cosine z spreads above the mean,
    where the segment itself lies at a.
    """
    if not len(content):
        return content.new_ones(())
    scores = standardise(content @ content.T)
    own = scores.amax(-1, keepdim=True)
    chance = (own * scores).log_softmax(-1)
    return (-(chance.exp() * chance).sum(-1)).mean().exp()


def standardise(scores: Tensor) -> Tensor:
    """Return scores [B, N] in spreads above the mean of each row; 0 in a row without spread."""
    above = scores - scores.mean(-1, keepdim=True)
    return above / scores.std(-1, correction=0, keepdim=True).clamp(min=EPSILON)


def covariance(rows: Tensor) -> Tensor:
    """Return the covariance [D, D] of rows [N, D]."""
    centred = rows - rows.mean(0)
    return centred.T @ centred / max(len(rows), 1)


def spread(queries: Tensor, covariances: Tensor) -> Tensor:
    """Return the standard deviation [B, 1] over a collection of each query's inner products."""
    variance = ((queries @ covariances) * queries).sum(-1, keepdim=True)
    return variance.clamp(min=0).sqrt()
