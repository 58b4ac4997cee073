"""What a fusion strategy changes inside a text encoder, and inside a video encoder."""

from dataclasses import replace
from inspect import signature
from itertools import chain
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from moodreel.emotions import EmotionScores
from moodreel.interfaces import AddedTokens, Injection, VideoTokens
from moodreel.interfaces.contracts import plugin_error

if TYPE_CHECKING:
    from moodreel.fusion.strategy import FusionStrategy


class StrategyInjection(Injection):
    """A strategy's `inject` and `inject_at` for texts that want [B, 8].

    The strategy gets tensors on the device of its parameters, and what it returns goes back to the
    encoder's.

    Args:
        strategy: the strategy.
        wanted: the emotions that the texts want, [B, 8].
    """

    def __init__(self, strategy: "FusionStrategy", wanted: EmotionScores) -> None:
        super().__init__(self.tokens_alone)
        self.strategy = strategy
        self.wanted = wanted
        self.layers = tuple(strategy.inject_layers)

    def tokens_alone(self, tokens: Tensor) -> Tensor:
        """Return changed tokens [B, L, W], for an encoder that takes nothing else.

        Raises:
            PluginError: the strategy brings new tokens, or changes layers.
        """
        changed, added = self.enter(tokens)
        if added is not None or self.layers:
            what = "new tokens" if added is not None else "states inside the text encoder"
            raise plugin_error(
                self.strategy,
                f"injects {what}, and this text encoder takes changed tokens alone: choose "
                "another, or let it call `Injection.enter` and `at_layer`",
            )
        return changed

    def enter(
        self, tokens: Tensor, mask: Tensor | None = None, ids: Tensor | None = None
    ) -> tuple[Tensor, AddedTokens | None]:
        """Return what the strategy's `inject` makes of the tokens."""
        found = self.call("inject", tokens.to(self.device), self.wanted, mask=mask, ids=ids)
        changed, added = found if isinstance(found, tuple) else (found, None)
        if added is not None:
            added = AddedTokens(added.tokens.to(tokens), added.visible.to(tokens))
        return changed.to(tokens), added

    def at_layer(self, layer: int, states: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return what the strategy's `inject_at` makes of the states."""
        there = states.to(self.device)
        return self.call("inject_at", layer, there, self.wanted, mask=mask).to(states)

    def call(self, name: str, *given: Any, **known: Tensor | None) -> Any:
        """Call a method of the strategy with those of the known tensors that it takes."""
        method = getattr(self.strategy, name)
        taken = signature(method).parameters
        moved = {n: None if v is None else v.to(self.device) for n, v in known.items()}
        return method(*given, **{n: value for n, value in moved.items() if n in taken})

    @property
    def device(self) -> torch.device:
        """Where the strategy is."""
        return device_of(self.strategy)


class StrategyVideoInjection:
    """A strategy's `inject_video` for clips in which emotions [B, 8] were seen.

    Args:
        strategy: the strategy, which gets tensors on the device of its parameters.
        seen: the emotions seen in the clips, [B, 8].
    """

    def __init__(self, strategy: "FusionStrategy", seen: EmotionScores) -> None:
        self.strategy = strategy
        self.seen = seen

    def __call__(self, tokens: VideoTokens) -> tuple[VideoTokens, AddedTokens | None]:
        """Return what the strategy makes of a batch's embeddings, where these are."""
        there = on_device(tokens, device_of(self.strategy))
        found = self.strategy.inject_video(there, self.seen[tokens.clips])
        changed, added = found if isinstance(found, tuple) else (found, None)
        if added is not None:
            added = AddedTokens(added.tokens.to(tokens.patches), added.visible.to(tokens.patches))
        return on_device(changed, tokens.patches.device), added


def on_device(tokens: VideoTokens, device: torch.device) -> VideoTokens:
    """Return embeddings on a device."""
    proxies, patches = tokens.proxies.to(device), tokens.patches.to(device)
    return replace(tokens, proxies=proxies, patches=patches)


def device_of(strategy: "FusionStrategy") -> torch.device:
    """Return where a strategy's parameters are, or its buffers; the CPU where it has neither."""
    held = chain(strategy.parameters(), strategy.buffers())
    return next((tensor.device for tensor in held), torch.device("cpu"))
