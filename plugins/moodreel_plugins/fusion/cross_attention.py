"""Cross-attention fusion: an emotion encoder attends to the text's tokens and video's frames."""

from typing import Any

import torch
from torch import Tensor, nn

from moodreel import Emotion, EmotionScores, Register, hookimpl
from moodreel.fusion import Dims, GatedFusion, full_strength, to_tensors, wish_strength
from moodreel.interfaces import TextFeatures, VideoFeatures

STD = 0.02  # of embeddings that only tell tokens apart, as in BERT and CLIP


class CrossAttention(GatedFusion):
    """Eight emotion tokens attend to the content, then to one another; their mean is h, or k.

    Each token is a learned vector times its emotion's intensity; those not observed are masked.
    The same encoder serves both sides: on the text's it attends to the text's vector and tokens,
    on the video's to the video's vector, its frames' and, where the encoder gives them, its
    patches'. `rerank` lets the tokens of the text, the frames and both sides' emotions attend to
    one another, and adds what a class token reads from them to the score, through a gate of its own
    that starts at zero.

    In the manner of T-MEP (Zhang et al., "Transformer-based multimodal emotional perception for
    dynamic facial expression recognition in the wild", TCSVT 2023), which fuses video, audio and
    text by cross-attention, then self-attention, to classify emotions. Here the queries of the
    attention are emotions already recognised, audio is left out, the two sides never meet before
    the inner product (so that any vector index serves), nothing is classified, and joint
    attention is only for the shortlist.

    Args:
        width: the width of the encoder, a multiple of `heads`: a judgement, not measured.
        heads: how many heads its attention has: a judgement, not measured.
        dropout: the dropout of its attention, in training: a judgement, not measured.
        joint: whether to rerank.
        options: the options of every `GatedFusion`.
    """

    version = "2"

    def __init__(
        self,
        width: int = 64,
        heads: int = 4,
        dropout: float = 0.1,
        joint: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if width % heads:
            raise ValueError(f"width {width} must be a multiple of heads {heads}")
        self.width = width
        self.heads = heads
        self.dropout = dropout
        self.joint = joint
        self.needs_frames = self.sides != "text" or joint
        self.needs_tokens = self.sides != "video" or joint
        if not joint:
            self.skip("rerank")

    def build(self, dims: Dims) -> None:
        """Make the encoder, the ways into and out of it, and the joint attention."""
        self.emotions = EmotionEncoder(self.width, self.heads, self.dropout)
        self.from_content = nn.Linear(dims.content, self.width)
        if self.sides != "video" or self.joint:
            self.from_token = nn.Linear(dims.token, self.width)
        if self.sides != "video":
            self.to_text = nn.Linear(self.width, self.size(dims))
        if self.sides != "text":
            self.to_video = nn.Linear(self.width, self.size(dims))
        if self.joint:
            self.reader = JointReader(self.width, self.heads, self.dropout)
            self.joint_gate = nn.Parameter(torch.zeros(()))

    def text_mood(self, text: TextFeatures, wanted: EmotionScores) -> Tensor:
        """Return h [B, size]."""
        return self.to_text(self.emotions(*to_tensors(wanted, text.pooled), *self.read(text)))

    def video_mood(self, video: VideoFeatures, seen: EmotionScores) -> Tensor:
        """Return k [B, size]."""
        return self.to_video(self.emotions(*to_tensors(seen, video.pooled), *self.see(video)))

    def read(self, text: TextFeatures) -> tuple[Tensor, Tensor]:
        """Return the tokens [B, 1 + L, width] of a text, its vector first, and their mask."""
        content = self.from_content(text.pooled).unsqueeze(1)
        if text.tokens is None:
            return content, all_of(content)
        tokens = self.from_token(text.tokens)
        mask = all_of(tokens) if text.mask is None else text.mask.bool()
        return torch.cat([content, tokens], 1), torch.cat([all_of(content), mask], 1)

    def see(self, video: VideoFeatures) -> tuple[Tensor, Tensor]:
        """Return the tokens of a segment, its vector first, and their mask.

        They are [B, 1 + T (1 + L), width], with T frames of L patches, 0 where these have no
        vectors.
        """
        seen = video.pooled.unsqueeze(1)
        if video.parts is not None:
            seen = torch.cat([seen, video.parts], 1)
        tokens = self.from_content(seen)
        return tokens, all_of(tokens)

    def rerank(
        self,
        text: TextFeatures,
        wanted: EmotionScores,
        video: VideoFeatures,
        seen: EmotionScores,
        weight: float | None = None,
    ) -> Tensor | None:
        """Return <t', v'> plus what the joint attention reads, [B]; the former without emotion."""
        asked = self.fuse_text(text, wanted, weight=weight)
        scores = (asked * self.fuse_video(video, seen)).sum(-1)
        if not self.joint:
            return scores
        parts = [
            self.see(video),
            self.read(text),
            self.emotions.tokens(*to_tensors(full_strength(wanted), text.pooled)),
            self.emotions.tokens(*to_tensors(seen, video.pooled)),
        ]
        share = wish_strength(wanted, text.pooled).squeeze(-1)
        share = share if weight is None else weight * share
        return scores + share * self.joint_gate * self.reader(parts, len(scores))


class EmotionEncoder(nn.Module):
    """Encodes intensities [B, 8] and a context [B, S, width] as one vector [B, width]."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(len(Emotion), width))
        self.across = Attention(width, heads, dropout)
        self.among = Attention(width, heads, dropout)

    def tokens(self, values: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
        """Return the emotion tokens [B, 8, width] and their mask, all of them where none is."""
        return values.unsqueeze(-1) * self.table, observed | ~observed.any(-1, keepdim=True)

    def forward(self, values: Tensor, observed: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        """Attend to the context, then to one another, and average what was observed."""
        tokens, kept = self.tokens(values, observed)
        tokens = self.among(self.across(tokens, context, mask), None, kept)
        share = kept.unsqueeze(-1).to(tokens)
        return (tokens * share).sum(1) / share.sum(1)


class JointReader(nn.Module):
    """A class token that attends to tokens of several kinds, and reads a score from them."""

    def __init__(self, width: int, heads: int, dropout: float, kinds: int = 4) -> None:
        super().__init__()
        self.kind = nn.Parameter(torch.randn(kinds, width) * STD)
        self.reading = nn.Parameter(torch.randn(1, 1, width) * STD)
        self.among = Attention(width, heads, dropout)
        self.across = Attention(width, heads, dropout)
        self.score = nn.Linear(width, 1)

    def forward(self, parts: list[tuple[Tensor, Tensor]], batch: int) -> Tensor:
        """Return scores [B] for tokens [B or 1, S, width] of each kind with their masks."""
        tokens = [part + kind for (part, _), kind in zip(parts, self.kind, strict=True)]
        joined = torch.cat([part.expand(batch, -1, -1) for part in tokens], 1)
        mask = torch.cat([kept.expand(batch, -1) for _, kept in parts], 1)
        joined = self.among(joined, None, mask)
        read = self.across(self.reading.expand(batch, -1, -1), joined, mask)
        return self.score(read).flatten()


class Attention(nn.Module):
    """A transformer layer: attention of x to a context, or to itself, then a feed-forward."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attend = nn.MultiheadAttention(width, heads, dropout, batch_first=True)
        self.forth = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.first = nn.LayerNorm(width)
        self.second = nn.LayerNorm(width)

    def forward(self, x: Tensor, context: Tensor | None, mask: Tensor) -> Tensor:
        """Return [B, Q, width] for x [B, Q, width], context [B, S, width], mask bool [B, S]."""
        seen = x if context is None else context
        found, _ = self.attend(x, seen, seen, key_padding_mask=~mask, need_weights=False)
        x = self.first(x + found)
        return self.second(x + self.forth(x))


def all_of(tokens: Tensor) -> Tensor:
    """Return the mask [B, S] that keeps every token."""
    return torch.ones(tokens.shape[:2], dtype=torch.bool, device=tokens.device)


@hookimpl
def register_fusion_strategies(register: Register) -> None:
    """Register the cross-attention strategy."""
    register("cross-attention", CrossAttention)
