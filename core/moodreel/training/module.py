"""The trained module: a strategy, the learned similarity scale and, optionally, the encoders."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from moodreel.emotions import EmotionScores
from moodreel.fusion.refinement import QueryRefinement
from moodreel.fusion.strategy import FusionStrategy, check_lengths
from moodreel.interfaces import TextEncoder, TextFeatures, VideoEncoder, VideoFeatures
from moodreel.media import Clip
from moodreel.training.ragged import Indices

# Texts of a batch that are reranked, and videos for each. With 8 texts cross-attention reached 2.24
# times the baseline in cross-validation, with 32 texts 2.12 at 2.5 times the time. The number of
# videos is a judgement, not measured.
RERANKED, SHORTLIST = 8, 8


@dataclass(frozen=True, eq=False)
class Asked:
    """Texts of a batch: the words, their features, and the emotions wanted."""

    words: Sequence[str]
    text: TextFeatures
    wanted: EmotionScores

    def part(self, rows: slice) -> "Asked":
        """Return some rows."""
        return Asked(self.words[rows], self.text[rows], self.wanted[rows])


@dataclass(frozen=True, eq=False)
class Shown:
    """Videos of a batch: their features, the emotions seen in them, and, to tune, the frames."""

    video: VideoFeatures
    seen: EmotionScores
    clips: Sequence[Clip] = ()

    def part(self, rows: slice) -> "Shown":
        """Return some rows."""
        return Shown(self.video[rows], self.seen[rows], self.clips[rows])


@dataclass(frozen=True, eq=False)
class Batch:
    """One process's share of a batch.

    Args:
        asked: the B texts.
        shown: the B videos that the texts belong to.
        same: whether text j is a caption of video i, bool [B, B].
        others: another caption of each video, where the objective looks at one.
        frames: one frame of each video, where the objective looks at one.
        rows: the B captions: those drawn, or others in place of videos that cannot be read.
    """

    asked: Asked
    shown: Shown
    same: Tensor
    others: Asked | None = None
    frames: Shown | None = None
    rows: Indices = field(default_factory=lambda: np.zeros(0, np.int64))

    def part(self, rows: slice) -> "Batch":
        """Return some rows, as a smaller batch."""
        others, frames = (
            self.others and self.others.part(rows),
            self.frames and self.frames.part(rows),
        )
        asked, shown = self.asked.part(rows), self.shown.part(rows)
        return Batch(asked, shown, self.same[rows, rows], others, frames, self.rows[rows])


OWN = "own/"
"""What the names of a strategy's own loss terms begin with."""


