"""Video injection: the emotions seen in a video, injected into the video encoder itself."""

from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn

from moodreel import ConfigurationError, Emotion, EmotionScores, Register, hookimpl
from moodreel.fusion import Dims, FusionStrategy, has_observation, to_tensors
from moodreel.interfaces import AddedTokens, VideoTokens

Into = Literal["proxy", "proxies", "patches"]


class VideoInjection(FusionStrategy):
    """Lets the video encoder see an embedding of the emotions that were seen in the video.

    The embedding is E e + K o, with the intensities e, what was observed o, and a learned row of E
    and of K for each emotion. Through a gate that starts at zero it becomes a proxy of its own,
    beside CLIP-ViP's (Xue et al. 2023), or is added to those that are there, or to every patch of
    every frame. The text's side stays the baseline's.

    It is learned where the video encoder is run in every step: with `--tune all`, or with an
    encoder that stays as it is. What is stored for a video then depends on the strategy, so
    training writes a video encoder that injects it (`tuned.yaml`); without that, and before
    training, the strategy is the baseline. Videos move for every query, even for one without
    emotion, as in the form `add` of other strategies.

    Args:
        into: "proxy" brings an emotion proxy; "proxies" adds to the tokens that stand for the
            video, or for each frame; "patches" to the patches of its frames.
    """

    def __init__(self, into: Into = "proxy") -> None:
        super().__init__()
        self.into = into

    def build(self, dims: Dims) -> None:
        """Make the rows of E and K [8, W], and the gate."""
        self.table = nn.Parameter(torch.randn(len(Emotion), dims.patch))
        self.known = nn.Parameter(torch.randn(len(Emotion), dims.patch))
        self.gate = nn.Parameter(torch.zeros(()))

    def inject_video(
        self, tokens: VideoTokens, seen: EmotionScores
    ) -> VideoTokens | tuple[VideoTokens, AddedTokens]:
        """Return embeddings with the emotions seen in each row's clip, [n, 8].

        Raises:
            ConfigurationError: the encoder has no tokens that stand for a whole row.
        """
        mood, is_known = self.embed(seen), has_observation(seen, self.gate)
        if self.into == "patches":
            change = self.gate * is_known * mood
            return replace(tokens, patches=tokens.patches + change[:, None, None])
        if not tokens.proxies.shape[1]:
            raise ConfigurationError(
                f"this video encoder has no class token, which into={self.into} needs: "
                "use fusion_strategy.into=patches"
            )
        if self.into == "proxies":
            change = self.gate * is_known * mood
            return replace(tokens, proxies=tokens.proxies + change[:, None])
        ajar = torch.where(self.gate < 0, -self.gate, self.gate)  # unlike abs, it moves at 0
        return tokens, AddedTokens(mood[:, None], ajar * is_known)

    def embed(self, seen: EmotionScores) -> Tensor:
        """Return the embedding [n, W] of the emotions seen."""
        intensities, observed = to_tensors(seen, self.table)
        return intensities @ self.table + observed.to(self.known) @ self.known


@hookimpl
def register_fusion_strategies(register: Register) -> None:
    """Register video injection."""
    register("video-injection", VideoInjection)
