"""`moodreel map`: the space of an index and of a dataset, and what can go wrong."""

import json

import pytest

from hard_videos import text
from outcomes import check_refused

STRATEGIES = ("--fusion", "baseline", "--fusion", "late")


def test_a_dataset_is_mapped_read_as_the_real_ones_are(
    moodreel, msrvtt_shaped, dataset_cache, tmp_path
):
    page = tmp_path / "map.html"
    place = ("--dataset", "msrvtt-1k-a", "--root", msrvtt_shaped, "--cache", dataset_cache)
    done = moodreel("map", *place, *STRATEGIES, "--json", "--report", page, "--pictures", 2)
    assert done.code == 0, done.err
    held = json.loads(done.out)
    assert sum(point["kind"] == "text" for point in held["points"]) == 12
    assert sum(point["kind"] == "video" for point in held["points"]) == 8
    assert page.read_text().count("data:image/jpeg") == 2


def test_an_index_is_mapped_with_the_queries_given(moodreel, demo, tmp_path):
    place = ("--index", demo / "index", "--report", tmp_path / "map.json")
    done = moodreel("map", "a cat", "a horse", *STRATEGIES, *place)
    assert done.code == 0, done.err
    assert "late" in done.out
    points = json.loads((tmp_path / "map.json").read_text())["points"]
    assert sum(point["kind"] == "text" for point in points) == 2


def test_a_video_that_cannot_be_read_is_named_and_the_others_are_mapped(moodreel, demo, tmp_path):
    (tmp_path / "cat.mp4").symlink_to(demo / "videos" / "cat.mp4")
    text(tmp_path / "broken.mp4")
    captions = "".join(f"cat.mp4,a cat number {place}\n" for place in range(5))
    (tmp_path / "captions.csv").write_text(f"video,caption\n{captions}broken.mp4,a dog\n")
    place = ("--dataset", tmp_path / "captions.csv", "--cache", tmp_path / "cache")
    done = moodreel("map", *place, *STRATEGIES)
    assert done.code == 1
    assert f"failed: {tmp_path}/broken.mp4: is not a video" in done.err
    assert "late" in done.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Missing option '--fusion'"),
        ([*STRATEGIES, "--index", "none"], "none holds no index"),
        ([*STRATEGIES, "--dataset", "none"], "no such file, folder or benchmark"),
        ([*STRATEGIES, "--report", "a.md"], "unknown form '.md'"),
        (["--fusion", "lte"], "Did you mean 'late'"),
        ([*STRATEGIES, "--points", "3"], "not in the range"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    check_refused(moodreel("map", *arguments), says)
