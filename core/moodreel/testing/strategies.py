"""The contract of a fusion strategy."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import partial
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import cross_entropy

from moodreel.emotions import EmotionScores, FrameEmotions
from moodreel.fusion.strategy import FusionStrategy, put_state
from moodreel.interfaces import TextFeatures, VideoFeatures, VideoTokens
from moodreel.testing.boundary import conformance
from moodreel.testing.samples import (
    FRAMES,
    SEGMENTS,
    SMALL,
    encode_patches,
    encode_tokens,
    no_emotion,
    sample_emotions,
    sample_patches,
    sample_text,
    sample_video,
)

Rows = slice | NDArray[np.int64]

QUERIES = 5  # texts that are checked at once
# Steps and learning rate of the training that is tried. Behind a gate that starts at zero,
# gradients reach the parameters in the second step.
STEPS, RATE = 2, 0.05
PAIRED = 8  # pairs of a text and a segment in its batch


@conformance
def check_fusion(strategy: FusionStrategy, identity: bool = True, neutral: bool = True) -> None:
    """Check a strategy before and after two steps of training, on random features.

    What is checked: shapes; that score is an inner product of vectors that depend on nothing but
    their own row; the baseline's scores at the start, if it has parameters to train, and for a
    query without emotion, always; that a segment of which nothing was observed is its content
    alone, inside the video encoder too; that features without tokens or frames are enough; that
    weight 0 asks for content alone; that its own loss terms are finite; gradients reaching every
    parameter within two steps, from the loss or from terms of its own; saving and loading, with
    all that `fit` learned.

    Args:
        strategy: fresh or trained; it is left as it is. One that is not bound yet is bound to
            small dimensions.
        identity: whether it promises to start at the baseline. The published additive does not.
        neutral: whether it promises the baseline's scores to queries without emotion. Forms that
            add to a video's vector do not.
    """
    fresh = deepcopy(strategy).cpu()
    fresh.bind(fresh.dims or SMALL)
    fitted = deepcopy(fresh)
    fitted.adapt(VideoFeatures(sample_videos(fitted).pooled), sample_seen(fitted))
    check_state(fitted, neutral)
    learns = any(parameter.requires_grad for parameter in fitted.parameters())
    if learns and identity:
        check_identity(fitted)
    if learns:
        check_gradients(fitted)
        check_state(fitted, neutral)
    check_saving(fitted, fresh)


def check_state(strategy: FusionStrategy, neutral: bool) -> None:
    """Check all that holds both before and after training."""
    strategy.eval()
    with torch.inference_mode():
        check_shapes(strategy)
        check_rows(strategy)
        check_unobserved(strategy)
        if neutral:
            check_neutral(strategy)
            check_weight(strategy)


def sample_videos(
    strategy: FusionStrategy, seen: EmotionScores | None = None, rows: Rows = slice(None)
) -> VideoFeatures:
    """Return random segments of the strategy's dimensions, as it has them encoded.

    Args:
        strategy: the strategy.
        seen: the emotions of these rows, which it injects where it does; None injects nothing.
        rows: which of the segments.
    """
    dims = strategy.dims or SMALL
    video, tokens = sample_video(dims=dims)[rows], rows_of(sample_patches(dims=dims), rows)
    if "patches" not in strategy.stages:
        return video
    injector = None if seen is None else strategy.video_injector(seen)
    return replace(video, pooled=encode_patches(tokens, dims, injector))


def rows_of(tokens: VideoTokens, rows: Rows) -> VideoTokens:
    """Return some rows of embeddings, as a batch of their own."""
    proxies, patches, frames = tokens.proxies[rows], tokens.patches[rows], tokens.frames[rows]
    return VideoTokens(proxies, patches, np.arange(len(frames)), frames)


def stored_videos(
    strategy: FusionStrategy, seen: EmotionScores, rows: Rows = slice(None)
) -> Tensor:
    """Return the stored vectors of some of the random segments, which show emotions `seen`."""
    return strategy.fuse_video(sample_videos(strategy, seen, rows), seen)


def sample_seen(strategy: FusionStrategy) -> EmotionScores:
    """Return random emotions of the segments, and of their frames where the strategy asks."""
    return sample_emotions(frames=FRAMES if strategy.needs_frame_emotions else 0)


def encode_queries(strategy: FusionStrategy, wanted: EmotionScores, seed: int = 1) -> TextFeatures:
    """Return random texts as the strategy has them encoded: through `inject`, where it does."""
    dims = strategy.dims or SMALL
    text = sample_text(len(wanted), seed, dims)
    assert text.tokens is not None
    assert text.mask is not None
    injection = strategy.injector(wanted)
    if injection is None:
        changed = strategy.inject(text.tokens, wanted)
        same = isinstance(changed, Tensor) and changed.equal(text.tokens)
        assert same, "inject changes tokens: `stages` must say so"
        return text
    return TextFeatures(
        encode_tokens(text.tokens, text.mask, dims, injection), text.tokens, text.mask
    )


def scores_of(
    strategy: FusionStrategy, wanted: EmotionScores, weight: float | None = None
) -> Tensor:
    """Return the scores [B, 40] of random texts and segments."""
    text = encode_queries(strategy, wanted)
    weighed = {} if weight is None else {"weight": weight}
    stored = stored_videos(strategy, sample_seen(strategy))
    return strategy.fuse_text(text, wanted, **weighed) @ stored.T


def baseline_scores(strategy: FusionStrategy) -> Tensor:
    """Return the baseline's scores [5, 40]."""
    return (
        sample_text(QUERIES, dims=strategy.dims or SMALL).pooled @ sample_videos(strategy).pooled.T
    )


