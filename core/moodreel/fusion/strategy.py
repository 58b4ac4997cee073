"""`FusionStrategy`, the interface of fusion strategies: the baseline, unless it is overridden."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import Any, ClassVar, Literal, Self

import torch
from torch import Tensor, nn

from moodreel.emotions import EmotionScores
from moodreel.errors import ConfigurationError, InvalidInput
from moodreel.fusion.injection import StrategyInjection, StrategyVideoInjection
from moodreel.interfaces import (
    AddedTokens,
    Component,
    Injection,
    InjectVideo,
    TextFeatures,
    VideoFeatures,
    VideoTokens,
    outputs,
)
from moodreel.interfaces.contracts import contract, plugin_error

Stage = Literal["tokens", "text", "patches", "video", "rerank"]
"""What a strategy can change: the text encoder's tokens, the query's vector, the video encoder's
embeddings, the stored vectors, the order of a shortlist."""

STAGES: dict[Stage, tuple[str, ...]] = {
    "tokens": ("inject", "inject_at"),
    "text": ("fuse_text",),
    "patches": ("inject_video",),
    "video": ("fuse_video",),
    "rerank": ("rerank",),
}
"""The methods that each stage is changed by."""


@dataclass(frozen=True)
class Dims:
    """The lengths that a learned strategy makes its parameters for.

    Args:
        content: D, the length of a text's or a video's vector.
        token: W, the length of a text's token.
        patch: the length of a token inside the video encoder; 0 where nothing can be injected.
            It is the encoder's own affair, so dimensions that differ in it alone are equal.
    """

    content: int
    token: int
    patch: int = field(default=0, compare=False, repr=False)


class FusionStrategy(nn.Module, Component):
    """Joins emotion to content, so that score(query, segment) is one inner product.

    Override what the strategy changes; everything else is the baseline. Fused vectors hold the
    content in their first D dimensions and may have more, of their own: a fused text
    [t, h] against a fused video [v, k] scores <t, v> + <h, k>.

    What is learned by training is in parameters, made by `build` when the encoders are known;
    what `fit` learns from the collection at hand is in buffers (`register_buffer`), and is stored
    beside the fused vectors. `moodreel.fusion.GatedFusion` is the start of most strategies that
    learn; one that only computes needs neither `build` nor `fit`.

    Attributes:
        needs_frames: whether `fuse_video` looks at the vectors of single frames. They are read
            only for strategies that do.
        needs_frame_emotions: whether `fuse_video` or `rerank` looks at the emotions of single
            frames (`frame_tensors`). They are read only for strategies that do.
        needs_tokens: whether `fuse_text` or `rerank` looks at the text's tokens. Training keeps
            them only for strategies that do.
        inject_layers: before which layers of the text encoder `inject_at` is called; 0 is the
            first, -1 the last.
        dims: what `bind` was called with.
    """

    kind: ClassVar[str] = "fusion_strategy"
    needs_frames: bool = False
    needs_frame_emotions: bool = False
    needs_tokens: bool = False
    inject_layers: tuple[int, ...] = ()
    dims: Dims | None = None

    def __init__(self) -> None:
        super().__init__()
        self._skipped: set[Stage] = set()

    def upgrade(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the state dict of an older release's trained strategy in the form of this one."""
        return dict(state)

    def unfinished(self) -> str:
        """Return that the constructor of this class was never called, or nothing."""
        return "" if "_skipped" in vars(self) else "does not call super().__init__()"

    @contract()
    def bind(self, dims: Dims, seed: int = 0) -> Self:
        """Make the parameters for encoders of these dimensions; return the strategy itself.

        Whoever uses a strategy calls it once, before anything else: the engine does, and the
        trainer. A second call with the same dimensions changes nothing.

        Args:
            dims: the lengths of the encoders' vectors and tokens.
            seed: the seed of the parameters' first values; the caller's random state is left as
                it is.

        Raises:
            ConfigurationError: the strategy was made for other dimensions.
        """
        if self.dims is None:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                self.build_shared(dims)
                self.build(dims)
            self.dims = dims
        elif self.dims != dims:
            raise ConfigurationError(
                f"{type(self).__name__} was made for {self.dims}, and cannot serve {dims}"
            )
        return self

    def build_shared(self, dims: Dims) -> None:
        """Make what a family of strategies has in common, before `build` makes the rest."""

    @contract()
    def build(self, dims: Dims) -> None:
        """Make the parameters. Called by `bind`, with the random state seeded."""

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError as error:
            if self.dims is not None:
                raise
            raise AttributeError(
                f"{error}; if `build` makes it: call bind(Dims(content, token)) first"
            ) from None

    @contract()
    def adapt(self, video: VideoFeatures, seen: EmotionScores) -> None:
        """Learn statistics of a whole collection, before its N segments are fused.

        Whoever uses a strategy calls it, with the collection that is searched; the trainer with
        the training collection, before the first step.

        Args:
            video: pooled [N, D]; frames None.
            seen: the emotions observed, [N, 8].
        """
        self.fit_shared(video, seen)
        self.fit(video, seen)

    def fit_shared(self, video: VideoFeatures, seen: EmotionScores) -> None:
        """Learn what a family of strategies has in common, before `fit` learns the rest."""

    @contract()
    def fit(self, video: VideoFeatures, seen: EmotionScores) -> None:
        """Learn statistics of a collection into buffers. Called by `adapt`."""

    @contract(outputs.injected_tokens, optional=("mask", "ids"))
    def inject(self, tokens: Tensor, wanted: EmotionScores) -> Tensor | tuple[Tensor, AddedTokens]:
        """Return the text encoder's token embeddings, changed; new tokens may come beside them.

        A strategy that looks at them also takes `mask` and `ids`, each None where the encoder does
        not tell: which tokens are the text's own and not padding, bool [B, L], and the tokens' ids
        in the encoder's vocabulary, int64 [B, L]. All tensors are on the device of the strategy's
        parameters; without any, on the CPU.

        Args:
            tokens: the token embeddings [B, L, W].
            wanted: the emotions wanted [B, 8].
        """
        return tokens

    @contract(outputs.injected_states, optional=("mask",))
    def inject_at(self, layer: int, states: Tensor, wanted: EmotionScores) -> Tensor:
        """Return the states [B, L, W] before a layer of the text encoder, changed.

        Called before each of `inject_layers`. A strategy that looks at it also takes `mask`: which
        states are not padding and can be seen, bool [B, L]; None where the encoder does not tell.

        Args:
            layer: the layer, as `inject_layers` names it.
            states: the states of the text's tokens, and then of the new ones.
            wanted: the emotions wanted [B, 8].
        """
        return states

    def injector(self, wanted: EmotionScores) -> Injection | None:
        """Return what a text encoder takes as `inject` for texts that want [B, 8].

        None for a strategy that changes no tokens, so that the encoder takes its usual way.
        """
        return StrategyInjection(self, wanted) if "tokens" in self.stages else None

    @contract(outputs.injected_video)
    def inject_video(
        self, tokens: VideoTokens, seen: EmotionScores
    ) -> VideoTokens | tuple[VideoTokens, AddedTokens]:
        """Return the video encoder's embeddings, changed; new proxies may come beside them.

        Training calls it where the encoder is run in every step; afterwards the video encoder
        `injected` does, which holds the trained strategy. All tensors are on the device of the
        strategy's parameters.

        Args:
            tokens: the embeddings of n rows, each a clip, or a frame of one.
            seen: the emotions observed in each row's clip, [n, 8]; a clip of which nothing was
                observed must be encoded as ever.
        """
        return tokens

    def video_injector(self, seen: EmotionScores) -> InjectVideo | None:
        """Return what a video encoder takes as `inject` for clips that show [B, 8].

        None for a strategy that changes nothing inside it.
        """
        return StrategyVideoInjection(self, seen) if "patches" in self.stages else None

    @contract(outputs.query_vectors, optional=("weight",))
    def fuse_text(
        self, text: TextFeatures, wanted: EmotionScores, weight: float | None = None
    ) -> Tensor:
        """Return query vectors [B, D'].

        Args:
            text: pooled [B, D], zeros where there is no text; tokens [B, L, W] or None.
            wanted: the emotions asked for [B, 8]; negative ones are to be avoided.
            weight: how much mood counts against content, 0 to 1; None takes the strategy's own
                weight. A strategy that cannot weigh leaves the parameter out.
        """
        return text.pooled

    @contract(outputs.stored_vectors)
    def fuse_video(self, video: VideoFeatures, seen: EmotionScores) -> Tensor:
        """Return vectors to store [B, D'], for content [B, D] and observed emotion [B, 8].

        Args:
            video: pooled [B, D]; frames [B, T, D] where `needs_frames` and the encoder has them,
                else None. A segment's vector must not depend on its batch.
            seen: the emotions observed, [B, 8]; a segment of which nothing was observed must be
                stored as its content alone.
        """
        return video.pooled

    @contract(outputs.better_scores, optional=("weight",))
    def rerank(
        self,
        text: TextFeatures,
        wanted: EmotionScores,
        video: VideoFeatures,
        seen: EmotionScores,
        weight: float | None = None,
    ) -> Tensor | None:
        """Return better scores [B] for a shortlist of B segments, or None to keep the order.

        Args:
            text: the features of one query, pooled [1, D], or of B queries, one for each segment.
            wanted: the emotions wanted, [1, 8] or [B, 8].
            video: the features of the segments: pooled [B, D]; frames [B, T, D] or None.
            seen: the emotions observed in the segments, [B, 8].
            weight: how much mood counts against content, 0 to 1, as for `fuse_text`; None takes
                the strategy's own weight.
        """
        return None

    @contract(outputs.loss_terms)
    def auxiliary_losses(
        self,
        text: TextFeatures,
        wanted: EmotionScores,
        video: VideoFeatures,
        seen: EmotionScores,
    ) -> Mapping[str, Tensor]:
        """Return loss terms of the strategy's own, by name: scalars that training adds up.

        They are added to the loss as they are, so a weight is part of a term, and are logged
        beside the other terms.

        Args:
            text: the features of the B captions of a batch.
            wanted: the emotions that the captions want, [B, 8].
            video: the features of the B videos that they are captions of, in the same order.
            seen: the emotions observed in these videos, [B, 8].
        """
        return {}

    @property
    def stages(self) -> frozenset[Stage]:
        """The stages that the strategy changes: of tokens, text, patches, video, rerank."""
        return frozenset(
            stage
            for stage, names in STAGES.items()
            if any(getattr(type(self), n) is not getattr(FusionStrategy, n) for n in names)
            and stage not in self._skipped
        )

    def skip(self, stage: Stage) -> None:
        """Declare that this instance leaves a stage as it is, though its class overrides it.

        It is for strategies whose options switch a part off; call it in `__init__`, such as
        `self.skip("rerank")`.

        Args:
            stage: "tokens" (`inject`), "text" (`fuse_text`), "patches" (`inject_video`), "video"
                (`fuse_video`) or "rerank".
        """
        self._skipped.add(stage)

    @property
    def weighs(self) -> bool:
        """Whether `fuse_text` lets the caller weigh mood against content."""
        return "text" in self.stages and "weight" in signature(self.fuse_text).parameters


