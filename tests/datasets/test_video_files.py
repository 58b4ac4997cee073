"""A video is the file that is found, however rows write it."""

import json
from os import link, symlink

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodreel.datasets import load_dataset
from moodreel.datasets.video_names import bare_name, video_key
from moodreel.errors import InvalidInput


def load(folder, *names, files=()):
    """Load rows that write videos by some names, in a folder with some files."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    rows = [{"video": name, "caption": f"caption {place}"} for place, name in enumerate(names)]
    path = folder / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return load_dataset(path)


def found(dataset, folder):
    return {video.name: str(video.path.relative_to(folder)) for video in dataset.videos}


SPELLINGS = ["clip", "clip.mp4", "./clip.mp4", "clip.avi", "clip.mov.mp4", "CLIP", "x/clip.mp4"]


@given(st.lists(st.sampled_from(SPELLINGS), min_size=1, unique=True))
def test_names_of_one_file_are_one_video(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("one")
    dataset = load(folder, *names, files=["clip.mp4"])
    assert found(dataset, folder) == {names[0]: "clip.mp4"}
    assert {caption.video for caption in dataset.captions} == {names[0]}
    assert len(dataset.captions) == len(names)


def test_a_path_from_elsewhere_is_the_same_file(tmp_path):
    dataset = load(tmp_path, "clip", str(tmp_path / "clip.mp4"), files=["clip.mp4"])
    assert len(dataset.videos) == 1


def test_links_to_one_file_are_one_video(tmp_path):
    (tmp_path / "clip.mp4").touch()
    symlink(tmp_path / "clip.mp4", tmp_path / "alias.mp4")
    assert len(load(tmp_path, "clip", "alias").videos) == 1


def test_a_dot_is_no_suffix(tmp_path):
    dataset = load(tmp_path, "take.01", "take.02", "take.264", files=["take.01.mp4"])
    assert found(dataset, tmp_path) == {"take.01": "take.01.mp4"}
    assert dataset.missing == ["take.02", "take.264"]


def test_folders_that_are_written_are_kept(tmp_path):
    dataset = load(tmp_path, "a/clip1", "b/clip1", files=["a/clip1.mp4"])
    assert found(dataset, tmp_path) == {"a/clip1": "a/clip1.mp4"}
    assert dataset.missing == ["b/clip1"]


def test_a_path_counts_before_a_name(tmp_path):
    dataset = load(tmp_path, "b/clip.mp4", "clip.mp4", files=["clip.mp4", "b/clip.mp4"])
    assert found(dataset, tmp_path) == {"b/clip.mp4": "b/clip.mp4", "clip.mp4": "clip.mp4"}


def test_a_name_of_several_files_is_refused_with_all_of_them(tmp_path):
    with pytest.raises(InvalidInput, match=r"'clip' may be any of .*a/clip\.mp4.*b/clip\.avi"):
        load(tmp_path, "clip", files=["a/clip.mp4", "b/clip.avi"])


def test_what_is_written_alike_comes_first(tmp_path):
    names = ["clip.avi", "clip.mp4", "Clip.mp4"]
    dataset = load(tmp_path, *names, files=names)
    assert found(dataset, tmp_path) == {name: name for name in names}


def test_names_in_two_folders_are_not_one_file(tmp_path):
    with pytest.raises(InvalidInput, match=r"'a/clip' and 'b/clip' both would be"):
        load(tmp_path, "a/clip", "b/clip", files=["clip.mp4"])


def test_hard_links_are_files_of_their_own(tmp_path):
    (tmp_path / "a.mp4").touch()
    link(tmp_path / "a.mp4", tmp_path / "b.mp4")
    assert len(load(tmp_path, "a", "b").videos) == 2


def test_letters_in_two_forms_are_one_name(tmp_path):
    dataset = load(tmp_path, "cafe\u0301", "caf\u00e9", files=["caf\u00e9.mp4"])
    assert len(dataset.videos) == 1


def test_missing_videos_that_differ_in_suffix_alone_are_one(tmp_path):
    assert load(tmp_path, "x.m4v", "x.mov.mp4", "./x", "a/x").missing == ["x.m4v", "a/x"]


@given(st.text(st.characters(exclude_characters="./\\\0", exclude_categories=["Cs"]), min_size=1))
def test_suffixes_of_videos_do_not_count(name):
    assert bare_name(f"{name}.mp4") == bare_name(f"{name}.MOV.mp4") == bare_name(name)
    assert video_key(f"a/{name}.avi") == video_key(f"./a/{name}")


def test_didemo_writes_a_video_with_several_suffixes(tmp_path):
    names = ["a.m4v", "a.mov", "b.mpg", "c", "c.mp4", "d.avi", "e.mov"]
    rows = [{"video": v, "description": f"say {v}", "times": [[0, 0]]} for v in names]
    (tmp_path / "test_data.json").write_text(json.dumps(rows))
    paragraphs = load_dataset("didemo", root=tmp_path)
    assert paragraphs.missing == ["a.m4v", "b.mpg", "c", "d.avi", "e.mov"]
    for name in ("a.mp4", "b.mp4", "c.mp4", "d.mp4", "e.mp4"):
        (tmp_path / name).touch()
    paragraphs = load_dataset("didemo", root=tmp_path)
    assert len(paragraphs.videos) == len(paragraphs.captions) == 5
    assert paragraphs.captions[0].text == "say a.m4v. say a.mov"
    moments = load_dataset("didemo-moments", root=tmp_path)
    assert (len(moments.videos), len(moments.captions)) == (5, 7)


# Facts are those of the split that is asked for


def test_what_is_missing_is_of_the_split_alone(tmp_path):
    rows = [{"video": "gone", "caption": "x", "split": "train"}]
    rows += [{"video": "clip", "caption": text, "split": "test"} for text in ("a", " ")]
    (tmp_path / "clip.mp4").touch()
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    test, train = (load_dataset(tmp_path / "rows.json", split=name) for name in ("test", "train"))
    assert (test.missing, len(test.captions), len(test.skipped)) == ([], 1, 1)
    assert (train.missing, len(train.captions), len(train.skipped)) == (["gone"], 0, 0)
