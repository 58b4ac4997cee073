"""Forward hooks by which `inject` changes tokens and states inside a text model of transformers.

Shapes: B texts, L tokens, N new tokens, W width of a token.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from moodreel import ConfigurationError
from moodreel.interfaces import AddedTokens, Inject, Injection
from moodreel_plugins.encoders.attention_bias import attention_bias

# Which text models take new tokens: whether a token sees those before it alone, and whether the
# text's vector is read off the last place, so that new tokens must stand in front.
CAUSAL = {
    "CLIPTextModel": True,
    "FullTextModel": False,
    "SiglipTextModel": False,
    "BertModel": False,
}
READ_LAST = ("SiglipTextModel",)


@dataclass(frozen=True, eq=False)
class Passage:
    """One batch of texts on its way through a text model, with what is injected into it.

    Args:
        injection: what is injected.
        tokens: the changed token embeddings, [B, L, W].
        mask: which tokens are the text's own, or visible, bool [B, L + N].
        bias: what is added to attention, [B, 1, L + N, L + N]; None without new tokens.
        layers: the layers that are changed, as the injection names them, by number.
        added: the new tokens; None without any.
        in_front: whether new tokens stand before the text's inside the model.
    """

    injection: Injection
    tokens: Tensor
    mask: Tensor
    bias: Tensor | None
    layers: dict[int, int]
    added: AddedTokens | None = None
    in_front: bool = False

    def join(self, embedded: Tensor, norm: Callable[[Tensor], Tensor] | None) -> Tensor:
        """Return embedded tokens [B, L, W] with the new ones, as the model's layers see them."""
        if self.added is None:
            return embedded
        new = self.added.tokens if norm is None else norm(self.added.tokens)
        parts = [new.to(embedded), embedded]
        return torch.cat(parts if self.in_front else parts[::-1], 1)

    def arranged(self, states: Tensor, back: bool = False) -> Tensor:
        """Return states [B, L + N, W] with the new tokens last, or `back` in the model's order."""
        if self.added is None or not self.in_front:
            return states
        new = self.added.tokens.shape[1]
        return states.roll(new if back else -new, 1)

    def deepen(self, number: int, states: Tensor) -> Tensor:
        """Return the states that a layer goes on with."""
        if number not in self.layers:
            return states
        given = self.arranged(states).float()
        found = self.injection.at_layer(self.layers[number], given, self.mask)
        return self.arranged(found.to(states), back=True)

    def weights(self, mask: Tensor) -> Tensor:
        """Return how far each token counts, float [B, L + N]: 0 padding, 1 the text's own."""
        own = mask.float()
        return own if self.added is None else torch.cat([own, self.added.visible.to(own)], 1)


_active: ContextVar[Passage | None] = ContextVar("passage", default=None)


def allow_inject(text_model: nn.Module) -> None:
    """Let `passing` change what goes on inside a text model of transformers."""
    text_model.get_input_embeddings().register_forward_hook(change_tokens)  # type: ignore[operator]
    embeddings = getattr(text_model, "embeddings", None)
    if isinstance(embeddings, nn.Module):
        norm = getattr(embeddings, "LayerNorm", None)
        embeddings.register_forward_hook(partial(add_tokens, norm))
    for number, layer in enumerate(layers_of(text_model)):
        layer.register_forward_pre_hook(partial(change_states, number))


def layers_of(text_model: nn.Module) -> Sequence[nn.Module]:
    """Return the layers of a text model, none where it keeps them in a place of its own."""
    encoder = getattr(text_model, "encoder", None)
    found = getattr(encoder, "layers", getattr(encoder, "layer", None))
    return list(found) if isinstance(found, nn.ModuleList) else []


def open_passage(
    inject: Inject | None, text_model: nn.Module, ids: Tensor, mask: Tensor, padded: bool = True
) -> Passage | None:
    """Return the passage of a batch through a text model, None where nothing is injected.

    Args:
        inject: what a strategy, or a plain function, changes.
        text_model: the model, as `allow_inject` was called with it.
        ids: the token ids [B, L], on the model's device.
        mask: which tokens are the text's own, [B, L].
        padded: whether the model looks away from padding.

    Raises:
        ConfigurationError: the model has no such layer, or takes no new tokens.
    """
    if inject is None:
        return None
    injection, mask = Injection.of(inject), mask.bool().to(ids.device)
    layers = numbered_layers(injection.layers, len(layers_of(text_model)))
    embedded = text_model.get_input_embeddings()(ids)  # type: ignore[operator]
    tokens, added = injection.enter(embedded.float(), mask, ids)
    tokens, name = tokens.to(embedded), type(text_model).__name__
    if added is None:
        return Passage(injection, tokens, mask, None, layers)
    if name not in CAUSAL:
        raise ConfigurationError(f"{name} takes no new tokens: choose another text encoder")
    front, own = name in READ_LAST, mask if padded else torch.ones_like(mask)
    bias = attention_bias(own, added.visible, CAUSAL[name], front, embedded.dtype)
    seen = torch.cat([mask, added.visible > 0], 1)
    return Passage(injection, tokens, seen, bias, layers, added, front)


def numbered_layers(wanted: Sequence[int], count: int) -> dict[int, int]:
    """Return layers as they were named, by their number from 0.

    Raises:
        ConfigurationError: there is no such layer.
    """
    for layer in wanted:
        if not -count <= layer < count:
            raise ConfigurationError(
                f"the text encoder has no layer {layer} to inject into: its {count} layers are "
                f"numbered from 0"
            )
    return {layer % count: layer for layer in wanted}


@contextmanager
def passing(passage: Passage | None) -> Iterator[None]:
    """Let a passage change what goes through the model.

    It holds for the calling thread alone, so threads can share a model.
    """
    token = _active.set(passage)
    try:
        yield
    finally:
        _active.reset(token)


def change_tokens(table: nn.Module, ids: tuple[Tensor, ...], tokens: Tensor) -> Tensor:
    """Return the token embeddings [B, L, W] as changed, before positions are added."""
    passage = _active.get()
    return tokens if passage is None else passage.tokens


def add_tokens(
    norm: nn.Module | None, embeddings: nn.Module, given: Any, embedded: Tensor
) -> Tensor:
    """Return embedded tokens with the new ones beside them."""
    passage = _active.get()
    return embedded if passage is None else passage.join(embedded, norm)


def change_states(number: int, layer: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a layer's arguments, the states as changed."""
    passage = _active.get()
    return given if passage is None else (passage.deepen(number, given[0]), *given[1:])
