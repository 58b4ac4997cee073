"""Which parameters of an encoder learn, and that a tuned one is found again."""

import pytest
import torch

from moodreel import Registry
from moodreel.settings import load_settings
from moodreel.training.tuning import tunable_network
from tiny_models import save_clip, save_vip

FAMILIES = {"clip": (save_clip, "model"), "clip-vip": (save_vip, "checkpoint")}


@pytest.fixture(params=FAMILIES)
def tiny(request, tmp_path):
    """A registry whose preset is a dual encoder with small random weights."""
    save, option = FAMILIES[request.param]
    folder = str(save(tmp_path / "tiny"))
    kinds = ("text_encoder", "video_encoder")
    path = tmp_path / "tiny.yaml"
    entry = f"{{plugin: {request.param}, {option}: {folder}, dtype: float32, device: cpu}}"
    path.write_text("components:\n" + "".join(f"  {kind}:\n    tiny: {entry}\n" for kind in kinds))
    overrides = [f"{kind}=tiny" for kind in kinds]
    return Registry(load_settings("starter", path, overrides))


def learning(network):
    return {name for name, parameter in network.named_parameters() if parameter.requires_grad}


def test_the_projection_is_the_texts_own_last_map(tiny):
    assert learning(tunable_network(tiny, "projection")) == {"text_projection.weight"}


def test_the_image_half_does_not_learn_with_the_texts(tiny):
    names = learning(tunable_network(tiny, "text"))
    assert "text_projection.weight" in names
    assert len(names) > 10
    assert not any(name.startswith("vision") or name.startswith("visual") for name in names)


def test_a_saved_encoder_keeps_its_space_and_its_new_weights(tiny, tmp_path):
    encoder = tiny.slot("text_encoder")
    network, before = tunable_network(tiny, "projection"), encoder.encode(["abc"]).pooled
    with torch.no_grad():
        network.text_projection.weight.mul_(-1)
    options = encoder.save(tmp_path / "tuned")
    again = tiny.build(tiny.plugin_entry("text_encoder", encoder.recipe["plugin"]), options)
    assert again.space == encoder.space == tiny.slot("video_encoder").space
    torch.testing.assert_close(again.encode(["abc"]).pooled, -before, rtol=1e-4, atol=1e-5)
