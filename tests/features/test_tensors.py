"""Features that were made elsewhere are checked where they come in, and bad ones are named."""

import json
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save, save_file

from moodreel.errors import MoodreelError

GOOD = torch.tensor([0.6, 0.8, 0.0])
BAD = {
    "nan": (torch.tensor([0.6, torch.nan, 0]), "'b' holds NaN or infinite numbers"),
    "infinite": (torch.tensor([0.6, torch.inf, 0]), "'b' holds NaN or infinite numbers"),
    "one bad frame": (torch.tensor([[1.0, 0, 0], [torch.nan, 0, 0]]), "'b' holds NaN"),
    "another length": (torch.ones(5), "'b' has 5 numbers, where most vectors of the file have 3"),
    "a number": (torch.tensor(1.0), r"'b' has the shape \[\]"),
    "a box": (torch.ones(2, 2, 3), r"'b' has the shape \[2, 2, 3\]"),
    "no frames": (torch.ones(0, 3), r"'b' has the shape \[0, 3\]"),
    "zero": (torch.zeros(3), "'b' is zero"),
    "complex": (torch.ones(3, dtype=torch.complex64), "'b' holds torch.complex64"),
}


@pytest.fixture
def evaluate(moodreel, tmp_path):
    """Evaluate a folder of features of three videos, some of them changed."""
    rows = [{"video": name, "caption": f"caption {name}"} for name in "abc"]
    (tmp_path / "captions.jsonl").write_text("\n".join(map(json.dumps, rows)))

    def run(videos=None, texts=None):
        held = {"a": GOOD, "b": GOOD, "c": GOOD, **(videos or {})}
        save_file({name: held[name].clone() for name in held}, tmp_path / VIDEOS)
        save_file({"pooled": torch.eye(3) if texts is None else texts}, tmp_path / TEXTS)
        return moodreel("evaluate", tmp_path, "--fusion", "baseline")

    return run


VIDEOS, TEXTS = "videos.safetensors", "texts.safetensors"


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_tensor_is_named_with_its_file(kind, evaluate):
    tensor, message = BAD[kind]
    done = evaluate({"b": tensor})
    assert (done.code, done.out) == (2, "")
    assert re.search(f"{VIDEOS}: {message}", done.err), done.err
    assert len(done.err.splitlines()) == 1


def test_a_bad_text_is_named_by_its_row(evaluate):
    texts = torch.eye(3)
    texts[1, 0] = torch.nan
    done = evaluate(texts=texts)
    assert done.code == 2
    assert f"{TEXTS}: 'pooled, row 1' holds NaN or infinite numbers" in done.err


def test_texts_and_videos_of_other_lengths_are_told(evaluate):
    done = evaluate(texts=torch.eye(4)[:3])
    assert done.code == 2
    assert "4" in done.err
    assert "3" in done.err
    assert "unexpected" not in done.err
    assert len(done.err.splitlines()) == 1


def test_half_precision_and_frames_are_taken(evaluate):
    done = evaluate({"a": GOOD.half(), "b": torch.stack([GOOD, GOOD]).bfloat16()})
    assert done.code == 0, done.err


@pytest.mark.faults
@given(st.data())
def test_a_damaged_file_of_tensors_is_read_or_refused(tmp_path_factory, data):
    from moodreel.features.tensors import check_vectors, read_tensors

    whole = bytearray(save({"a": GOOD, "b": GOOD.clone()}))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        whole = whole or bytearray(b" ")
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    path.write_bytes(bytes(whole))
    try:
        check_vectors(path, read_tensors(path))
    except MoodreelError as error:
        told = str(error)
    else:
        told = path.name
    assert path.name in told
