"""Which parameters of encoders learn, and that tuned ones are found again."""

import json

import pytest
import torch

from moodreel import Engine, Registry
from moodreel.cli import run
from moodreel.registry.settings import load_settings
from moodreel.training.plan import TrainingPlan
from moodreel.training.tuning import tunable_network
from tiny_models import save_clip, save_vip

FAMILIES = {"clip": (save_clip, "model"), "clip-vip": (save_vip, "checkpoint")}


KINDS = ("text_encoder", "video_encoder")
SHOWN = {"cat": "a cat", "coffee": "a cup of coffee", "rocket": "a rocket", "astronaut": "a woman"}


@pytest.fixture(params=FAMILIES)
def tiny_file(request, tmp_path):
    """A configuration whose preset `tiny` has a dual encoder with small random weights."""
    save, option = FAMILIES[request.param]
    folder = str(save(tmp_path / "tiny"))
    path = tmp_path / "tiny.yaml"
    entry = f"{{plugin: {request.param}, {option}: {folder}, dtype: bfloat16, device: cpu}}"
    chosen = ", ".join(f"{kind}: tiny" for kind in KINDS)
    components = "".join(f"  {kind}:\n    tiny: {entry}\n" for kind in KINDS)
    preset = f"{{extends: starter, captioner: null, {chosen}}}"
    path.write_text(f"presets:\n  tiny: {preset}\ncomponents:\n{components}")
    return path


@pytest.fixture
def tiny(tiny_file):
    return Registry(load_settings("tiny", tiny_file))


@pytest.fixture
def shown(demo, tmp_path):
    """Four of the demo's videos with a caption each."""
    rows = [{"video": f"{name}.mp4", "caption": text} for name, text in SHOWN.items()]
    path = tmp_path / "shown.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return [str(path), "--videos", str(demo / "videos")]


def learning(network):
    return {name for name, parameter in network.named_parameters() if parameter.requires_grad}


def test_the_projection_is_the_texts_own_last_map(tiny):
    assert learning(tunable_network(tiny, TrainingPlan(tune="projection"))) == {
        "text_projection.weight"
    }


def test_the_image_half_does_not_learn_with_the_texts(tiny):
    names = learning(tunable_network(tiny, TrainingPlan(tune="text")))
    assert "text_projection.weight" in names
    assert len(names) > 10
    assert tiny.slot("text_encoder").tuned, "it is no longer what its fingerprint says"
    assert not any(name.startswith("vision") or name.startswith("visual") for name in names)


def test_a_saved_encoder_keeps_its_space_and_its_new_weights(tiny, tmp_path):
    encoder = tiny.slot("text_encoder")
    network, before = (
        tunable_network(tiny, TrainingPlan(tune="projection")),
        encoder.encode(["abc"]).pooled,
    )
    with torch.no_grad():
        network.text_projection.weight.mul_(-1)
    options = encoder.save(tmp_path / "tuned", encoder.space)
    again = tiny.build(tiny.plugin_entry("text_encoder", encoder.recipe["plugin"]), options)
    assert again.space == encoder.space == tiny.slot("video_encoder").space
    # It is tuned in float32 and loaded in bfloat16 again.
    torch.testing.assert_close(again.encode(["abc"]).pooled, -before, rtol=0, atol=5e-3)


def test_both_halves_learn_with_all(tiny):
    names = learning(tunable_network(tiny, TrainingPlan(tune="all")))
    assert {"text_projection.weight", "visual_projection.weight"} <= names
    assert len({name.partition(".")[0] for name in names}) > 2


def test_encoders_tuned_together_have_a_space_of_their_own_and_index_anew(
    tiny_file, shown, demo, tmp_path, capsys
):
    target = tmp_path / "mine"
    more = ["--fusion", "video-side", "--tune", "all", "--steps", "3", "--batch", "4"]
    plan = ["plan.every=3", "plan.encoder_rate=0.01", "--validation", "none"]
    where = ["--preset", "tiny", "--config", str(tiny_file), "--cache", str(tmp_path / "cache")]
    assert run(["train", *shown, *more, *plan, *where, "--to", str(target)]) == 0
    before, after = Registry.load("tiny", tiny_file), Registry.load("tuned", target / "tuned.yaml")
    text, video = (after.slot(kind) for kind in KINDS)
    assert text.space == video.space != before.slot("video_encoder").space
    with Engine(before, tmp_path / "index") as old, Engine(after, tmp_path / "index") as new:
        clips = [old.clip(str(demo / "videos" / f"{name}.mp4")) for name in SHOWN]
        was, became = (e.components.video_encoder.encode(clips).pooled for e in (old, new))
        assert not torch.allclose(was, became, atol=1e-3)
        new.index(demo / "videos" / "cat.mp4")
        assert new.search("a cat", top=1)[0].video.endswith("cat.mp4")
    capsys.readouterr()


def test_an_objective_with_single_frames_tunes_on_single_frames(tiny_file, shown, tmp_path):
    more = ["--fusion", "video-side", "--tune", "all", "--steps", "2", "--batch", "4"]
    plan = ["plan.every=2", "--validation", "none", "--objective", "separate-frames"]
    where = ["--preset", "tiny", "--config", str(tiny_file), "--cache", str(tmp_path / "cache")]
    assert run(["train", *shown, *more, *plan, *where, "--to", str(tmp_path / "mine")]) == 0
