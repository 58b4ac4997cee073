"""Conformance checks that any plugin's author can call on a component.

    from moodreel.testing import check_fusion_strategy

    def test_my_strategy():
        check_fusion_strategy(MyStrategy())

Each raises AssertionError with what the contract says and what the component does.
"""

import numpy as np
import torch
from torch import Tensor

from moodreel.emotions import Emotion, EmotionScores
from moodreel.fusion import Dims, FusionStrategy
from moodreel.interfaces import Captioner, TextFeatures, VectorStore, VideoFeatures
from moodreel.media import Clip

MOST_WORDS = 16
SEGMENTS, DIM, TOKENS, WIDTH, FRAMES = 40, 16, 6, 12, 3


def sample_video(seed: int = 0) -> VideoFeatures:
    """Return random features of a small collection: pooled [40, 16], frames [40, 3, 16]."""
    draw = torch.Generator().manual_seed(seed)
    frames = torch.randn(SEGMENTS, FRAMES, DIM, generator=draw)
    return VideoFeatures(unit(frames.mean(1)), unit(frames))


def sample_text(batch: int = 5, seed: int = 1) -> TextFeatures:
    """Return random features of some texts: pooled [B, 16], tokens [B, 6, 12]."""
    draw = torch.Generator().manual_seed(seed)
    tokens = torch.randn(batch, TOKENS, WIDTH, generator=draw)
    pooled = unit(torch.randn(batch, DIM, generator=draw))
    return TextFeatures(pooled, tokens, torch.ones(batch, TOKENS, dtype=torch.bool))


def sample_emotions(batch: int = SEGMENTS, seed: int = 2) -> EmotionScores:
    """Return random intensities [B, 8]; a quarter of them unobserved."""
    draw = np.random.default_rng(seed)
    shape = (batch, len(Emotion))
    return EmotionScores(draw.random(shape, np.float32), draw.random(shape) > 0.25)


def unit(vectors: Tensor) -> Tensor:
    """L2-normalise the last dimension."""
    return torch.nn.functional.normalize(vectors, dim=-1)


def no_emotion(batch: int) -> EmotionScores:
    """Return the emotions of texts that were looked at and name none."""
    return EmotionScores.of([{} for _ in range(batch)], observes=Emotion)


@torch.inference_mode()
def check_fusion_strategy(strategy: FusionStrategy) -> None:
    """Check shapes, determinism, and that a query without emotion ranks as the baseline does."""
    video, emotions, text = sample_video(), sample_emotions(), sample_text()
    strategy.bind(Dims(DIM, WIDTH)).eval()
    strategy.fit(video, emotions)
    stored = strategy.fuse_video(video, emotions)
    assert stored.shape[0] == SEGMENTS, f"fuse_video: one vector a segment, got {stored.shape}"
    assert stored.isfinite().all(), "fuse_video gives numbers that are not finite"
    for wanted in (sample_emotions(5), no_emotion(5), EmotionScores.unobserved(5)):
        asked = strategy.fuse_text(text, wanted)
        assert asked.shape == (5, stored.shape[1]), "texts and videos must share a dimension"
        assert asked.isfinite().all(), "fuse_text gives numbers that are not finite"
        assert asked.equal(strategy.fuse_text(text, wanted)), "the same query must ask the same"
    check_neutral_queries(strategy, text, video, stored)
    check_single_rows(strategy, video, emotions, stored)


def check_neutral_queries(
    strategy: FusionStrategy, text: TextFeatures, video: VideoFeatures, stored: Tensor
) -> None:
    """Check promise 2: without emotion, the scores are the baseline's."""
    for wanted in (no_emotion(5), EmotionScores.unobserved(5)):
        scores = strategy.fuse_text(text, wanted) @ stored.T
        torch.testing.assert_close(
            scores,
            text.pooled @ video.pooled.T,
            msg="a query without emotion must score as the baseline does",
        )


def check_single_rows(
    strategy: FusionStrategy, video: VideoFeatures, emotions: EmotionScores, stored: Tensor
) -> None:
    """Check that a segment's vector does not depend on the batch it is fused in."""
    frames = None if video.frames is None else video.frames[3:4]
    alone = strategy.fuse_video(VideoFeatures(video.pooled[3:4], frames), emotions[3:4])
    torch.testing.assert_close(
        alone[0], stored[3], msg="a segment's vector must not depend on its batch"
    )


def check_vector_store(store: VectorStore) -> None:
    """Check an empty store: adding, exact search, removing, and the count."""
    vectors = sample_video().pooled.numpy()
    ids = np.arange(SEGMENTS, dtype=np.int64) * 7 + 3
    assert store.count == 0, "the store to check must be empty"
    assert store.search(vectors[:1], 5)[0].shape == (1, 0), "an empty store finds nothing"
    store.add(ids[:30], vectors[:30])
    store.add(ids[30:], vectors[30:])
    assert store.count == SEGMENTS
    check_search(store, ids, vectors)
    store.remove(np.append(ids[:10], 999_999))
    assert store.count == SEGMENTS - 10
    check_search(store, ids[10:], vectors[10:])


def check_search(store: VectorStore, ids: np.ndarray, vectors: np.ndarray) -> None:
    """Check that search finds the largest inner products, negative ones too."""
    queries = sample_text().pooled.numpy()
    exact = queries @ vectors.T
    found, scores = store.search(queries, len(ids) + 5)
    assert found.shape == scores.shape == exact.shape, "k is at most the count"
    assert (np.diff(scores, axis=1) <= 1e-6).all(), "best first"
    np.testing.assert_allclose(scores, -np.sort(-exact, axis=1), atol=2e-3)
    held = store.vectors(found[0])
    np.testing.assert_allclose(held @ queries[0], scores[0], atol=1e-5)


def check_captioner(captioner: Captioner) -> None:
    """Check one caption of 1 to 16 words a clip, of any shape, that depends on no other clip."""
    draw = np.random.default_rng(0)
    shapes = [(1, 480, 640), (4, 64, 48), (3, 1, 1)]
    pictures = [draw.integers(0, 256, (*shape, 3), np.uint8) for shape in shapes]
    clips = [Clip(frames, np.arange(len(frames), dtype=np.float64)) for frames in pictures]
    said = captioner.caption(clips)
    assert len(said) == len(clips), f"one caption a clip, got {len(said)} for {len(clips)}"
    for caption in said:
        assert 1 <= len(caption.split()) <= MOST_WORDS, f"1 to 16 words, got {caption!r}"
    assert said == [captioner.caption([clip])[0] for clip in clips], "captions depend on the batch"
    assert captioner.caption([]) == [], "no clips, no captions"
