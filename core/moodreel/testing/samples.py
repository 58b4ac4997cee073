"""Small random inputs, the same at every call."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from moodreel.emotions import Emotion, EmotionScores, FrameEmotions
from moodreel.fusion.strategy import Dims
from moodreel.interfaces import (
    Inject,
    Injection,
    InjectVideo,
    TextFeatures,
    VideoFeatures,
    VideoTokens,
)
from moodreel.media import Clip, Sound

SEGMENTS, TOKENS, FRAMES = 40, 6, 3  # small, so that checks take a second
PATCHES = 4
SMALL = Dims(content=16, token=12, patch=10)
RATE = 16_000  # samples a second of sample sounds
SHAPES = ((1, 96, 128), (4, 64, 48), (3, 33, 41))


def sample_video(seed: int = 0, dims: Dims = SMALL) -> VideoFeatures:
    """Return random features of a small collection: pooled [40, D], frames [40, 3, D]."""
    draw = torch.Generator().manual_seed(seed)
    frames = torch.randn(SEGMENTS, FRAMES, dims.content, generator=draw)
    return VideoFeatures(unit(frames.mean(1)), unit(frames))


def sample_text(batch: int = 5, seed: int = 1, dims: Dims = SMALL) -> TextFeatures:
    """Return random features of some texts of different lengths: pooled [B, D], tokens [B, 6, W].

    pooled is what `encode_tokens` makes of the tokens.
    """
    draw = torch.Generator().manual_seed(seed)
    tokens = torch.randn(batch, TOKENS, dims.token, generator=draw)
    lengths = torch.arange(batch) % TOKENS + 1
    mask = torch.arange(TOKENS) < lengths.unsqueeze(1)
    return TextFeatures(encode_tokens(tokens, mask, dims), tokens, mask)


def encode_tokens(
    tokens: Tensor, mask: Tensor, dims: Dims = SMALL, inject: Inject | None = None
) -> Tensor:
    """Return vectors [B, D] of token embeddings [B, L, W]: a text encoder as simple as can be.

    It has four layers, which do nothing, and averages the tokens that can be seen.
    """
    weights = mask.to(tokens)
    if inject is not None:
        tokens, weights = pass_through(Injection.of(inject), tokens, mask)
    draw = torch.Generator().manual_seed(3)
    projection = torch.randn(dims.token, dims.content, generator=draw)
    kept = weights.unsqueeze(-1)
    return unit((tokens * kept).sum(1) / kept.sum(1) @ projection.to(tokens))


def pass_through(injection: Injection, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return the states [B, L + N, W] and their weights of tokens that an injection changes."""
    ids = torch.arange(tokens.shape[1]).expand(len(tokens), -1)
    states, added = injection.enter(tokens, mask, ids)
    weights = mask.to(states)
    if added is not None:
        states = torch.cat([states, added.tokens], 1)
        weights = torch.cat([weights, added.visible], 1)
    for layer in injection.layers:
        states = injection.at_layer(layer, states, weights > 0)
    return states, weights


def sample_patches(batch: int = SEGMENTS, seed: int = 6, dims: Dims = SMALL) -> VideoTokens:
    """Return random embeddings of some clips: a proxy [B, 1, W], and patches [B, 3, 4, W]."""
    draw = torch.Generator().manual_seed(seed)
    proxies = torch.randn(batch, 1, dims.patch, generator=draw)
    patches = torch.randn(batch, FRAMES, PATCHES, dims.patch, generator=draw)
    frames = np.tile(np.arange(FRAMES), (batch, 1))
    return VideoTokens(proxies, patches, np.arange(batch), frames)


def encode_patches(
    tokens: VideoTokens, dims: Dims = SMALL, inject: InjectVideo | None = None
) -> Tensor:
    """Return vectors [B, D] of embeddings: a video encoder as simple as can be.

    It averages the proxies, and what they see: the new ones as far as they are visible, and the
    patches.
    """
    added = None
    if inject is not None:
        tokens, added = inject(tokens)
    proxies, patches = tokens.proxies, tokens.patches.flatten(1, 2)
    weights = [torch.ones(part.shape[:2]).to(part) for part in (proxies, patches)]
    states = [proxies, patches]
    if added is not None:
        states.append(added.tokens)
        weights.append(added.visible)
    kept = torch.cat(weights, 1).unsqueeze(-1)
    draw = torch.Generator().manual_seed(8)
    projection = torch.randn(dims.patch, dims.content, generator=draw).to(proxies)
    return unit((torch.cat(states, 1) * kept).sum(1) / kept.sum(1) @ projection)


def sample_emotions(batch: int = SEGMENTS, seed: int = 2, frames: int = 0) -> EmotionScores:
    """Return random intensities [B, 8]; a quarter of them unobserved.

    Args:
        batch: B.
        seed: the seed.
        frames: of how many frames there are intensities too; 0: of none.
    """
    draw = np.random.default_rng(seed)
    shape = (batch, len(Emotion))
    scores = EmotionScores(draw.random(shape, np.float32), draw.random(shape) > 0.25)
    if not frames:
        return scores
    known = scores.observed[:, None] & (draw.random((batch, frames, len(Emotion))) > 0.25)
    values = draw.random(known.shape, np.float32) * known
    return replace(scores, frames=FrameEmotions(values, known))


def no_emotion(batch: int) -> EmotionScores:
    """Return the emotions of texts that were looked at and name none."""
    return EmotionScores.of([{} for _ in range(batch)], observes=Emotion)


def sample_sounds(seed: int = 0) -> list[Sound]:
    """Return noise, a tone, silence and no sound at all, mono at 16 kHz, up to 2 s long."""
    noise = np.random.default_rng(seed).normal(0.0, 0.1, 2 * RATE).clip(-1, 1)
    tone = 0.5 * np.sin(2 * np.pi * 220 * np.arange(RATE) / RATE)
    parts = (noise, tone, np.zeros(RATE // 2), np.zeros(0))
    starts = (0.0, 5.0, 10.0, 15.0)
    return [
        Sound(part.astype(np.float32), RATE, at) for part, at in zip(parts, starts, strict=True)
    ]


def sample_clips(seed: int = 0, shapes: Sequence[tuple[int, int, int]] = SHAPES) -> list[Clip]:
    """Return clips of random frames, of different lengths and sizes [T, H, W]."""
    draw = np.random.default_rng(seed)
    pictures = [draw.integers(0, 256, (*shape, 3), np.uint8) for shape in shapes]
    return [Clip(frames, np.arange(len(frames), dtype=np.float64)) for frames in pictures]


def unit(vectors: Tensor) -> Tensor:
    """L2-normalise the last dimension."""
    return torch.nn.functional.normalize(vectors, dim=-1)
