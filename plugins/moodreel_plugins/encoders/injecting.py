"""A forward hook by which `inject` changes the token embeddings of any text model."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from torch import Tensor, nn

from moodreel.interfaces import Inject

_active: ContextVar[Inject | None] = ContextVar("inject", default=None)


def allow_inject(text_model: nn.Module) -> None:
    """Let `injected` change what the token table of a transformers model gives."""
    text_model.get_input_embeddings().register_forward_hook(apply_inject)  # type: ignore[operator]


@contextmanager
def injected(inject: Inject | None) -> Iterator[None]:
    """Apply `inject` to token embeddings [B, L, W], before positions are added to them.

    It holds for the calling thread alone, so threads can share a model.
    """
    token = _active.set(inject)
    try:
        yield
    finally:
        _active.reset(token)


def apply_inject(table: nn.Module, ids: tuple[Tensor, ...], tokens: Tensor) -> Tensor:
    """Return the token embeddings as changed by whoever asked for it in this thread."""
    inject = _active.get()
    return tokens if inject is None else inject(tokens)