def check_lengths(strategy: FusionStrategy, asked: Tensor, stored: Tensor) -> None:
    """Refuse vectors of texts [Q, D'] and of videos [S, D'] that have no inner product.

    Raises:
        PluginError: their lengths differ.
    """
    if asked.shape[-1] != stored.shape[-1]:
        raise plugin_error(
            strategy,
            f"fuse_text returns vectors of {asked.shape[-1]} numbers and fuse_video of "
            f"{stored.shape[-1]}: the score is their inner product, so make them equally long",
        )


def to_tensors(scores: EmotionScores, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return intensities [B, 8] and the observed mask [B, 8] as tensors beside `like`."""
    values = torch.from_numpy(scores.values).to(like)
    return values, torch.from_numpy(scores.observed).to(like.device)


def frame_tensors(seen: EmotionScores, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return the intensities [B, T, 8] of single frames and the observed mask, beside `like`.

    A segment whose extractor tells nothing of single frames has one frame, the segment. The
    other way round, a frame of which nothing was observed is there to fill up: it must not count.
    """
    frames = seen.frames
    if frames is None:
        values, observed = to_tensors(seen, like)
        return values.unsqueeze(1), observed.unsqueeze(1)
    values = torch.from_numpy(frames.values).to(like)
    return values, torch.from_numpy(frames.observed).to(like.device)


def check_weight(weight: float) -> float:
    """Return a weight of mood against content; raise InvalidInput unless it is from 0 to 1."""
    if not 0 <= weight <= 1:
        raise InvalidInput(f"the weight of mood must be a number from 0 to 1, got {weight}")
    return weight


def put_state(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Put values into a module: into parameters by copying, buffers in their place."""
    parameters = dict(module.named_parameters(remove_duplicate=False))
    for name, value in state.items():
        if name in parameters:
            parameters[name].data.copy_(value)
        else:
            place, _, leaf = name.rpartition(".")
            module.get_submodule(place).register_buffer(leaf, value)
