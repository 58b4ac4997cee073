"""`moodreel recommend`: videos from liked moments and a mood, each with its reason."""

import pytest

from outcomes import check_refused


def test_every_recommendation_has_its_reason(moodreel, demo):
    moon = f"{demo}/videos/moon.mp4"
    call = ("recommend", "--like", moon, "--emotion", "joy", "--index", demo / "index")
    done = moodreel(*call, "--json")
    assert done.code == 0, done.err
    assert all(line["reason"] for line in done.objects)
    assert moon not in {line["video"] for line in done.objects}
    shown = moodreel(*call).out
    assert all(line["video"] in shown for line in done.objects)


def test_nothing_to_recommend_is_said(moodreel, demo):
    call = ("--like", f"{demo}/videos/moon.mp4", "--path", "nowhere")
    done = moodreel("recommend", *call, "--index", demo / "index")
    assert (done.code, done.out) == (1, "")
    assert "no video of the index passes the filters" in done.err
    assert "nothing to recommend" in done.err


def test_a_liked_video_that_is_not_in_the_index_is_named(moodreel, demo):
    done = moodreel("recommend", "--like", "nowhere.mp4", "--index", demo / "index")
    check_refused(done, "nowhere.mp4: not in the index", code=1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "nothing to go by: give --like VIDEO, --emotion NAME, or both"),
        (["--emotion", "joi"], "Did you mean 'joy'"),
        (["--emotion", "joy", "--fusion", "lte"], "Did you mean 'late'"),
        (["stray"], "unexpected argument 'stray'"),
        (["--emotion", "joy", "--index", "none"], "none holds no index"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, demo, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOODREEL_INDEX", str(demo / "index"))
    check_refused(moodreel("recommend", *arguments), says)