def check_shapes(strategy: FusionStrategy) -> None:
    """Check shapes and finite numbers, with all features and with the fewest."""
    check_silence(strategy)
    seen = sample_seen(strategy)
    video = sample_videos(strategy, seen)
    stored = strategy.fuse_video(video, seen)
    assert stored.ndim == 2, f"fuse_video: one vector a segment, got {list(stored.shape)}"
    assert len(stored) == SEGMENTS, f"fuse_video: one vector a segment, got {list(stored.shape)}"
    assert stored.dtype == torch.float32, f"fuse_video: float32, got {stored.dtype}"
    bare = strategy.fuse_video(VideoFeatures(video.pooled), seen)
    assert bare.shape == stored.shape, "segments without frames must have vectors too"
    assert stored.isfinite().all(), "fuse_video gives numbers that are not finite"
    refused = EmotionScores(-sample_emotions(QUERIES).values, np.ones((QUERIES, 8), bool))
    for wanted in (sample_emotions(QUERIES), refused, no_emotion(QUERIES)):
        text = encode_queries(strategy, wanted)
        empty = TextFeatures(torch.zeros_like(text.pooled))
        for given in (text, TextFeatures(text.pooled), empty):
            asked = strategy.fuse_text(given, wanted)
            assert asked.shape == (QUERIES, stored.shape[1]), (
                "fuse_text and fuse_video must give vectors of one length: score is their inner "
                f"product; got {list(asked.shape)} and {list(stored.shape)}"
            )
            assert asked.isfinite().all(), "fuse_text gives numbers that are not finite"
    check_rerank_shape(strategy)


def check_silence(strategy: FusionStrategy) -> None:
    """Check that embeddings of videos change only where `stages` says so."""
    tokens = sample_patches(dims=strategy.dims or SMALL)
    if "patches" not in strategy.stages:
        same = strategy.inject_video(tokens, sample_emotions())
        kept = isinstance(same, VideoTokens) and same.patches is tokens.patches
        assert kept, "inject_video changes embeddings: `stages` must say so"


