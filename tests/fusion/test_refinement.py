"""The refinement of queries: once for all strategies, under the names that trained ones hold."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from moodreel import EmotionScores
from moodreel.fusion import Dims, has_wish
from moodreel.fusion.checkpoints import WEIGHTS, TrainingContext, load_strategy, save_strategy
from moodreel.interfaces import TextFeatures, VideoFeatures
from moodreel_plugins.fusion.late import Late
from moodreel_plugins.fusion.video_side import VideoSide
from nearness import assert_near

CONTENT = 6
NAMES = {"shrinkage.pull", "shrinkage.residue", "corrections"}  # as commit 0f8e06b saved them
REFINING = {"video-side": {}, "late": {"weight": "learned"}}


def bound(strategy):
    return strategy.bind(Dims(CONTENT, CONTENT)).eval()


@pytest.fixture(params=[VideoSide, lambda: Late("learned")], ids=["video-side", "late"])
def strategy(request):
    made = bound(request.param())
    draw = torch.Generator().manual_seed(0)
    made.adapt(
        VideoFeatures(torch.randn(50, CONTENT, generator=draw)),
        EmotionScores.of([{"joy": 0.02 * n} for n in range(50)]),
    )
    made.shrinkage.pull.data += 0.05
    made.corrections.data += torch.randn(made.corrections.shape, generator=draw)
    return made


@torch.no_grad()
def test_content_is_refined_where_a_mood_is_wanted_and_nowhere_else(strategy):
    text = TextFeatures(torch.randn(2, CONTENT))
    wanted = EmotionScores.of([{"joy": 1.0}, {}], observes=["joy"])
    asked = strategy.fuse_text(text, wanted)[:, :CONTENT]
    refined = text.pooled + strategy.shrinkage(text.pooled) + strategy.corrections[0]
    assert_near(asked[0], refined[0])
    assert asked[1].equal(text.pooled[1])
    assert has_wish(wanted, text.pooled).tolist() == [[1], [0]]


@pytest.mark.parametrize(("name", "options"), REFINING.items())
def test_trained_strategies_of_before_load_unchanged(registry, tmp_path, name, options):
    strategy = load_strategy(registry, name, **options)
    assert set(strategy.state_dict()) >= NAMES
    folder = save_strategy(tmp_path / "mine", strategy, TrainingContext.of(registry))
    state = load_file(folder / WEIGHTS)
    trained = {key: torch.randn(state[key].shape) for key in NAMES}
    save_file(state | trained, folder / WEIGHTS)
    loaded = load_strategy(registry, str(folder)).state_dict()
    for key, value in trained.items():
        assert loaded[key].equal(value), key


def test_the_order_of_parameters_is_that_of_states_of_unfinished_runs():
    """An optimizer's state names parameters by their places."""
    assert [name for name, _ in bound(VideoSide()).named_parameters()] == [
        "corrections", "gate", "shrinkage.pull", "text_side.weight", "video_side.weight",
    ]  # fmt: skip
    assert [name for name, _ in bound(Late("learned")).named_parameters()] == [
        "corrections", "weight", "shrinkage.pull",
    ]  # fmt: skip
