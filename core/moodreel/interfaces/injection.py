"""What is changed inside an encoder while it reads a batch. Importable without torch.

Shapes: B texts, L tokens or patches, N new tokens, W width of a token; n rows, M proxies, T frames.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Inject = Callable[["Tensor"], "Tensor"]
"""Changes token embeddings [B, L, W] before the text encoder's layers see them."""


@dataclass(frozen=True, eq=False)
class AddedTokens:
    """New tokens that texts get, beside their own. They have no position.

    A new token attends to all of its text and to the other new ones.

    Args:
        tokens: the embeddings, [B, N, W].
        visible: how far the text attends to each of them, [B, N]: 0 not at all, as if it were not
            there; 1 as to a token of its own. Gradients reach it, at 0 too, so that a gate that
            starts at 0 can learn.
    """

    tokens: "Tensor"
    visible: "Tensor"


@dataclass(frozen=True, eq=False)
class VideoTokens:
    """Embeddings of n rows on their way into a video encoder, positions added.

    A row is a clip, where the encoder sees all of its frames together, or else a frame.

    Args:
        proxies: the tokens that stand for a whole row, such as CLIP's class token, [n, M, W].
        patches: the tokens of the patches of each frame, [n, T, L, W]; T is 1 where a row is one.
        clips: the place of each row's clip among those that `encode` got, int [n].
        frames: the number of each frame in its clip, int [n, T].
    """

    proxies: "Tensor"
    patches: "Tensor"
    clips: NDArray[np.int64]
    frames: NDArray[np.int64]


InjectVideo = Callable[[VideoTokens], "tuple[VideoTokens, AddedTokens | None]"]
"""Changes the embeddings of a batch before the video encoder's layers see them, float32 on the
encoder's device, and may bring new proxies: tokens that see the whole row, and are seen by it as
far as they are visible. Called once for each batch that the encoder makes of its clips."""


class Injection:
    """Changes the tokens of a batch of texts on their way through a text encoder.

    An encoder calls `enter` once, before its first layer, and `at_layer` before each of `layers`.
    One that knows token embeddings alone calls the injection itself, as a function. Tensors are
    float32, on whatever device the encoder has them, and come back there.

    Args:
        change: the function from token embeddings [B, L, W] to others of this shape.
    """

    layers: tuple[int, ...] = ()
    """Before which layers states are changed; 0 is the first, -1 the last."""

    def __init__(self, change: Inject) -> None:
        self.change = change

    @classmethod
    def of(cls, inject: Inject) -> "Injection":
        """Return what an encoder was given as an injection; a plain function changes tokens."""
        return inject if isinstance(inject, Injection) else cls(inject)

    def __call__(self, tokens: "Tensor") -> "Tensor":
        """Return changed token embeddings [B, L, W]."""
        return self.change(tokens)

    def enter(
        self, tokens: "Tensor", mask: "Tensor | None" = None, ids: "Tensor | None" = None
    ) -> "tuple[Tensor, AddedTokens | None]":
        """Return changed token embeddings [B, L, W], and new tokens or None.

        Args:
            tokens: the token embeddings [B, L, W].
            mask: which tokens are the text's own and not padding, bool [B, L].
            ids: the tokens' ids in the encoder's vocabulary, int64 [B, L].
        """
        return self(tokens), None

    def at_layer(self, layer: int, states: "Tensor", mask: "Tensor | None" = None) -> "Tensor":
        """Return the states [B, L + N, W] that a layer of `layers` goes on with.

        Args:
            layer: the layer, as `layers` names it.
            states: the states of the text's tokens, and then of the new ones.
            mask: which of them are the text's own, or visible, bool [B, L + N].
        """
        return states
