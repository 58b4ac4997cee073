"""Tags as vectors of a sentence encoder's space, to be added to what a clip's classes say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from moodreel.interfaces import Component, TextEncoder
from moodreel_plugins.tags.phrases import FAMILIES, OPPOSITES, phrases_of
from moodreel_plugins.tags.tag import Tag

if TYPE_CHECKING:
    from torch import Tensor

# Chosen by cross-validation over queries of the development footage (benchmarks/RESULTS.md,
# "People and light"): how far a certain tag of a family moves a vector of length 1.
WEIGHTS = {
    "people": 0.2,
    "count": 0.35,
    "shot": 0.3,
    "night": 0.6,
    "day": 0.15,
    "place": 0.2,
    "colour": 0.2,
    "motion": 0.05,
    "thing": 0.2,
}


@dataclass(frozen=True)
class TagHead:
    """Turns tags into one vector.

    A tag's direction is the mean embedding of its phrases, less that of its opposites': sentence
    encoders put "at night" close to "by day", and only the difference tells them apart. What two
    opposites have in common, a query about neither has too, so that it stays where it was.

    Args:
        text_encoder: the encoder of the phrases; the vectors lie in its space.
        weights: how far a certain tag of each family reaches, beside a vector of length 1.
    """

    text_encoder: TextEncoder
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)

    @cached_property
    def directions(self) -> "dict[str, Tensor]":
        """The direction [D] of each tag by name, L2-normalised."""
        import torch
        from torch.nn.functional import normalize

        means = self.means
        away = {
            name: torch.stack([means[other] for other in others]).mean(0)
            for name, others in OPPOSITES.items()
        }
        return {
            name: normalize(mean - away.get(name, torch.zeros(())), dim=-1)
            for name, mean in means.items()
        }

    @cached_property
    def means(self) -> "dict[str, Tensor]":
        """The mean embedding [D] of each tag's phrases, L2-normalised; kept between processes."""
        from moodreel.storage.cache import cached_tensor

        names = list(FAMILIES)
        texts = [text for name in names for text in phrases_of(name)]
        encoder = self.text_encoder
        if encoder.tuned or encoder.fingerprint == Component.fingerprint:
            rows = self.embed_names(names)
        else:
            parts = [encoder.fingerprint, *texts]
            rows = cached_tensor("tags", parts, lambda: self.embed_names(names))
        return dict(zip(names, rows, strict=True))

    def embed_names(self, names: Sequence[str]) -> "Tensor":
        """Return the mean embedding [n, D] of the phrases of n tags, L2-normalised."""
        import torch
        from torch.nn.functional import normalize

        means = [self.text_encoder.encode(phrases_of(name)).pooled.mean(0) for name in names]
        return normalize(torch.stack(means).float().cpu(), dim=-1)

    def embed(self, tags: Iterable[Tag]) -> "Tensor":
        """Return the sum [D] of tags' directions, weighed by confidence and by family."""
        import torch

        parts = [
            self.weights.get(FAMILIES[tag.name], 0.0) * tag.confidence * self.directions[tag.name]
            for tag in tags
        ]
        return torch.stack(parts).sum(0) if parts else torch.zeros(self.text_encoder.dim)