def check_rerank_shape(strategy: FusionStrategy) -> None:
    """Check that rerank scores one query's segments, or pairs, one number each."""
    wanted, video, seen = sample_emotions(QUERIES), sample_videos(strategy), sample_seen(strategy)
    text = encode_queries(strategy, wanted)
    one = strategy.rerank(text[:1], wanted[:1], video, seen)
    if one is None:
        return
    assert one.shape == (SEGMENTS,), f"rerank: one score a segment, got {list(one.shape)}"
    assert one.isfinite().all(), "rerank gives numbers that are not finite"
    alone = strategy.rerank(text[:1], wanted[:1], video[3:4], seen[3:4])
    assert alone is not None
    close(alone[0], one[3], "rerank: a segment's score must not depend on the others")


def check_rows(strategy: FusionStrategy) -> None:
    """Check that a vector depends on its own row alone, and is the same when asked again."""
    seen, wanted = sample_seen(strategy), sample_emotions(QUERIES)
    stored = stored_videos(strategy, seen)
    order = np.random.default_rng(4).permutation(SEGMENTS)
    moved = stored_videos(strategy, seen[order], order)
    close(
        moved, stored[torch.from_numpy(order)], "fuse_video: the order of a batch must not matter"
    )
    alone = stored_videos(strategy, seen[3:4], slice(3, 4))
    close(alone[0], stored[3], "fuse_video: a segment's vector must not depend on its batch")
    check_filled_up(strategy, stored)
    text = encode_queries(strategy, wanted)
    asked = strategy.fuse_text(text, wanted)
    close(strategy.fuse_text(text, wanted), asked, "the same query must ask the same")
    alone = strategy.fuse_text(text[2:3], wanted[2:3])
    close(alone[0], asked[2], "fuse_text: a query's vector must not depend on its batch")


def check_filled_up(strategy: FusionStrategy, stored: Tensor) -> None:
    """Check that frames of which nothing was observed do not count: they fill up a batch."""
    seen = sample_seen(strategy)
    if seen.frames is None:
        return
    alone = [*seen.frames.clips(), EmotionScores.unobserved(FRAMES + 2)]
    longer = replace(seen, frames=FrameEmotions.of(alone)[: len(seen)])
    close(
        stored_videos(strategy, longer),
        stored,
        "fuse_video: frames of which nothing was observed fill up a batch, and must not count",
    )


def check_unobserved(strategy: FusionStrategy) -> None:
    """Check that unknown emotion moves no segment: it is stored as its content alone."""
    video = sample_videos(strategy)
    unknown = stored_videos(strategy, EmotionScores.unobserved(SEGMENTS))
    if near(unknown, stored_videos(strategy, sample_seen(strategy))):
        return  # emotion in the video is not looked at
    content = torch.zeros_like(unknown)
    content[:, : video.pooled.shape[1]] = video.pooled
    close(
        unknown,
        content,
        "unknown is not zero: a segment of which no emotion was observed must be stored as its "
        "content alone; multiply by the mask (`to_tensors` returns it)",
    )


def check_weight(strategy: FusionStrategy) -> None:
    """Check that weight 0 asks for content alone, where a query can weigh.

    What `inject` has done to a text is not undone by a weight.
    """
    if strategy.weighs and "tokens" not in strategy.stages:
        scores = scores_of(strategy, sample_emotions(QUERIES), 0.0)
        close(scores, baseline_scores(strategy), "weight 0 must score as the baseline does")
        if "weight" in signature(strategy.rerank).parameters:
            weightless = partial(strategy.rerank, weight=0.0)
            check_reranked(strategy, sample_emotions(QUERIES), "with weight 0", weightless)


def check_neutral(strategy: FusionStrategy) -> None:
    """Check that without emotion the scores are the baseline's, those of rerank too."""
    for wanted in (no_emotion(QUERIES), EmotionScores.unobserved(QUERIES)):
        close(
            scores_of(strategy, wanted),
            baseline_scores(strategy),
            "a query without emotion must score as the baseline does",
        )
    check_reranked(strategy, no_emotion(QUERIES), "without emotion")


