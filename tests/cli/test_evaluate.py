"""`moodreel evaluate`: the figures of one strategy, failed videos, and what can go wrong."""

import pytest

from hard_videos import text
from outcomes import check_refused


def test_tables_are_those_of_the_presets_strategy(moodreel, msrvtt_shaped, dataset_cache):
    place = ("--root", msrvtt_shaped, "--cache", dataset_cache)
    done = moodreel("evaluate", "msrvtt-1k-a", *place, "--limit", 3, "--resamples", 200)
    assert done.code == 0, done.err
    assert "5 queries of 5 captions, 3 videos, 1 more missing." in done.out
    assert "late" in done.out
    assert "Against" not in done.out


def test_a_video_that_cannot_be_read_is_named_and_the_others_count(moodreel, demo, tmp_path):
    (tmp_path / "cat.mp4").symlink_to(demo / "videos" / "cat.mp4")
    text(tmp_path / "broken.mp4")
    (tmp_path / "captions.csv").write_text("video,caption\ncat.mp4,a cat\nbroken.mp4,a dog\n")
    place = ("--cache", tmp_path / "cache", "--resamples", 200)
    done = moodreel("evaluate", tmp_path / "captions.csv", *place)
    assert done.code == 1
    assert "1 queries of 1 captions, 1 videos" in done.out
    assert f"failed: {tmp_path}/broken.mp4: is not a video" in done.err


def test_an_option_that_the_strategy_does_not_have_is_refused(moodreel, demo, tmp_path):
    (tmp_path / "cat.mp4").symlink_to(demo / "videos" / "cat.mp4")
    (tmp_path / "captions.csv").write_text("video,caption\ncat.mp4,a cat\n")
    done = moodreel("evaluate", tmp_path / "captions.csv", "fusion_strategy.wieght=1")
    check_refused(done, "Did you mean 'weight'")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["msrvt-1k-a"], "no such file, folder or benchmark"),
        (["msrvtt-1k-a", "--root", "."], "holds no MSRVTT_JSFUSION_test.csv"),
        (["msrvtt-1k-a", "--fusion", "lte"], "Did you mean 'late'"),
        (["msrvtt-1k-a", "--resamples", "5"], "not in the range"),
        (["msrvtt-1k-a", "--emotions", "mine"], "'mine' is not one of"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    check_refused(moodreel("evaluate", *arguments), says)
