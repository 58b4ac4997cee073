"""What encoders make of videos and texts: features, a row each. Importable without torch.

Shapes: B videos or texts, T frames, L tokens or patches, D dimension, W width of a text token.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Features:
    """Features of B videos or texts, whose rows are taken, moved and joined together.

    Args:
        pooled: one vector a row, float32 [B, D], L2-normalised.
    """

    pooled: "Tensor"

    def __len__(self) -> int:
        """Return B."""
        return len(self.pooled)

    def __getitem__(self, rows: "slice | Sequence[int] | NDArray | Tensor") -> Self:
        """Return some rows, in the order given; one may come twice.

        Args:
            rows: a slice, or integers [n] as a list, an array or a tensor.

        Raises:
            TypeError: a single integer, which would drop the dimension B.
        """
        if isinstance(rows, int | np.integer):
            raise TypeError(f"features are taken by rows, one of them by [{rows}:{rows + 1}]")
        return self._each(lambda part: part[rows])

    def to(self, device: "torch.device | str") -> Self:
        """Return the features on a device."""
        return self._each(lambda part: part.to(device))

    @classmethod
    def cat(cls, parts: Sequence[Self]) -> Self:
        """Join batches, at least one, in order.

        Sequences are padded to the longest among the batches: tokens and masks with zeros, frames
        with their last one. What any batch lacks, the whole lacks.
        """
        held = {name: [getattr(part, name) for part in parts] for name in names_of(cls)}
        whole = {name: found for name, found in held.items() if all(p is not None for p in found)}
        return cls(**{name: cls._join(name, found) for name, found in whole.items()})

    def _each(self, change: "Callable[[Tensor], Tensor]") -> Self:
        held = {name: getattr(self, name) for name in names_of(type(self))}
        return replace(self, **{n: change(part) for n, part in held.items() if part is not None})

    @classmethod
    def _join(cls, name: str, parts: "Sequence[Tensor]") -> "Tensor":
        import torch

        longest = max(part.shape[1] for part in parts)
        if name == "pooled" or all(part.shape[1] == longest for part in parts):
            return torch.cat(list(parts))
        return torch.cat([torch.cat([p, cls._filling(p, longest - p.shape[1])], 1) for p in parts])

    @staticmethod
    def _filling(part: "Tensor", missing: int) -> "Tensor":
        """Return what is put after sequences [B, L, ...]: [B, missing, ...]."""
        return part.new_zeros(part.shape[0], missing, *part.shape[2:])


@dataclass(frozen=True, eq=False)
class VideoFeatures(Features):
    """What a video encoder makes of B clips.

    Args:
        pooled: one vector a clip, float32 [B, D], L2-normalised.
        frames: one vector a frame, float32 [B, T, D], or None; a shorter clip repeats its last.
        patches: one vector for each patch of each frame, float32 [B, T, L, D], or None.
    """

    frames: "Tensor | None" = None
    patches: "Tensor | None" = None

    @property
    def parts(self) -> "Tensor | None":
        """The vectors of frames as they are stored, each with its patches' behind it.

        [B, T (1 + L), D], where L is 0 without patches; None without frames.
        """
        import torch

        if self.frames is None or self.patches is None:
            return self.frames
        return torch.cat([self.frames.unsqueeze(2), self.patches], 2).flatten(1, 2)

    def with_parts(self, parts: "Tensor | None", patches: int) -> "VideoFeatures":
        """Return the features with vectors of frames and patches.

        Args:
            parts: the vectors, as `parts` returns them, or None.
            patches: L, how many of them belong to each frame.
        """
        if parts is None or not patches:
            return VideoFeatures(self.pooled, parts)
        each = parts.unflatten(1, (-1, 1 + patches))
        return VideoFeatures(self.pooled, each[:, :, 0], each[:, :, 1:])

    @staticmethod
    def _filling(part: "Tensor", missing: int) -> "Tensor":
        return part[:, -1:].expand(-1, missing, *part.shape[2:])


@dataclass(frozen=True, eq=False)
class TextFeatures(Features):
    """What a text encoder makes of B texts.

    Args:
        pooled: one vector a text, float32 [B, D], L2-normalised.
        tokens: one vector a token, float32 [B, L, W], or None.
        mask: which tokens are the text's own and not padding, bool [B, L]; None without tokens.
    """

    tokens: "Tensor | None" = None
    mask: "Tensor | None" = None


def names_of(kind: type[Features]) -> list[str]:
    """Return the names of the tensors that features of a kind may hold."""
    return [part.name for part in fields(kind)]