class TrainingModule(nn.Module):
    """Turns a batch into fused vectors, through everything that learns.

    Args:
        strategy: the strategy, bound to the encoders' dimensions.
        scale: the first value of the learned similarity scale, 1 / temperature.
        encoder: the text encoder, where texts go through it in every step; None takes the cached
            features.
        watcher: the video encoder, where videos go through it in every step, since it is tuned or
            the strategy changes its embeddings; None takes the cached features.
        tuned: the network of the encoders, where it is tuned.
        scale_limit: the largest value of the scale.
    """

    def __init__(
        self,
        strategy: FusionStrategy,
        scale: float,
        encoder: TextEncoder | None = None,
        watcher: VideoEncoder | None = None,
        tuned: nn.Module | None = None,
        scale_limit: float = 100.0,
    ) -> None:
        super().__init__()
        self.strategy = strategy
        self.log_scale = nn.Parameter(torch.tensor(math.log(scale)))
        self.tuned = tuned
        self.scale_limit = scale_limit
        self._encoder = encoder
        self._watcher = watcher

    @property
    def scale(self) -> Tensor:
        """The learned scale of similarities, 1 / temperature."""
        return self.log_scale.exp().clamp(max=self.scale_limit)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return vectors [B, D'] by name, fused or of content, the scale, and a shortlist's scores.

        All that learns is used in here, as training in several processes wants it.
        """
        text, video = self.encode(batch.asked), self.watch(batch.shown)
        found = {"asked": text.pooled, "shown": video.pooled}
        found["text"] = self.strategy.fuse_text(text, batch.asked.wanted)
        found["video"] = self.strategy.fuse_video(video, batch.shown.seen)
        check_lengths(self.strategy, found["text"], found["video"])
        own = self.strategy.auxiliary_losses(text, batch.asked.wanted, video, batch.shown.seen)
        found |= {f"{OWN}{name}": term for name, term in own.items()}
        if (corrected := self.correct(text, batch.asked.wanted)) is not None:
            found["corrected"] = corrected
        if batch.others:
            found["caption"] = self.ask(batch.others)
        if batch.frames:
            found["frame"] = self.show(batch.frames)
        if "rerank" in self.strategy.stages:
            scores = found["text"] @ found["video"].T
            found["reranked"] = self.rerank(batch, text, video, scores)
        return found | {"scale": self.scale}

    def correct(self, text: TextFeatures, wanted: EmotionScores) -> Tensor | None:
        """Return the corrected content [B, D] of texts; None where a strategy corrects nothing."""
        if not isinstance(self.strategy, QueryRefinement):
            return None
        content = text.pooled.detach()  # what is asked of a correction moves no encoder
        correction = self.strategy.correction(content, wanted)
        return None if correction is None else content + correction

    def rerank(
        self, batch: Batch, text: TextFeatures, video: VideoFeatures, scores: Tensor
    ) -> Tensor:
        """Return the reranked scores [b, n] of some texts: their own video first, then rivals.

        The rivals are the videos that the fused vectors score best among the wrong ones.
        """
        texts = min(RERANKED, len(scores))
        wrong = scores.detach().masked_fill(batch.same.T, -torch.inf)[:texts]
        rivals = wrong.topk(min(SHORTLIST, len(scores)) - 1, dim=1).indices
        columns = torch.cat([torch.arange(texts, device=rivals.device)[:, None], rivals], 1)
        asked = np.repeat(np.arange(texts), columns.shape[1])
        shown = columns.flatten().cpu().numpy()
        better = self.strategy.rerank(
            text[asked], batch.asked.wanted[asked], video[shown], batch.shown.seen[shown]
        )
        if better is None:
            return scores[:texts].gather(1, columns)
        return better.view(columns.shape)

    def ask(self, asked: Asked) -> Tensor:
        """Return fused texts."""
        return self.strategy.fuse_text(self.encode(asked), asked.wanted)

    def show(self, shown: Shown) -> Tensor:
        """Return fused videos."""
        return self.strategy.fuse_video(self.watch(shown), shown.seen)

    def watch(self, shown: Shown) -> VideoFeatures:
        """Return the videos' features: those given, or through the encoder, with gradients."""
        if self._watcher is None:
            return shown.video
        inject = self.strategy.video_injector(shown.seen)
        if inject is None:
            return self._watcher.encode(shown.clips).to(self.log_scale.device)
        return self._watcher.encode_injected(shown.clips, inject).to(self.log_scale.device)

    def encode(self, asked: Asked) -> TextFeatures:
        """Return the texts' features: those given, or through the encoder, with gradients.

        A text that comes more than once in a batch goes through it once.
        """
        if self._encoder is None:
            return asked.text
        place = {word: number for number, word in enumerate(dict.fromkeys(asked.words))}
        rows = np.array([place[word] for word in asked.words])
        _, first = np.unique(rows, return_index=True)
        inject = self.strategy.injector(asked.wanted[first]) or unchanged
        found = self._encoder.encode(list(place), inject=inject)
        return found.to(self.log_scale.device)[rows]


def unchanged(tokens: Tensor) -> Tensor:
    """Return token embeddings as they are: with `inject`, an encoder passes gradients on."""
    return tokens
