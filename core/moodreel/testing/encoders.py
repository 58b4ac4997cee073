"""The contracts of text and video encoders."""

from collections.abc import Sequence
from dataclasses import replace
from inspect import signature

import torch
from torch import Tensor

from moodreel.interfaces import (
    TextEncoder,
    TextFeatures,
    VideoEncoder,
    VideoFeatures,
    VideoTokens,
)
from moodreel.media import Clip
from moodreel.testing.boundary import conformance
from moodreel.testing.samples import sample_clips

TEXTS = (
    "a cat",
    "two friends at a party, laughing about something that happened long ago",
    "Ünïcode \U0001f600",
    "",
)
LONG = "word " * 3000
NEAR = 1e-4  # how far vectors may differ when inputs are batched otherwise: a judgement


@conformance
def check_video_encoder(encoder: VideoEncoder) -> None:
    """Check shapes, unit length, and that a clip's vectors depend on that clip alone.

    Where `encode` takes `inject`: that it sees every clip, and reaches the vectors, with gradients.
    """
    check_space(encoder)
    assert encoder.frames_per_clip >= 1, "frames_per_clip: 1 or more"
    clips = sample_clips()
    made = encoder.encode(clips)
    assert isinstance(made, VideoFeatures), f"VideoFeatures, got {type(made).__name__}"
    check_pooled(made.pooled, len(clips), encoder.dim)
    if made.frames is not None:
        shape = list(made.frames.shape)
        fits = len(shape) == 3 and shape[0] == len(clips) and shape[2] == encoder.dim
        assert fits, f"frames: [B, T, {encoder.dim}], got {shape}"
        assert made.frames.isfinite().all(), "frames hold numbers that are not finite"
    if encoder.patches_per_frame:
        assert made.frames is not None, "patches have vectors, so frames have them too"
        assert made.patches is not None, "`patches_per_frame` says that patches have vectors"
        alike = made.patches.shape[:2] == made.frames.shape[:2]
        assert alike, "patches: [B, T, L, D], of the frames' B and T"
    assert near(encoder.encode(clips).pooled, made.pooled), "the same clips, the same vectors"
    alone = torch.cat([encoder.encode([clip]).pooled for clip in clips])
    assert near(alone, made.pooled), "a clip's vector must not depend on the others of its batch"
    if "inject" in signature(encoder.encode).parameters:
        check_video_inject(encoder, clips, made.pooled)


def check_video_inject(encoder: VideoEncoder, clips: Sequence[Clip], pooled: Tensor) -> None:
    """Check what `inject` sees of clips, and that what it returns is encoded."""
    width, seen = encoder.patch_width, set()
    assert width, "an encoder that takes `inject` says how long a token is: `patch_width`"

    def look(tokens: VideoTokens) -> tuple[VideoTokens, None]:
        rows, frames = tokens.frames.shape
        shapes = [
            list(tokens.proxies.shape[::2]),
            [*tokens.patches.shape[:2], *tokens.patches.shape[3:]],
        ]
        assert shapes == [[rows, width], [rows, frames, width]], (
            f"inject gets proxies [n, M, {width}] and patches [n, T, L, {width}], got {shapes}"
        )
        seen.update(tokens.clips.tolist())
        return tokens, None

    same = encoder.encode_injected(clips, look).pooled
    assert seen == set(range(len(clips))), f"inject sees every clip, got {sorted(seen)}"
    assert near(same, pooled), "an inject that changes nothing must change nothing"
    shift = torch.linspace(-0.5, 0.5, width, requires_grad=True)

    def move(tokens: VideoTokens) -> tuple[VideoTokens, None]:
        first = torch.from_numpy(tokens.clips == 0).to(tokens.patches)[:, None, None, None]
        return replace(tokens, patches=tokens.patches + first * shift.to(first)), None

    with torch.enable_grad():
        moved = encoder.encode_injected(clips, move).pooled
        assert not near(moved[:1], pooled[:1]), "what inject returns must be what is encoded"
        assert near(moved[1:], pooled[1:]), "`clips` says of which clip each row is"
        moved.square().mul(torch.arange(moved.shape[1])).sum().backward()
    assert shift.grad is not None, "gradients must reach what inject adds"
    assert shift.grad.any(), "gradients must reach what inject adds"


