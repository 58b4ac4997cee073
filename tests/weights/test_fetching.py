"""Fetching models: what comes is whole and right, whatever the network does."""

import os
from functools import partial

import pytest
from huggingface_hub import constants

from hub_server import Hub, serving_hub
from moodreel.interfaces import HubForm, HubModel
from moodreel.weights.fetching import BLOCK, fetch_model
from moodreel.weights.hub import FetchError, list_model

NAME = "someone/something"
SIZE = 3 * BLOCK + 1000


@pytest.fixture
def published(tmp_path):
    """The files of a model, as its owner has them."""
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "clip"}')
    (folder / "vocab.json").write_text('{"a": 0}')
    (folder / "README.md").write_text("about it")
    (folder / "model.safetensors").write_bytes(os.urandom(SIZE))
    (folder / "pytorch_model.bin").write_bytes(b"the same weights in another form")
    return folder


@pytest.fixture
def hub(published, tmp_path, monkeypatch):
    """A hub with the model, and an empty cache."""
    hub = Hub({NAME: published})
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("moodreel.weights.fetching.PAUSE", 0.01)
    with serving_hub(hub) as address:
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "ENDPOINT", address)
        yield hub


@pytest.fixture
def model():
    return HubModel(NAME)


def is_whole(folder, published):
    names = {path.name for path in folder.iterdir()}
    return names == {"config.json", "vocab.json", "model.safetensors"} and all(
        (folder / name).read_bytes() == (published / name).read_bytes() for name in names
    )


def test_a_model_comes_whole_in_one_form_and_then_is_there(hub, model, published):
    told = []
    assert not model.is_there
    folder = fetch_model(model, lambda done, total: told.append((done, total)))
    assert is_whole(folder, published)
    assert model.is_there
    assert model.snapshot == folder
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1] > SIZE


def test_what_is_there_is_not_fetched_again(hub, model, published):
    fetch_model(model)
    hub.asked.clear()
    assert is_whole(fetch_model(model), published)
    assert hub.asked == []


def test_a_connection_that_breaks_is_gone_on_with(hub, model, published):
    hub.breaks_after, hub.breaks_left = BLOCK + 10, 2
    assert is_whole(fetch_model(model), published)
    assert [start for name, start in hub.asked if name == "model.safetensors"] == [
        0,
        BLOCK,
        2 * BLOCK,
    ]


def test_what_came_before_a_failure_is_kept_for_the_next_run(hub, model, published):
    hub.breaks_after, hub.breaks_left = BLOCK + 10, 1
    keep = partial(setattr, hub, "status", 503)
    with pytest.raises(FetchError, match="what came is kept"):
        fetch_model(model, lambda done, total: done < BLOCK or keep())
    assert not model.is_there
    hub.status = None
    hub.asked.clear()
    assert is_whole(fetch_model(model), published)
    assert hub.asked[0] == ("model.safetensors", BLOCK)


def test_a_hub_that_knows_no_ranges_sends_the_file_once_more(hub, model, published):
    hub.breaks_after, hub.breaks_left, hub.takes_ranges = BLOCK + 10, 1, False
    assert is_whole(fetch_model(model), published)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_wrong_digest_is_refused_and_nothing_of_it_is_left(hub, model, published, name):
    hub.spoils = {name}
    with pytest.raises(FetchError, match=f"{name} has another digest"):
        fetch_model(model)
    assert not model.is_there
    hub.spoils = set()
    assert is_whole(fetch_model(model), published)


def test_a_damaged_beginning_of_an_earlier_run_is_thrown_away(hub, model, published):
    digest = next(file.digest for file in list_model(model).files if file.is_large)
    part = model.storage / "blobs" / f"{digest}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * BLOCK)
    assert is_whole(fetch_model(model), published)


def test_a_file_that_was_damaged_here_is_fetched_again(hub, model, published):
    weights = fetch_model(model) / "model.safetensors"
    weights.resolve().write_bytes(b"x" * SIZE)
    assert is_whole(fetch_model(model), published)


def test_a_full_disk_is_said_before_anything_is_fetched(hub, model, monkeypatch):
    from shutil import disk_usage

    small = disk_usage("/")._replace(free=BLOCK)
    monkeypatch.setattr("moodreel.weights.fetching.disk_usage", lambda path: small)
    with pytest.raises(FetchError, match=r"more are needed in .* make room, or name a larger disk"):
        fetch_model(model)
    assert hub.asked == []


def test_a_disk_that_fills_up_is_said_and_leaves_nothing_taken_for_whole(hub, model):
    digest = next(file.digest for file in list_model(model).files if file.is_large)
    blobs = model.storage / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{digest}.part").symlink_to("/dev/full")
    with pytest.raises(FetchError, match="make room"):
        fetch_model(model)
    assert not (blobs / digest).exists()


def test_two_that_fetch_the_same_do_not_meet(hub, model):
    from filelock import FileLock

    digest = next(file.digest for file in list_model(model).files if file.is_large)
    blobs = model.storage / "blobs"
    blobs.mkdir(parents=True)
    with (
        FileLock(blobs / f"{digest}.part.lock"),
        pytest.raises(FetchError, match="another process"),
    ):
        fetch_model(model)


def test_a_hub_that_cannot_be_reached_says_how_to_carry_files_over(hub, model, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(FetchError) as caught:
        fetch_model(model)
    assert "hf download someone/something" in str(caught.value)
    assert "models--someone--something" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_that_was_carried_over_is_there(hub, model, published, tmp_path, monkeypatch):
    from shutil import copytree

    fetch_model(model)
    elsewhere = tmp_path / "elsewhere"
    copytree(model.storage, elsewhere / model.storage.name, symlinks=True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(elsewhere))
    assert model.is_there
    assert is_whole(model.snapshot, published)


def test_a_name_that_the_hub_has_not_is_one_line(hub):
    with pytest.raises(FetchError, match="someone/nothing: the hub has no such model"):
        fetch_model(HubModel("someone/nothing"))


def test_a_model_in_no_form_that_is_read_is_refused(hub):
    form = HubForm(("*.onnx",), ("*.json",), ())
    with pytest.raises(FetchError, match="no weights of it in a form that is read here"):
        fetch_model(HubModel(NAME, form))


def test_a_model_without_a_file_that_is_needed_is_named(hub, published):
    (published / "vocab.json").unlink()
    with pytest.raises(FetchError, match=r"has no tokenizer\.json"):
        fetch_model(HubModel(NAME))


def test_weights_in_several_parts_are_there_when_all_parts_are(tmp_path):
    from moodreel.interfaces import TRANSFORMERS

    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "vocab.txt").write_text("a")
    index = '{"weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors"}}'
    (tmp_path / "model.safetensors.index.json").write_text(index)
    (tmp_path / "model-1-of-2.safetensors").write_bytes(b"")
    assert TRANSFORMERS.lacking(tmp_path) == ["model-2-of-2.safetensors"]
