"""Trained strategies: kept in a folder, taken up in place of a name, refused where they misfit."""

import pytest
import torch

from moodreel import Engine, Registry
from moodreel.errors import ConfigurationError
from moodreel.fusion.checkpoints import Checkpoint, TrainingContext, load_strategy, save_strategy
from nearness import ROUNDING


def shake(strategy, seed=1):
    """Give every parameter another value, as training would."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in strategy.parameters():
            parameter += torch.randn(parameter.shape, generator=draw) * 0.3
    return strategy


@pytest.fixture
def folder(registry, tmp_path):
    strategy = shake(load_strategy(registry, "video-side", mood_dim=4))
    return save_strategy(tmp_path / "mine", strategy, TrainingContext.of(registry), {"seed": 1})


def test_a_strategy_comes_back_as_it_was_saved(registry, tmp_path):
    saved = shake(load_strategy(registry, "video-side", mood_dim=4))
    folder = save_strategy(tmp_path / "mine", saved, TrainingContext.of(registry), {"seed": 1})
    loaded = load_strategy(registry, str(folder))
    for (name, value), (other, again) in zip(
        saved.state_dict().items(), loaded.state_dict().items(), strict=True
    ):
        assert name == other
        assert value.equal(again)
    assert Checkpoint.load(folder).training == {"seed": 1}


def test_a_trained_strategy_has_a_fingerprint_of_its_own(registry, folder, tmp_path):
    untrained = load_strategy(registry, "video-side", mood_dim=4)
    first = load_strategy(registry, str(folder))
    save_strategy(folder, shake(untrained, seed=2), TrainingContext.of(registry))
    second = load_strategy(registry, str(folder))
    assert len({untrained.fingerprint, first.fingerprint, second.fingerprint}) == 3


def test_the_first_values_depend_on_the_seed_alone(registry):
    first, again, other = (load_strategy(registry, "video-side", seed) for seed in (3, 3, 4))
    assert first.text_side.weight.equal(again.text_side.weight)
    assert not first.text_side.weight.equal(other.text_side.weight)


def test_building_a_strategy_leaves_the_random_state_alone(registry):
    before = torch.random.get_rng_state()
    load_strategy(registry, "video-side")
    assert before.equal(torch.random.get_rng_state())


def test_a_preset_takes_a_trained_strategys_folder(folder):
    registry = Registry.load(overrides=[f"fusion_strategy={folder}"])
    assert load_strategy(registry).mood_dim == 4


def test_a_component_goes_before_a_folder_of_its_name(registry, folder, monkeypatch):
    folder.rename(folder.with_name("late"))
    monkeypatch.chdir(folder.parent)
    assert type(load_strategy(registry, "late")).__name__ == "Late"
    assert type(load_strategy(registry, "./late")).__name__ == "VideoSide"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("content: 384", "content: 512", r"Dims\(content=512, token=384\) against sentence"),
        ("name: face\n      fingerprint: .*", "name: eyes\n      fingerprint: x", "eyes .x. ag"),
        (r"version: '\d+'", "version: '0'", "version 0 of 'video-side', installed is"),
        ("plugin: video-side", "plugin: vido-side", "Did you mean 'video-side'"),
        ("mood_dim: 4", "mood_dimm: 4", "no option 'mood_dimm'"),
        ("mood_dim: 4", "mood_dim: 5", r"video_side.weight is \[4, 24\], not \[5, 24\]"),
        ("space: ", "spice: ", "not a strategy's file: 'space'"),
        ("^", "- a list\n", "not a strategy's file"),
    ],
)
def test_a_misfit_is_named(registry, folder, before, after, says):
    import re

    file = folder / "strategy.yaml"
    file.write_text(re.sub(before, after, file.read_text(), count=1))
    with pytest.raises(ConfigurationError, match=says) as caught:
        load_strategy(registry, str(folder))
    assert "\n" not in str(caught.value)


def test_damaged_weights_and_a_folder_without_a_strategy_are_named(registry, folder, tmp_path):
    (folder / "strategy.safetensors").write_bytes(b"\x00" * 40)
    with pytest.raises(ConfigurationError, match=r"strategy\.safetensors: cannot be read"):
        load_strategy(registry, str(folder))
    with pytest.raises(ConfigurationError, match="holds no trained strategy"):
        load_strategy(registry, str(tmp_path / "none"))


def test_a_folder_of_runs_says_which_they_are(registry, folder):
    inside = folder.parent / "runs"
    inside.mkdir()
    folder.rename(inside / "seed-1")
    with pytest.raises(ConfigurationError, match=r"holds the runs seed-1, .* such as \S+/seed-1$"):
        load_strategy(registry, str(inside))


def test_options_are_refused_for_a_trained_strategy(registry, folder):
    with pytest.raises(ConfigurationError, match="leave out mood_dim"):
        load_strategy(registry, str(folder), mood_dim=8)
    given = Registry.load(overrides=["fusion_strategy.weight=0.4"])
    assert load_strategy(given, str(folder)).mood_dim == 4, "options of another strategy's slot"


def test_adopting_a_trained_strategy_decodes_nothing(demo, folder, monkeypatch):
    """The reader and everything that looks at frames refuse to work: fusing goes on."""
    from moodreel_plugins.emotion.face import FaceExtractor
    from moodreel_plugins.encoders.conse import ConseVideoEncoder

    def refuse(*_):
        raise AssertionError("nothing may be decoded or encoded again")

    monkeypatch.setattr(ConseVideoEncoder, "encode", refuse)
    monkeypatch.setattr(FaceExtractor, "extract", refuse)
    monkeypatch.setattr("moodreel.decoding.decoder.Decoder.read", refuse)
    with Engine.from_preset(index=demo / "index") as engine:
        plain = engine.search("a joyful person", fusion="baseline", top=99, merge=False)
        moody = engine.search("a joyful person", fusion=str(folder), top=99, merge=False)
    assert all(abs(hit.emotion_score) < ROUNDING for hit in plain)
    assert any(abs(hit.emotion_score) > 1e-3 for hit in moody)


def test_a_strategy_trained_again_in_place_is_taken_up(demo, folder, registry):
    with Engine.from_preset(index=demo / "index") as engine:
        first = engine.search("a joyful person", fusion=str(folder), top=99)
        again = shake(load_strategy(registry, "video-side", mood_dim=4), seed=5)
        save_strategy(folder, again, TrainingContext.of(registry))
        second = engine.search("a joyful person", fusion=str(folder), top=99)
    assert [hit.score for hit in first] != [hit.score for hit in second]
