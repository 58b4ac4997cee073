"""`moodreel mood`: moments by emotion alone, and the emotions of one video over time."""

import json
import os

import pytest

from nearness import assert_same
from outcomes import check_refused


@pytest.fixture
def place(demo):
    return ("--index", demo / "index")


@pytest.fixture
def carphone(demo):
    return str(demo / "videos" / "carphone.mp4")


def test_the_hits_are_those_of_python(moodreel, engine, place):
    found = moodreel("mood", "joy=0.8", "anger=-1", "--json", *place).objects
    assert_same(found, [hit.to_dict() for hit in engine.mood({"joy": 0.8, "anger": -1})])


def test_the_only_one_who_smiles_is_found_by_joy(moodreel, place):
    for call in (["joy"], ["joy=1", "fear=-0.5"]):
        (hit,) = moodreel("mood", *call, "--json", "--top", 1, *place).objects
        assert os.path.basename(hit["video"]) == "astronaut.mp4"


def test_a_videos_emotions_are_written_and_printed(moodreel, place, carphone, tmp_path):
    plot = tmp_path / "a.json"
    assert moodreel("mood", carphone, *place, "--plot", plot).code == 0
    data = json.loads(plot.read_text())
    (row,) = moodreel("mood", carphone, *place, "--json").objects
    assert row == {"video": carphone, **data["segments"][0]}
    assert data["segments"][0]["caption"] in moodreel("mood", carphone, *place).out


def test_a_video_is_read_where_there_is_no_index(moodreel, carphone, tmp_path):
    done = moodreel("mood", carphone, "--index", tmp_path / "none", "--json")
    assert done.code == 0, done.err
    assert {row["video"] for row in done.objects} == {carphone}
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["joy", "a.mp4"], "or one video"),
        (["a.mp4", "b.mp4"], "or one video"),
        (["joi=1"], "Did you mean 'joy'"),
        (["hapiness=1"], "unknown emotion 'hapiness'"),
        (["a.mp4", "--plot", "a.gif"], "one of .html"),
        (["fusion_strategy=late", "--plot", "a.html"], "--plot needs a video"),
        (["joy"], "holds no index"),
        (["joy", "--fusion", "lte"], "Did you mean 'late'"),
        ([], "Missing argument"),
    ],
)
def test_a_wrong_call_is_one_line_before_any_work(moodreel, arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_refused(moodreel("mood", *arguments), says)
    assert not list(tmp_path.iterdir())


def test_a_mood_of_nothing_is_a_wrong_call(moodreel, place):
    check_refused(moodreel("mood", "joy=0", *place), "an empty query finds nothing")


def test_what_is_not_found_not_there_or_has_no_emotion_is_said(moodreel, demo, place):
    check_refused(moodreel("mood", "joy", "--min-score", 99, *place), "nothing found", code=1)
    check_refused(moodreel("mood", "gone.mp4", *place), "gone.mp4", code=1)
    done = moodreel("mood", demo / "videos" / "coffee.mp4", *place)
    assert done.code == 1
    assert "no emotion was observed" in done.err
