"""`moodreel track`: ranks over an index and over a dataset, and what can go wrong."""

import json

import pytest

from outcomes import check_refused

QUERIES = ["video of an angry person", "a happy woman", "a cup of coffee", "a disgusted man"]
STRATEGIES = ("--fusion", "baseline", "--fusion", "late")


def test_an_index_is_tracked_and_a_report_written(moodreel, demo, labels, tmp_path):
    report = tmp_path / "track.html"
    place = ("--labels", labels, "--index", demo / "index", "--report", report)
    done = moodreel("track", *QUERIES, *STRATEGIES, *place, "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["overall"]["late"]["videos"] == 3
    assert "<svg" in report.read_text()


def test_a_dataset_is_tracked_read_as_the_real_ones_are(moodreel, msrvtt_shaped, dataset_cache):
    place = ("--dataset", "msrvtt-1k-a", "--root", msrvtt_shaped, "--cache", dataset_cache)
    texts = ("a happy woman", "a disgusted man")
    done = moodreel("track", *texts, *place, *STRATEGIES, "--least", 0.3)
    assert done.code == 0, done.err
    assert "video7000" in done.out
    assert "no video shows disgust" in done.out


def test_a_query_whose_emotion_no_video_holds_finds_nothing(moodreel, demo, labels):
    place = ("--labels", labels, "--index", demo / "index")
    done = moodreel("track", "a disgusted man", *STRATEGIES, *place)
    assert done.code == 1
    assert "no video shows disgust" in done.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["a happy woman"], "Missing option '--fusion'"),
        (["a happy woman", *STRATEGIES, "--index", "none"], "none holds no index"),
        (["a happy woman", "--fusion", "lte"], "Did you mean 'late'"),
        (["a happy woman", *STRATEGIES, "--report", "a.pdf"], "unknown form '.pdf'"),
        (["segments.length=3", *STRATEGIES], "no query"),
        (["a happy woman", *STRATEGIES, "--least", "0"], "not in the range"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    check_refused(moodreel("track", *arguments), says)