@conformance
def check_text_encoder(encoder: TextEncoder) -> None:
    """Check shapes, unit length, tokens, and that `inject` reaches the vectors, with gradients."""
    check_space(encoder)
    made = encoder.encode(TEXTS)
    assert isinstance(made, TextFeatures), f"TextFeatures, got {type(made).__name__}"
    check_pooled(made.pooled, len(TEXTS), encoder.dim)
    check_tokens(made, encoder.width)
    assert near(encoder.encode(TEXTS).pooled, made.pooled), "the same texts, the same vectors"
    alone = torch.cat([encoder.encode([text]).pooled for text in TEXTS])
    assert near(alone, made.pooled), "a text's vector must not depend on the others of its batch"
    check_pooled(encoder.encode([LONG]).pooled, 1, encoder.dim)
    assert encoder.encode([]).pooled.shape == (0, encoder.dim), "no texts: pooled [0, D]"
    check_inject(encoder, made.pooled)


def check_tokens(made: TextFeatures, width: int) -> None:
    """Check tokens [B, L, W] and their mask, where there are any."""
    if made.tokens is None:
        return
    shape = list(made.tokens.shape)
    fits = len(shape) == 3 and shape[0] == len(TEXTS) and shape[2] == width
    assert fits, f"tokens: [B, L, {width}] (`width`), got {shape}"
    assert made.tokens.dtype == torch.float32, f"tokens: float32, got {made.tokens.dtype}"
    assert made.mask is not None, "tokens come with a mask [B, L]"
    assert list(made.mask.shape) == shape[:2], f"mask: {shape[:2]}, got {list(made.mask.shape)}"
    assert made.mask.dtype == torch.bool, f"mask: bool, got {made.mask.dtype}"


def check_inject(encoder: TextEncoder, pooled: Tensor) -> None:
    """Check what `inject` sees, and that what it returns is encoded."""
    shapes: list[list[int]] = []

    def look(tokens: Tensor) -> Tensor:
        shapes.append(list(tokens.shape))
        return tokens

    same = encoder.encode(TEXTS, look).pooled
    fits = len(shapes) == 1 and shapes[0][0] == len(TEXTS) and shapes[0][2:] == [encoder.width]
    assert fits, f"inject is called once, with [{len(TEXTS)}, L, {encoder.width}]; got {shapes}"
    assert near(same, pooled), "an inject that changes nothing must change nothing"
    shift = torch.linspace(-0.5, 0.5, encoder.width, requires_grad=True)
    with torch.enable_grad():
        moved = encoder.encode(TEXTS[:2], lambda tokens: tokens + shift.to(tokens.device)).pooled
        assert not near(moved, pooled[:2]), "what inject returns must be what is encoded"
        moved.square().mul(torch.arange(moved.shape[1])).sum().backward()
    assert shift.grad is not None, "gradients must reach what inject adds"
    assert shift.grad.any(), "gradients must reach what inject adds"


def check_space(encoder: VideoEncoder | TextEncoder) -> None:
    """Check the space's name and the dimension."""
    assert isinstance(encoder.space, str), "space: the name of the vector space, a string"
    assert encoder.space, "space: the name of the vector space, not empty"
    assert encoder.dim >= 1, f"dim: the length of a vector, got {encoder.dim}"


def check_pooled(pooled: Tensor, batch: int, dim: int) -> None:
    """Check float32 [B, D] of length 1."""
    assert list(pooled.shape) == [batch, dim], f"pooled: [{batch}, {dim}], got {list(pooled.shape)}"
    assert pooled.dtype == torch.float32, f"pooled: float32, got {pooled.dtype}"
    lengths = pooled.detach().norm(dim=-1)
    assert near(lengths, torch.ones_like(lengths)), f"pooled: length 1, got {lengths.tolist()}"


def near(found: Tensor, expected: Tensor) -> bool:
    """Whether two tensors agree within what batching may change."""
    return found.shape == expected.shape and torch.allclose(
        found.detach().cpu(), expected.detach().cpu(), atol=NEAR
    )