def check_identity(strategy: FusionStrategy) -> None:
    """Check that before training the scores are the baseline's, whatever the emotions."""
    strategy.eval()
    wanted = sample_emotions(QUERIES)
    with torch.inference_mode():
        close(
            scores_of(strategy, wanted),
            baseline_scores(strategy),
            "before training a strategy must score as the baseline does: let what is learned in "
            "through a gate that starts at zero",
        )
        check_reranked(strategy, wanted, "before training")


def check_reranked(
    strategy: FusionStrategy,
    wanted: EmotionScores,
    when: str,
    rerank: Callable[..., Tensor | None] | None = None,
) -> None:
    """Check that rerank keeps the baseline's scores."""
    rerank = rerank or strategy.rerank
    video, seen = sample_videos(strategy), sample_seen(strategy)
    scores = rerank(encode_queries(strategy, wanted)[:1], wanted[:1], video, seen)
    if scores is not None:
        expected = baseline_scores(strategy)[0]
        close(scores, expected, f"rerank must score as the baseline does {when}")


def check_gradients(strategy: FusionStrategy) -> None:
    """Train two steps; check that gradients have reached every parameter by then."""
    learned = {n: p for n, p in strategy.named_parameters() if p.requires_grad}
    optimizer = torch.optim.SGD(learned.values(), lr=RATE)
    strategy.train()
    reached: set[str] = set()
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = sample_loss(strategy)
        assert loss.isfinite(), "the loss, with the terms of auxiliary_losses, is not finite"
        loss.backward()
        reached |= {n for n, p in learned.items() if p.grad is not None and p.grad.any()}
        optimizer.step()
    missed = sorted(learned.keys() - reached)
    assert not missed, f"no gradient reached {', '.join(missed)} within {STEPS} steps"


def sample_loss(strategy: FusionStrategy) -> Tensor:
    """Return a contrastive loss over random pairs; reranked scores and own terms count too."""
    wanted, seen = sample_emotions(PAIRED, seed=5), sample_seen(strategy)[:PAIRED]
    text = encode_queries(strategy, wanted)
    video = sample_videos(strategy, seen, slice(PAIRED))
    scores = strategy.fuse_text(text, wanted) @ strategy.fuse_video(video, seen).T
    loss = cross_entropy(10 * scores, torch.arange(PAIRED))
    own = strategy.auxiliary_losses(text, wanted, video, seen)
    loss = loss + sum(own.values(), loss.new_zeros(()))
    rerank = partial(strategy.rerank, video=video, seen=seen)
    reranked = [rerank(text[r : r + 1], wanted[r : r + 1]) for r in range(PAIRED)]
    better = [row for row in reranked if row is not None]
    return loss + cross_entropy(10 * torch.stack(better), torch.arange(PAIRED)) if better else loss


def check_saving(strategy: FusionStrategy, fresh: FusionStrategy) -> None:
    """Check that a fresh copy with the saved state makes the same vectors."""
    strategy.eval()
    fresh.eval()
    state = {name: value.detach().clone() for name, value in strategy.state_dict().items()}
    with TemporaryDirectory() as folder:
        save_file(state, Path(folder) / "state.safetensors")
        put_state(fresh, load_file(Path(folder) / "state.safetensors"))
    with torch.inference_mode():
        close(
            scores_of(fresh, sample_emotions(QUERIES)),
            scores_of(strategy, sample_emotions(QUERIES)),
            "a strategy that is saved and loaded must score as before: what training learns "
            "belongs into parameters, what `fit` learns into buffers",
        )


def close(found: Tensor, expected: Tensor, message: str) -> None:
    """Assert that two tensors agree within rounding, and say by how much they do not."""
    same = found.shape == expected.shape
    difference = (found - expected).abs().max().item() if same and found.numel() else 0.0
    assert near(found, expected), f"{message}; they differ by up to {difference:.2g}"


def near(found: Tensor, expected: Tensor) -> bool:
    """Return whether two tensors agree but for the order in which sums were made."""
    same = found.shape == expected.shape
    return same and torch.allclose(found, expected, rtol=1e-4, atol=1e-5)
