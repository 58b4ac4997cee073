"""`moodreel similar`: moments of other videos, and what can go wrong."""

import pytest

from nearness import assert_same
from outcomes import check_refused


def test_the_hits_are_those_of_python_and_of_other_videos(moodreel, engine, demo):
    moon = f"{demo}/videos/moon.mp4"
    done = moodreel("similar", f"{moon}@2", "--top", 3, "--json", "--index", demo / "index")
    assert done.code == 0, done.err
    assert_same(done.objects, [hit.to_dict() for hit in engine.similar(f"{moon}@2", top=3)])
    assert len(done.objects) == 3
    assert moon not in {hit["video"] for hit in done.objects}


def test_nothing_found_is_said(moodreel, demo):
    call = (f"{demo}/videos/moon.mp4", "--path", "nowhere", "--index", demo / "index")
    done = moodreel("similar", *call)
    assert (done.code, done.out) == (1, "")
    assert "no video of the index passes the filters" in done.err
    assert "nothing found" in done.err


def test_a_video_that_is_not_in_the_index_is_named(moodreel, demo):
    done = moodreel("similar", "nowhere.mp4", "--index", demo / "index")
    assert (done.code, done.out) == (1, "")
    assert done.err == f"moodreel: nowhere.mp4: not in the index {demo / 'index'}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Missing argument 'VIDEO[@SECONDS]'"),
        (["v.mp4", "--index", "none"], "none holds no index"),
        (["v.mp4", "--weight", "much"], "not a valid float"),
        (["v.mp4", "--emotion", "joi"], "Did you mean 'joy'"),
        (["v.mp4", "fusion_strategy=lte"], "Did you mean 'late'"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    check_refused(moodreel("similar", *arguments), says)
