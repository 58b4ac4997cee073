"""`moodreel explain`: the parts of one score, as tables, as JSON and as a page."""

import pytest

from nearness import ROUNDING
from outcomes import check_refused


@pytest.fixture
def astronaut(demo):
    return demo / "videos" / "astronaut.mp4"


def test_a_moment_is_explained_and_a_page_is_written(moodreel, engine, demo, astronaut, tmp_path):
    report, place = tmp_path / "why.html", ("--index", demo / "index")
    (found,) = moodreel(
        "explain", "a very happy woman", f"{astronaut}@1", "--json", "--report", report, *place
    ).objects
    (hit,) = engine.search("a very happy woman", top=1, merge=False)
    assert hit.video == str(astronaut)
    assert found["parts"]["score"] == pytest.approx(hit.score, abs=ROUNDING)
    assert report.read_text().startswith("<!doctype html>")


def test_tables_name_the_words_and_the_contributions(moodreel, demo, astronaut):
    done = moodreel("explain", "a happy woman", astronaut, "--index", demo / "index")
    assert done.code == 0, done.err
    assert "happy" in done.out
    assert "content" in done.out


def test_a_video_that_is_not_in_the_index_is_named(moodreel, demo):
    done = moodreel("explain", "a cat", "nowhere.mp4", "--index", demo / "index")
    check_refused(done, "nowhere.mp4: not in the index", code=1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["a cat"], "Missing argument 'VIDEO[@SECONDS]'"),
        (["a cat", "v.mp4", "--report", "a.pdf"], "unknown form '.pdf'"),
        (["a cat", "v.mp4", "--emotion", "joi"], "Did you mean 'joy'"),
        (["a cat", "v.mp4", "--fusion", "lte"], "Did you mean 'late'"),
        (["a cat", "v.mp4", "--index", "none"], "none holds no index"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    check_refused(moodreel("explain", *arguments), says)
