"""A strategy of a file, and its options, mean the same in every command that takes a strategy."""

import pytest

from outcomes import check_refused

PLUGIN = """
import torch
from moodreel import hookimpl
from moodreel.fusion import FusionStrategy

class Mine(FusionStrategy):
    def __init__(self, share: float = 0.5) -> None:
        super().__init__()
        self.share = share

    def fuse_text(self, text, wanted):
        return self.share * torch.cat([text.pooled, torch.from_numpy(wanted.values)], -1)

    def fuse_video(self, video, seen):
        return torch.cat([video.pooled, torch.from_numpy(seen.values)], -1)

@hookimpl
def register_fusion_strategies(register):
    register("mine", Mine)
"""
SEARCHING = {
    "search": ["a cat"],
    "mood": ["joy"],
    "similar": ["{cat}"],
    "recommend": ["--like", "{cat}"],
}
OTHERS = {
    "explain": ["a cat", "{cat}"],
    "evaluate": ["{captions}"],
    "compare": ["{captions}"],
    "track": ["a happy woman"],
    "map": ["a cat"],
    "train": ["{captions}"],
}


@pytest.fixture
def call(moodreel, demo, tmp_path, monkeypatch):
    """Call a command on the demo's index or videos, with a plugin's file."""
    (tmp_path / "mine.py").write_text(PLUGIN)
    (tmp_path / "captions.csv").write_text("video,caption\ncat.mp4,a cat\n")
    paths = {"cat": demo / "videos" / "cat.mp4", "captions": tmp_path / "captions.csv"}
    monkeypatch.setenv("MOODREEL_INDEX", str(demo / "index"))
    monkeypatch.chdir(tmp_path)

    def call_command(name, *more):
        given = [item.format(**paths) for item in {**SEARCHING, **OTHERS}[name]]
        return moodreel(name, *given, "--plugin", "mine.py", *more)

    return call_command


@pytest.mark.parametrize("name", SEARCHING)
def test_a_strategy_of_a_file_is_chosen_with_its_options(call, name):
    done = call(name, "--fusion", "mine", "fusion_strategy.share=0.25", "--json")
    assert done.code == 0, done.err
    again = call(name, "fusion_strategy.share=0.25", "fusion_strategy=mine", "--json")
    assert again.objects == done.objects != call(name, "--fusion", "mine", "--json").objects


@pytest.mark.parametrize("name", [*SEARCHING, *OTHERS])
def test_an_option_that_no_chosen_strategy_takes_is_refused(call, name):
    check_refused(call(name, "--fusion", "mine", "fusion_strategy.shar=1"), "'share'")


@pytest.mark.parametrize("name", [*SEARCHING, *OTHERS])
def test_two_strategies_for_one_place_are_refused(call, name):
    check_refused(call(name, "--fusion", "mine", "fusion_strategy=late"), "two fusion strategies")


@pytest.mark.parametrize("name", [*SEARCHING, *OTHERS])
def test_a_file_that_is_not_there_is_named(call, name):
    check_refused(call(name, "--plugin", "none.py", "--fusion", "mine"), "none.py")
