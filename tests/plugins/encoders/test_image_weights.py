"""Weights of image networks: read without running code, and loaded only where they fit."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from moodreel.errors import ConfigurationError
from moodreel_plugins.encoders.image_networks import TimmNetwork
from moodreel_plugins.encoders.image_weights import load_in_order, packaged_weights, read_weights


def test_an_unknown_model_is_refused(tmp_path):
    file = tmp_path / "weights.safetensors"
    save_file({"weight": torch.zeros(1)}, file)
    with pytest.raises(ConfigurationError, match="no_such_model"):
        _ = TimmNetwork("no_such_model", checkpoint=str(file)).network


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
def test_a_damaged_file_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"not weights")
    with pytest.raises(ConfigurationError, match=f"{name}: no weights can be read"):
        read_weights(tmp_path / name)


class Marked:
    """Leaves a mark where it is unpickled."""

    def __reduce__(self):
        return Path.touch, (Path("ran"),)


def test_code_in_a_checkpoint_never_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"weight": Marked()}, "evil.pth")
    with pytest.raises(ConfigurationError, match="no weights can be read"):
        read_weights(Path("evil.pth"))
    assert not Path("ran").exists()


SOURCE = Path("weights.pth")


def layers(width=3):
    return torch.nn.Sequential(torch.nn.Linear(2, width), torch.nn.Linear(width, 2))


def test_weights_load_by_name_whatever_their_order():
    model, other = layers(), layers()
    load_in_order(model, dict(reversed(other.state_dict().items())), SOURCE)
    assert torch.equal(model[0].weight, other[0].weight)


def test_weights_of_other_names_load_in_order():
    model, other = layers(), layers()
    named = {f"their.{name}": value for name, value in other.state_dict().items()}
    load_in_order(model, named, SOURCE)
    assert torch.equal(model[1].bias, other[1].bias)


@pytest.mark.parametrize(
    "weights",
    [
        {},
        layers(4).state_dict(),
        {f"their.{name}": value for name, value in layers(4).state_dict().items()},
        dict(list(layers().state_dict().items())[:-1]),
        layers().state_dict() | {"more": torch.zeros(1)},
        {
            f"x{i}": value
            for i, value in enumerate([*layers().state_dict().values(), torch.ones(1)])
        },
        dict.fromkeys(layers().state_dict(), "text"),
    ],
    ids=["none", "other sizes", "other names and sizes", "too few", "named more", "more", "text"],
)
def test_weights_of_another_model_are_refused(weights):
    with pytest.raises(ConfigurationError, match=r"weights\.pth: these are not the weights"):
        load_in_order(layers(), weights, SOURCE)


def test_a_file_that_holds_no_mapping_is_refused(tmp_path):
    torch.save(torch.zeros(3), tmp_path / "tensor.pth")
    with pytest.raises(ConfigurationError, match=r"tensor\.pth"):
        read_weights(tmp_path / "tensor.pth")


def test_packaged_weights_are_there():
    assert packaged_weights("tf_efficientnet_lite2").is_file()
