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
    "integers": (torch.tensor([1, 0, 2]), "'b' holds torch.int64, which is no vector"),
    "yes or no": (torch.tensor([True, False, True]), "'b' holds torch.bool"),
    "transposed": (torch.rand(3, 2), r"'b' has 2 numbers, .* have 3 \(.*transposed"),
    "opposite frames": (torch.stack([GOOD, -GOOD]), "'b' is zero"),
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


TEXT_PROBLEMS = {
    "fewer rows": (torch.eye(3)[:2], r"one row for each of the 3 captions .* it is \[2, 3\]"),
    "one vector": (torch.ones(3), r"it is \[3\]"),
    "integers": (torch.eye(3).long(), "'pooled' holds torch.int64"),
    "transposed": (torch.rand(5, 3).T.contiguous(), r"one row|numbers"),
    "a zero row": (torch.eye(3) * torch.tensor([[1.0], [0], [1]]), "'pooled, row 1' is zero"),
}


@pytest.mark.parametrize("kind", TEXT_PROBLEMS)
def test_bad_texts_are_told_in_one_line(kind, evaluate):
    texts, message = TEXT_PROBLEMS[kind]
    done = evaluate(texts=texts)
    assert (done.code, len(done.err.splitlines())) == (2, 1), done.err
    assert re.search(message, done.err), done.err
    assert "unexpected" not in done.err


def test_a_name_that_may_be_two_tensors_is_refused(evaluate, tmp_path):
    done = evaluate({"d.mp4": GOOD, "d.avi": GOOD})
    assert done.code == 0, done.err
    with (tmp_path / "captions.jsonl").open("a") as file:
        file.write('\n{"video": "d", "caption": "a caption"}')
    done = evaluate({"d.mp4": GOOD, "d.avi": GOOD}, torch.rand(4, 3))
    assert done.code == 2
    assert re.search(r"captions.jsonl: 'd' may be 'd\.\w+' or 'd\.\w+'", done.err), done.err
    assert len(done.err.splitlines()) == 1


def test_very_long_and_very_short_vectors_point_where_they_do():
    from moodreel.features.tensors import unit_length

    near = unit_length(torch.stack([GOOD * 1e38, GOOD * 1e-38, GOOD]))
    torch.testing.assert_close(near, GOOD.expand(3, 3), rtol=0, atol=1e-6)


MOODS = {
    "a list": "[]",
    "a word": '{"a": {"joy": "much"}}',
    "unknown": '{"a": {"glee": 1}}',
    "a row": '{"a": [0.1, 0.2]}',
    "too much": '{"a": {"joy": 1e400}}',
}


@pytest.mark.parametrize("kind", MOODS)
def test_bad_moods_of_a_folder_are_told_in_one_line(kind, evaluate, tmp_path):
    (tmp_path / "emotions.json").write_text(MOODS[kind])
    done = evaluate()
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1), done.err
    assert "emotions.json" in done.err
    assert "unexpected" not in done.err


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
