"""Sampling of training batches: which captions meet depends on the seed and the step alone.

So a run that is resumed, or spread over several processes, sees the same batches.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from moodreel.training.ragged import Indices, Ragged


@dataclass(frozen=True, eq=False)
class Pool:
    """An endless sample of videos with their captions, epoch by epoch.

    In every epoch each video comes once, with one of its captions. Videos of one group follow
    each other, so that most meet in one batch; the order of the groups is drawn anew.

    Args:
        captions: for each video, the indices of its captions, at least one.
        groups: the group of each video; a video whose group is None is a group by itself.
        seed: the seed of all draws; each epoch is drawn anew.
    """

    captions: Ragged
    groups: Sequence[Hashable | None]
    seed: int

    def __len__(self) -> int:
        return len(self.captions)

    @cached_property
    def units(self) -> Ragged:
        """The videos of each group."""
        number: dict[Hashable, int] = {}
        keys = [("alone", n) if g is None else ("group", g) for n, g in enumerate(self.groups)]
        owner = [number.setdefault(key, len(number)) for key in keys]
        return Ragged.of(np.array(owner, np.int64), np.arange(len(owner)), len(number))

    def epoch(self, number: int) -> Indices:
        """Return the captions of one epoch [videos], in order."""
        draw = np.random.default_rng([self.seed, number])
        order, _ = self.units.joined(draw.permutation(len(self.units)))
        return self.captions.draw(order, draw)

    def slice(self, start: int, count: int) -> Indices:
        """Return `count` captions of the endless row of epochs, from place `start` on."""
        epochs = range(start // len(self), (start + count - 1) // len(self) + 1)
        row = np.concatenate([drawn_epoch(self, number) for number in epochs])
        first = start - epochs[0] * len(self)
        return row[first : first + count]


@lru_cache(maxsize=16)
def drawn_epoch(pool: Pool, number: int) -> Indices:
    """Return `pool.epoch(number)`, remembered while its batches are taken."""
    return pool.epoch(number)


@dataclass(frozen=True, eq=False)
class Batches:
    """Batches of captions, some of which want an emotion and some of which do not.

    Args:
        moved: the captions that want an emotion.
        neutral: the captions that want none.
        size: how many captions a batch has.
        share: the share of a batch that is neutral, 0 to 1, where there are captions of both kinds.
    """

    moved: Pool
    neutral: Pool
    size: int
    share: float

    @property
    def neutral_size(self) -> int:
        """How many captions of a batch are neutral."""
        if not len(self.neutral) or not len(self.moved):
            return self.size if len(self.neutral) else 0
        return round(self.share * self.size)

    def at(self, step: int) -> Indices:
        """Return the captions of a step's batch, [size]."""
        sizes = (self.size - self.neutral_size, self.neutral_size)
        parts = [
            pool.slice(step * size, size)
            for pool, size in zip((self.moved, self.neutral), sizes, strict=True)
            if size
        ]
        return np.concatenate(parts)
