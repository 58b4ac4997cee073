"""The checks themselves: what breaks a contract is found, and said."""

import numpy as np
import pytest
import torch
from torch import nn

from moodreel import EmotionScores
from moodreel.emotions import Emotion
from moodreel.fusion.gated import GatedFusion
from moodreel.fusion.strategy import FusionStrategy, frame_tensors, to_tensors
from moodreel.interfaces import (
    Captioner,
    EmotionExtractor,
    TextEncoder,
    TextFeatures,
    VideoEncoder,
    VideoFeatures,
)
from moodreel.testing import (
    check_captioner,
    check_emotion_extractor,
    check_fusion,
    check_text_encoder,
    check_vector_store,
    check_video_encoder,
)
from moodreel.testing.samples import unit
from moodreel_plugins.stores.faiss_store import FaissStore


class Good(GatedFusion):
    """What the broken strategies below differ from in one thing each."""

    def build(self, dims):
        super().build(dims)
        self.text_side = nn.Linear(dims.content + 8, self.size(dims))
        self.video_side = nn.Linear(16, self.size(dims))

    def text_mood(self, text, wanted):
        intensities, _ = to_tensors(wanted, text.pooled)
        return self.text_side(torch.cat([text.pooled, intensities], -1))

    def video_mood(self, video, seen):
        intensities, observed = to_tensors(seen, video.pooled)
        return self.video_side(torch.cat([intensities, observed.to(intensities)], -1))


class Alone(Good):
    """Makes all its parameters itself, so it has no shrinkage."""

    def build(self, dims):
        self.text_side = nn.Linear(dims.content + 8, self.size(dims))
        self.video_side = nn.Linear(16, self.size(dims))


class NoGate(Good):
    def build(self, dims):
        super().build(dims)
        self.gate = nn.Parameter(torch.ones(()))


class Unreached(Good):
    def build(self, dims):
        super().build(dims)
        self.spare = nn.Linear(3, 3)


class MovesNeutral(Good):
    def fuse_text(self, text, wanted, weight=None):
        fused = super().fuse_text(text, wanted, weight)
        return torch.cat([fused[:, :-16], self.gate * self.text_mood(text, wanted)], -1)


class ForgetsTheMask(FusionStrategy):
    def fuse_text(self, text, wanted):
        intensities, _ = to_tensors(wanted, text.pooled)
        return torch.cat([text.pooled, intensities], -1)

    def fuse_video(self, video, seen):
        intensities, _ = to_tensors(seen, video.pooled)
        return torch.cat([video.pooled, torch.logit(intensities, eps=1e-3)], -1)


class LooksAtTheBatch(ForgetsTheMask):
    def fuse_video(self, video, seen):
        intensities, observed = to_tensors(seen, video.pooled)
        return torch.cat([video.pooled, (intensities - intensities.mean(0)) * observed], -1)


class CountsEveryFrame(ForgetsTheMask):
    """Averages the emotions of frames over those that fill up a batch, too."""

    needs_frame_emotions = True

    def fuse_video(self, video, seen):
        intensities, _ = frame_tensors(seen, video.pooled)
        return torch.cat([video.pooled, intensities.mean(1)], -1)


class MindsTheOrder(ForgetsTheMask):
    def fuse_video(self, video, seen):
        intensities, observed = to_tensors(seen, video.pooled)
        return torch.cat([video.pooled, intensities.cumsum(0) * observed], -1)


class OtherLengths(FusionStrategy):
    def fuse_video(self, video, seen):
        return torch.cat([video.pooled, video.pooled[:, :1]], -1)


class KeepsItsFit(ForgetsTheMask):
    """Learns from the collection, but in an attribute that no file holds."""

    mean = 0.0

    def fit(self, video, seen):
        self.mean = float(seen.values.mean())

    def fuse_video(self, video, seen):
        intensities, observed = to_tensors(seen, video.pooled)
        return torch.cat([video.pooled, (intensities - self.mean) * observed], -1)


class Chance(FusionStrategy):
    def fuse_text(self, text, wanted):
        return text.pooled + torch.rand_like(text.pooled) * 1e-3


class NotFinite(ForgetsTheMask):
    def fuse_video(self, video, seen):
        intensities, _ = to_tensors(seen, video.pooled)
        return torch.cat([video.pooled, intensities.log()], -1)


class SilentInject(FusionStrategy):
    """Changes tokens, and says that it does not."""

    stages = frozenset()

    def inject(self, tokens, wanted):
        return tokens + 1


class ShufflesTheShortlist(FusionStrategy):
    def rerank(self, text, wanted, video, seen, weight=None):
        return torch.arange(len(video.pooled)).float()


class RerankIgnoresWeight(Good):
    def build(self, dims):
        super().build(dims)
        self.bonus = nn.Parameter(torch.zeros(()))

    def rerank(self, text, wanted, video, seen, weight=None):
        known, _ = to_tensors(seen, video.pooled)
        fused = self.fuse_text(text, wanted, weight) * self.fuse_video(video, seen)
        return fused.sum(-1) + self.bonus * known.sum(-1) * bool(wanted.values.any())


@pytest.mark.parametrize(
    ("strategy", "says"),
    [
        (NoGate, "before training a strategy must score as the baseline does"),
        (Unreached, r"no gradient reached spare.bias, spare.weight within 2 steps"),
        (MovesNeutral, "a query without emotion must score as the baseline does"),
        (ForgetsTheMask, "unknown is not zero"),
        (LooksAtTheBatch, "must not depend on its batch"),
        (CountsEveryFrame, "frames of which nothing was observed fill up a batch"),
        (MindsTheOrder, "the order of a batch must not matter"),
        (OtherLengths, "vectors of one length: score is their inner product"),
        (KeepsItsFit, "what `fit` learns into buffers"),
        (Chance, "the same query must ask the same"),
        (NotFinite, "NaN or infinite numbers"),
        (SilentInject, "`stages` must say so"),
        (RerankIgnoresWeight, "rerank must score as the baseline does with weight 0"),
        (ShufflesTheShortlist, "a segment's score must not depend on the others"),
    ],
)
def test_a_broken_strategy_is_told_what_it_broke(strategy, says):
    with pytest.raises(AssertionError, match=says):
        check_fusion(strategy())


