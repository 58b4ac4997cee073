"""How much a track says of a query, beyond what it says of any: by words and by meaning.

Each track is compared with its own background, so that all of them count in one unit, the
standard deviations z of the best scores that unrelated queries reach:

- by meaning, z = (c - m) / s - 3.2, where c is the cosine of the query and what a segment says,
  and m and s are the median and the spread of the best cosines of unrelated texts (`probes`) in
  this track: one in a hundred of them is above 0;
- by words, z = 3 (k - 0.6) / 0.4, where k is the share of the query's information that occurs: each
  word counts -log of the share of texts that have it. Words that most texts have say little.

A track that says less than that says nothing: z is 0, never below.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moodreel.search.full_text import FullText
from moodreel.search.wording import telling_words

NORMAL_TAIL = 1.2816  # standard deviations from the median to one in ten
# And to one in a hundred: 2.33 for a normal distribution, but the best of many scores is skewed to
# the right. Measured on random vectors, 5 to 500 texts and 64 or 384 numbers: 1.0% to 1.3% pass.
RARE = 3.2
LEAST_SPREAD = 0.01  # of cosines; less is rounding
MOST = 6.0  # more standard deviations than this tell nothing more: a judgement
ENOUGH = 0.6  # of a query's information: two words of three. A judgement, not measured.
EXACT = 3.0  # what all words of a query are worth: a judgement, not measured
UNSEEN = 20  # texts without a word that are added to every track, for small ones say little
TELLING = 2.0  # nats of information that count in full: one text in seven. A judgement.


@dataclass(frozen=True)
class Background:
    """The best scores of unrelated queries: their median and standard deviation."""

    median: float
    spread: float

    def surprise(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return by how many standard deviations scores exceed what one in a hundred reaches."""
        away = (scores - self.median) / self.spread - RARE
        return away.clip(0, MOST).astype(np.float32)


def fit_background(best: NDArray[np.float32]) -> Background:
    """Fit the background to the best scores [n] of unrelated queries.

    An index of many things answers some of them, so the spread is taken of the nearer tail.
    """
    low, middle, high = np.quantile(best, [0.1, 0.5, 0.9])
    spread = min(high - middle, middle - low) / NORMAL_TAIL
    return Background(float(middle), max(float(spread), LEAST_SPREAD))


@dataclass(frozen=True, eq=False)
class TrackVectors:
    """What a track says in each segment, as vectors.

    Args:
        ids: of the segments that have words, ascending, [n].
        pooled: their vectors, [n, D].
        background: of unrelated queries.
    """

    ids: NDArray[np.int64]
    pooled: NDArray[np.float32]
    background: Background

    @classmethod
    def fit(
        cls, ids: NDArray[np.int64], pooled: NDArray[np.float32], probes: NDArray[np.float32]
    ) -> "TrackVectors":
        """Return the vectors of a track with its background; `probes` [p, D] are unrelated."""
        best = [float((pooled @ probe).max(initial=-1.0)) for probe in probes]
        return cls(ids, pooled, fit_background(np.array(best, np.float32)))

    def surprise(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return z [n] of a query's vector [D]."""
        return self.background.surprise(self.pooled @ query)


def word_surprise(
    words: FullText, track: str, query: str, texts: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the ids of the texts that have most of a query's words, and z for each.

    Args:
        words: the tables.
        track: the table.
        query: the query's text.
        texts: how many texts the track could have.
    """
    found = [words.with_word(track, word) for word in telling_words(query)]
    worth = [information(len(ids), texts) for ids in found]
    if not sum(len(ids) for ids in found):
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    ids, places = np.unique(np.concatenate(found), return_inverse=True)
    weights = np.repeat(worth, [len(part) for part in found])
    held = np.bincount(places, weights=weights, minlength=len(ids))
    share = (held / sum(worth) - ENOUGH) / (1 - ENOUGH)
    z = EXACT * share * np.minimum(held / TELLING, 1)
    return ids[z > 0], z[z > 0].astype(np.float32)


def information(having: int, texts: int) -> float:
    """Return the information of a word that some of the texts have, in nats.

    >>> round(information(0, 100), 1), round(information(100, 100), 1)
    (5.5, 0.2)
    """
    return float(np.log((max(texts, having) + UNSEEN) / (having + 0.5)))


def strongest(
    parts: Sequence[tuple[NDArray[np.int64], NDArray[np.float32]]],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return each id once, ascending, with its largest z above 0."""
    ids = np.concatenate([np.zeros(0, np.int64), *(ids for ids, _ in parts)])
    z = np.concatenate([np.zeros(0, np.float32), *(z for _, z in parts)])
    found, places = np.unique(ids[z > 0], return_inverse=True)
    best = np.zeros(len(found), np.float32)
    np.maximum.at(best, places, z[z > 0])
    return found, best
