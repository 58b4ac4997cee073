"""Forward hooks by which `inject` changes the embeddings inside an image half of transformers.

Shapes: n rows (clips or frames), M proxies, N new ones, T frames, L patches, W width of a token.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from moodreel import ConfigurationError
from moodreel.interfaces import AddedTokens, InjectVideo, VideoTokens
from moodreel_plugins.encoders.attention_bias import visibility_bias
from moodreel_plugins.encoders.injecting import layers_of

Spread = Callable[[Tensor, Tensor], Tensor]
"""Makes what a layer takes as its attention mask of states and the bias [n, N] of new proxies."""


@dataclass(eq=False)
class Look:
    """One batch of rows on its way through an image half.

    Args:
        inject: what changes the embeddings.
        clips: the place of each row's clip, [n].
        frames: the number of each frame in its clip, [n, T].
        bias: what is added to attention to new proxies, [n, N]; None without any.
        entered: whether the embeddings came by.
    """

    inject: InjectVideo
    clips: NDArray[np.int64]
    frames: NDArray[np.int64]
    bias: Tensor | None = None
    entered: bool = False

    def enter(self, embedded: Tensor, patches: int) -> Tensor:
        """Return embeddings [n, M + N + T * L, W] of those that have no new proxies."""
        self.entered = True
        proxies, rest = embedded.split(
            [embedded.shape[1] - self.frames.shape[1] * patches, self.frames.shape[1] * patches], 1
        )
        given = VideoTokens(
            proxies.float(), rest.unflatten(1, (-1, patches)).float(), self.clips, self.frames
        )
        found, added = self.inject(given)
        parts = [found.proxies, *self.take(added, proxies), found.patches.flatten(1, 2)]
        return torch.cat([part.to(embedded) for part in parts], 1)

    def take(self, added: AddedTokens | None, proxies: Tensor) -> list[Tensor]:
        """Return new proxies [n, N, W], if there are any, and note how far they are visible."""
        if added is None:
            return []
        if not proxies.shape[1]:
            raise ConfigurationError("an image half without a class token takes no new tokens")
        visible = added.visible.to(proxies.device).float()
        self.bias = visibility_bias(visible, torch.finfo(proxies.dtype).min).to(proxies.dtype)
        return [added.tokens]


_active: ContextVar[Look | None] = ContextVar("look", default=None)


@contextmanager
def looking(
    inject: InjectVideo | None, clips: NDArray[np.int64], frames: NDArray[np.int64]
) -> Iterator[None]:
    """Let `inject` change the embeddings of rows, for the calling thread alone.

    Raises:
        ConfigurationError: the image half is of a kind whose embeddings are not known.
    """
    look = None if inject is None else Look(inject, clips, frames)
    token = _active.set(look)
    try:
        yield
    finally:
        _active.reset(token)
    if look is not None and not look.entered:
        raise ConfigurationError("this image half lets nothing be injected: choose another model")


def allow_video_inject(vision_model: nn.Module, spread: Spread) -> None:
    """Let `looking` change what goes on inside an image half of transformers."""
    embeddings: Any = getattr(vision_model, "embeddings", None)
    if not hasattr(embeddings, "num_patches"):
        return
    embeddings.register_forward_hook(change_embeddings)
    for layer in layers_of(vision_model):
        layer.register_forward_pre_hook(partial(add_bias, spread))


def change_embeddings(embeddings: Any, given: Any, embedded: Tensor) -> Tensor:
    """Return embeddings as changed."""
    look = _active.get()
    return embedded if look is None else look.enter(embedded, embeddings.num_patches)


def add_bias(spread: Spread, layer: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a layer's arguments, with a bias for new proxies where there are any."""
    look = _active.get()
    if look is None or look.bias is None:
        return given
    return (given[0], spread(given[0], look.bias), *given[2:])


def behind_class_token(states: Tensor, bias: Tensor) -> Tensor:
    """Return the mask [n, 1, 1, 1 + N + L] of rows whose new proxies follow the class token."""
    before, after = bias.new_zeros(len(bias), 1), states.shape[1] - 1 - bias.shape[1]
    whole = torch.cat([before, bias, bias.new_zeros(len(bias), after)], 1)
    return whole[:, None, None].to(states.dtype)


def as_given(states: Tensor, bias: Tensor) -> Tensor:
    """Return the bias [n, N] itself, for attention that knows where the proxies are."""
    return bias
