"""Files of rows: the forms that are known, and everything else refused by row or line."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodreel.datasets import load_dataset
from moodreel.datasets.rows import parse_columns
from moodreel.errors import InvalidInput, MoodreelError
from moodreel.paths import shown_path

NAMES = ["coffee", "cat", "rocket"]


@pytest.fixture
def load(tmp_path):
    """Write a file beside three videos, and load it as (video, caption) pairs."""
    for name in NAMES:
        (tmp_path / f"{name}.mp4").touch()

    def load_file(name, held, **options):
        path = tmp_path / name
        data = held if isinstance(held, bytes) else as_text(held).encode()
        path.write_bytes(data)
        dataset = load_dataset(path, **options)
        return [(caption.video, caption.text) for caption in dataset.captions]

    return load_file


def as_text(held):
    return held if isinstance(held, str) else json.dumps(held)


# The forms that are known

PAIRS = [("coffee", "a cup"), ("cat", "a cat")]
ROWS = [{"video": video, "caption": text} for video, text in PAIRS]
COCO = {
    "info": {"version": 1},
    "videos": [{"id": 7, "file_name": "coffee.mp4"}, {"id": 8, "file_name": "cat.mp4"}],
    "annotations": [{"video_id": 7, "caption": "a cup"}, {"video_id": 8, "caption": "a cat"}],
}
FORMS = {
    "rows": ROWS,
    "annotations": {"annotations": ROWS, "info": {"year": 2016}},
    "data": {"version": "1.1", "data": ROWS},
    "split-keyed": {"train": ROWS[:1], "test": ROWS[1:]},
    "split in an envelope": {"database": {"train": ROWS[:1], "val": ROWS[1:]}},
    "splits by video": {"test": {"coffee": ["a cup"], "cat": ["a cat"]}},
    "by video": dict(PAIRS),
    "lists by video": {video: [text] for video, text in PAIRS},
    "token lists": {video: [text.split()] for video, text in PAIRS},
    "rows by video": {video: {"sentences": [text]} for video, text in PAIRS},
    "lists of rows by video": {video: [{"text": text}] for video, text in PAIRS},
    "columns": {"video": ["coffee", "cat"], "caption": ["a cup", "a cat"]},
    "pandas": {"video": {"0": "coffee", "1": "cat"}, "caption": {"0": "a cup", "1": "a cat"}},
    "raw and tokens": [
        {"filename": f"{video}.mp4", "sentences": [{"raw": text, "tokens": text.split()}]}
        for video, text in PAIRS
    ],
    "VATEX": [{"videoID": v, "enCap": [t], "chCap": ["\u4e00"]} for v, t in PAIRS],
    "desc": [{"video_id": video, "desc": text} for video, text in PAIRS],
    "golden": [{"Video Name": video, "golden_caption": text} for video, text in PAIRS],
    "COCO": COCO,
    "Karpathy": {"images": [{"filename": v, "sentences": [{"raw": t}]} for v, t in PAIRS]},
    "YouCook2": {
        "database": {
            video: {"subset": "training", "annotations": [{"segment": [0, 5], "sentence": text}]}
            for video, text in PAIRS
        }
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_the_forms_of_json_say_the_same(form, load):
    found = [(video.removesuffix(".mp4"), text) for video, text in load("rows.json", FORMS[form])]
    assert found == PAIRS


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_a_table_is_read_by_what_stands_between_its_columns(mark, ends, suffix, load):
    lines = [f"video{mark}caption", *(f"{video}{mark}{text}" for video, text in PAIRS), ""]
    assert load(f"rows{suffix}", ends.join(lines)) == PAIRS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_may_begin_with_a_mark_of_its_encoding(encoding, load):
    assert load("rows.csv", "video,caption\ncat,une tête\n".encode(encoding)) == [
        ("cat", "une tête")
    ]


def test_quoted_values_hold_commas_and_lines(load):
    found = load("rows.csv", 'video,caption\ncat,"a cat, and ""more""\nof it"\n')
    assert found == [("cat", 'a cat, and "more" of it')]


def test_columns_are_chosen_by_name(load):
    held = "clip_id,video,other,caption\ncat,7,a cat,8\n"
    assert load("rows.csv", held, columns=parse_columns("video=clip_id,caption=other")) == [
        ("cat", "a cat")
    ]
    with pytest.raises(InvalidInput, match=r"has no column 'othr'\. Did you mean 'other'"):
        load("rows.csv", held, columns={"caption": "othr"})
    for wrong in ("clip", "film=x", "video="):
        with pytest.raises(InvalidInput, match="columns are written video=NAME,caption=NAME"):
            parse_columns(wrong)


def test_halves_of_characters_are_left_out(load):
    text = '{"video": "cat", "caption": "a cat \\ud83d"}\n'
    assert load("rows.jsonl", text) == [("cat", "a cat")]


# What is refused

REFUSED = {
    "unquoted comma": ("r.csv", "video,caption\ncat,a cat, yes\n", r"r\.csv:2: has 3 columns"),
    "too few": ("r.csv", "video,caption\ncat,a\ncoffee\n", r"r\.csv:3: has 1 columns"),
    "open quote": ("r.csv", 'video,caption\ncat,"a\ncat,b\n', r"r\.csv:2: a quotation mark"),
    "huge field": ("r.csv", 'video,caption\ncat,"' + "a\n" * 200_000, r"r\.csv:2: a quotation"),
    "after a quote": ("r.csv", 'video,caption\ncat,"a"b\n', r"r\.csv:2: "),
    "one column": ("r.csv", "video caption\ncat a\n", r"r\.csv:2: no column for a video"),
    "empty": ("r.csv", "", r"r\.csv: is empty"),
    "twice": ("r.csv", "video,caption,caption\n", r"names the column 'caption' twice"),
    "zeros": ("r.csv", "video,caption\ncat,\0\n", "holds zero bytes"),
    "latin": ("r.csv", "video,caption\ncat,t\xeate\n".encode("latin-1"), "not UTF-8 text"),
    "number": ("r.json", [{"video": "cat", "caption": 5}], r"row 1: .*not the number 5"),
    "truth": ("r.json", [{"video": "cat", "caption": True}], r"row 1: .*not true"),
    "object": ("r.json", [{"video": "cat", "caption": {"x": 1}}], r"row 1: .*an object of 'x'"),
    "nested": ("r.json", {"cat": [[["a"]]]}, r"'cat': a caption is a text"),
    "scalars": ("r.json", {"name": 3, "size": 4}, r"'name': holds the number 3"),
    "settings": ("r.json", {"model": {"layers": 12}}, r"'model': holds an object without"),
    "nothing": ("r.json", {}, "holds {}"),
    "a text": ("r.json", '"x"', "holds the text 'x'"),
    "texts": ("r.json", ["a", "b"], "row 1: holds the text 'a'"),
    "no name": ("r.json", [{"video": None, "caption": "a"}], "the name of a video is wanted"),
    "a key twice": ("r.json", '{"cat": ["a"], "cat": ["b"]}', "the key 'cat' twice"),
    "lengths": ("r.json", {"video": ["a"], "caption": []}, "differ in length"),
    "deep": ("r.json", "[" * 100_000, "nested too deeply"),
    "digits": ("r.json", "[" + "9" * 10_000 + "]", "cannot be read"),
    "line": ("r.jsonl", '{"video": "cat", "caption": "a"}\n{"video"\n', r"r\.jsonl:2: not JSON"),
    "split": ("r.json", {"train": ROWS, "test": 5}, "'test': holds the number 5"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_data_set_is_refused_by_its_place(kind, load):
    name, held, message = REFUSED[kind]
    with pytest.raises(InvalidInput, match=message):
        load(name, held)


# Anything at all

TEXTS = st.text(max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["video", "caption", "data", "train"]) | TEXTS, inner)
    ),
    max_leaves=8,
)
GOOD = {".json": json.dumps(FORMS["COCO"]), ".jsonl": "\n".join(map(json.dumps, ROWS))}
GOOD |= {".csv": 'video,caption\ncat,"a, cat"\ncoffee,a cup\n', ".tsv": "video\ttext\ncat\ta\n"}


def read_or_refuse(path, data):
    """Load bytes as a data set: it comes out whole, or is refused in one line that can be shown."""
    path.write_bytes(data)
    try:
        dataset = load_dataset(path, videos=path.parent / "videos")
    except MoodreelError as error:
        told = str(error)
        assert told.isprintable(), told
        assert path.name in told
    else:
        assert all(caption.text and caption.video for caption in dataset.captions)
        assert all(isinstance(c.text, str) for c in (*dataset.captions, *dataset.absent))


@pytest.mark.faults
@given(VALUES)
def test_any_json_is_read_or_refused(tmp_path_factory, held):
    path = tmp_path_factory.getbasetemp() / "any.json"
    read_or_refuse(path, json.dumps(held).encode())


@pytest.mark.faults
@given(st.sampled_from(list(GOOD)), st.data())
def test_a_damaged_file_is_read_or_refused(tmp_path_factory, suffix, data):
    whole = bytearray(GOOD[suffix].encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        whole = whole or bytearray(b" ")
    read_or_refuse(tmp_path_factory.getbasetemp() / f"any{suffix}", bytes(whole))


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1)))
@settings(max_examples=50)
def test_captions_come_out_of_a_table_as_they_went_in(tmp_path_factory, texts):
    import csv

    path = tmp_path_factory.getbasetemp() / "written.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("video", "caption"), *(("cat", text) for text in texts)])
    dataset = load_dataset(path, videos=path.parent / "videos")
    kept = [row.text for row in (*dataset.captions, *dataset.absent)]
    assert len(kept) + len(dataset.skipped) == len(texts)
    for text in kept:
        assert shown_path(text)
