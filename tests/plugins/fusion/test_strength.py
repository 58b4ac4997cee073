"""How strongly a mood is wanted counts, in every strategy, and nothing of it counts for nothing."""

import pytest
import torch

from moodreel import Emotion, EmotionScores
from moodreel.fusion import Dims
from moodreel.interfaces import TextFeatures, VideoFeatures
from moodreel.registry.registry import Registry

NAMES = ["late", "additive", "concat-fc", "cross-attention", "video-side"]
DIM = 16


@pytest.fixture(params=NAMES)
def strategy(request, registry: Registry):
    """A strategy whose parameters are far from the start, fitted to a small collection."""
    made = registry.create("fusion_strategy", request.param)
    made.bind(Dims(DIM, DIM), 0)
    draw = torch.Generator().manual_seed(3)
    for value in made.parameters():
        value.data += 0.3 * torch.randn(value.shape, generator=draw)
    made.eval()
    made.adapt(*collection())
    return made


def collection():
    draw = torch.Generator().manual_seed(5)
    pooled = torch.nn.functional.normalize(torch.randn(40, DIM, generator=draw), dim=-1)
    values = torch.rand(40, len(Emotion), generator=draw).numpy()
    return VideoFeatures(pooled), EmotionScores(values, values >= 0)


@torch.inference_mode()
def scores(strategy, wanted, weight=None):
    """The scores of the collection for one text that wants a mood."""
    draw = torch.Generator().manual_seed(7)
    pooled = torch.nn.functional.normalize(torch.randn(1, DIM, generator=draw), dim=-1)
    tokens, mask = torch.randn(1, 4, DIM, generator=draw), torch.ones(1, 4, dtype=torch.bool)
    text = TextFeatures(pooled, tokens, mask)
    asked = EmotionScores.of([wanted]) if wanted else EmotionScores.unobserved(1)
    weighed = {} if weight is None else {"weight": weight}
    query = strategy.fuse_text(text, asked, **weighed)
    if type(strategy).__name__ == "Late":  # what mood has, it takes from the content
        query = query / (query[:, :DIM] @ pooled.T).clamp(min=1e-9)
    return (query @ strategy.fuse_video(*collection()).T)[0]


def moved(strategy, strength):
    """How far a wish for joy moves scores from those of the text alone."""
    return float((scores(strategy, {"joy": strength}) - scores(strategy, {})).abs().max())


def test_a_stronger_wish_moves_more(strategy):
    moves = [moved(strategy, strength) for strength in (0.001, 0.1, 0.4, 0.7, 1.0)]
    assert moves == sorted(moves)
    assert moves[-1] > 5 * moves[1] > 0


def test_next_to_no_wish_ranks_as_none(strategy):
    weak, plain = scores(strategy, {"joy": 1e-7}), scores(strategy, {})
    assert weak.argsort().tolist() == plain.argsort().tolist()


def test_a_wish_of_nothing_is_no_wish(strategy):
    assert torch.equal(scores(strategy, {"joy": 0.0}), scores(strategy, {}))


def test_moods_count_by_their_proportion(strategy):
    one = scores(strategy, {"joy": 0.5, "fear": 0.25}) - scores(strategy, {"joy": 1e-6})
    both = scores(strategy, {"joy": 1.0, "fear": 0.5}) - scores(strategy, {"joy": 1e-6})
    torch.testing.assert_close(2 * one, both, rtol=1e-3, atol=1e-4)