def test_a_strategy_without_shrinkage_passes():
    check_fusion(Alone())


def test_a_good_strategy_passes_and_is_left_as_it_was():
    strategy = Good()
    check_fusion(strategy)
    assert strategy.dims is None
    assert not strategy.gate


class Texts(TextEncoder):
    """Letters, as vectors. `inject` is heard, tokens have a width of their own."""

    space, dim, width = "letters", 4, 6

    def table(self):
        return torch.randn(128, self.width, generator=torch.Generator().manual_seed(0))

    def encode(self, texts, inject=None):
        if not texts:
            return TextFeatures(torch.zeros(0, self.dim))
        ids = [[ord(c) % 128 for c in f"^{text}"[:50]] for text in texts]
        mask = torch.tensor([[n < len(row) for n in range(50)] for row in ids])
        padded = torch.tensor([row + [0] * (50 - len(row)) for row in ids])
        tokens = self.table()[padded]
        tokens = inject(tokens) if inject else tokens
        return TextFeatures(self.pool(tokens, mask), tokens, mask)

    def pool(self, tokens, mask):
        return unit((tokens * mask[..., None]).sum(1)[:, : self.dim])


class DeafTexts(Texts):
    def encode(self, texts, inject=None):
        made = super().encode(texts)
        if inject:
            inject(made.tokens)
        return made


class LongTexts(Texts):
    def pool(self, tokens, mask):
        return 2 * super().pool(tokens, mask)


class PaddedTexts(Texts):
    def encode(self, texts, inject=None):
        made = super().encode(texts, inject)
        return TextFeatures(unit(made.pooled + 0.1 * len(texts)), made.tokens, made.mask)


class WideTexts(Texts):
    width = 7

    def table(self):
        return super().table()[:, :6]


class CutTexts(Texts):
    def pool(self, tokens, mask):
        return super().pool(tokens.detach(), mask)


@pytest.mark.parametrize(
    ("encoder", "says"),
    [
        (DeafTexts, "what inject returns must be what is encoded"),
        (LongTexts, "pooled: length 1"),
        (PaddedTexts, "must not depend on the others of its batch"),
        (WideTexts, r"tokens of shape \[4, 50, 6\], not \[4, 50, 7\]"),
    ],
)
def test_a_broken_text_encoder_is_told_what_it_broke(encoder, says):
    check_text_encoder(Texts())
    with pytest.raises(AssertionError, match=says):
        check_text_encoder(encoder())


def test_a_text_encoder_that_stops_gradients_is_refused():
    with pytest.raises((AssertionError, RuntimeError), match="grad"):
        check_text_encoder(CutTexts())


class Videos(VideoEncoder):
    space, dim = "colours", 3

    def encode(self, clips):
        means = np.stack([clip.frames.mean((0, 1, 2)) for clip in clips])
        return VideoFeatures(unit(torch.from_numpy(means).float()))


class CentredVideos(Videos):
    def encode(self, clips):
        pooled = super().encode(clips).pooled
        return VideoFeatures(unit(pooled - pooled.mean(0) + 0.1))


def test_a_broken_video_encoder_is_told_what_it_broke():
    check_video_encoder(Videos())
    with pytest.raises(AssertionError, match="must not depend on the others of its batch"):
        check_video_encoder(CentredVideos())


class Words(EmotionExtractor):
    modality, observes = "text", frozenset({Emotion.JOY})

    def extract(self, inputs):
        return EmotionScores.of([{"joy": float("joy" in text)} for text in inputs], self.observes)


class TellsMore(Words):
    def extract(self, inputs):
        return EmotionScores.of([{"joy": 0.0, "fear": 0.0} for _ in inputs])


class BelowZero(Words):
    def extract(self, inputs):
        return EmotionScores.of([{"joy": -0.5} for _ in inputs])


class Ranks(Words):
    def extract(self, inputs):
        return EmotionScores.of([{"joy": row / 10} for row, _ in enumerate(inputs)])


@pytest.mark.parametrize(
    ("extractor", "says"),
    [
        (TellsMore, "observed but not in `observes`: fear"),
        (BelowZero, "intensities start at 0"),
        (Ranks, "must not depend on the others"),
    ],
)
def test_a_broken_extractor_is_told_what_it_broke(extractor, says):
    check_emotion_extractor(Words())
    with pytest.raises(AssertionError, match=says):
        check_emotion_extractor(extractor())


class Novel(Captioner):
    def caption(self, clips):
        return ["word " * 17 for _ in clips]


def test_a_captioner_that_goes_on_is_refused():
    with pytest.raises(AssertionError, match="at most 16 words"):
        check_captioner(Novel())


class OnlyPositive(FaissStore):
    """Leaves out what scores below zero, as a store of similarities from 0 to 1 might."""

    def search(self, vectors, k):
        ids, scores = super().search(vectors, k)
        return ids, np.maximum(scores, 0)


class Unforgetting(FaissStore):
    def remove(self, ids):
        pass


@pytest.mark.parametrize("store", [OnlyPositive, Unforgetting])
def test_a_broken_store_is_refused(store):
    with pytest.raises(AssertionError):
        check_vector_store(store())
