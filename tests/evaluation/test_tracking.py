"""Following emotional videos through rankings, on the demo's index and on datasets."""

import numpy as np
import pytest

from moodreel.errors import InvalidInput
from moodreel.evaluation.queries import ask, index_videos, read_labels, read_queries
from moodreel.evaluation.tracking import rank_overlap, track, video_ranks
from moodreel.reports.tracking import track_html, track_markdown
from nearness import HALVES

QUERIES = ["video of an angry person", "a happy woman", "a cup of coffee", "a disgusted man"]


@pytest.fixture(scope="module")
def tracking(engine, labels):
    videos = index_videos(engine.search_index, read_labels(labels))
    return track(
        ask(engine.components, videos, read_queries(QUERIES), "demo"), ["baseline", "late"]
    )


def test_labelled_videos_are_followed_and_their_ranks_are_those_of_a_search(tracking, engine):
    angry = tracking.queries[0]
    assert {video.name.rpartition("/")[2] for video in angry.videos} == {
        "carphone.mp4",
        "photographer.mp4",
    }
    for name in ("baseline", "late"):
        hits = engine.search(angry.text, fusion=name, top=99, merge=False)
        best = {hit.video: hit.score for hit in reversed(hits)}
        for video in angry.videos:
            ahead = np.array(list(best.values())) - best[video.name]
            # A search ranks by vectors in half precision, so near ties may fall either way.
            assert (ahead > HALVES).sum() < video.ranks[name] <= (ahead >= -HALVES).sum()


def test_changes_and_summaries_add_up(tracking):
    angry = tracking.queries[0]
    changes = [video.changes["late"] for video in angry.videos]
    assert changes == [video.ranks["baseline"] - video.ranks["late"] for video in angry.videos]
    found = angry.summaries["late"]
    assert found.mean_change == pytest.approx(np.mean(changes))
    assert found.rose == np.mean([change > 0 for change in changes])
    assert tracking.overall["late"].videos == 3
    assert 0 < tracking.overall["late"].overlap < 1


def test_queries_without_a_tracked_video_say_why(tracking):
    assert tracking.queries[2].note == "the query names no emotion, so there is nothing to track"
    assert tracking.queries[3].note == "no video shows disgust (by labels, from 0.5 up)"
    assert not tracking.queries[3].videos


def test_without_labels_the_extractor_is_the_judge(engine):
    asked = ask(
        engine.components,
        index_videos(engine.search_index),
        read_queries(["a happy woman"]),
        "demo",
    )
    tracking = track(asked, ["baseline", "late"], least=0.3)
    assert tracking.judge == "the extractor 'face'"
    held = asked.videos.video_emotions()
    by_name = dict(zip(asked.videos.names, held.values[:, 0], strict=True))
    assert tracking.queries[0].videos
    assert all(by_name[video.name] >= 0.3 for video in tracking.queries[0].videos)
    assert tracking.overall["late"].mean_change > 0


def test_the_page_has_a_slope_chart_for_each_tracked_query(tracking):
    page = track_html(tracking)
    assert page.count("<svg") == 2
    assert "no video shows disgust" in page
    assert "rank under late" in page
    written = track_markdown(tracking)
    assert written.count("## ") == 5


def test_a_reversed_strategy_moves_ranks_as_far_as_can_be():
    ranks = video_ranks(np.array([[3.0, 2, 1], [-3, -2, -1]], np.float32))
    assert ranks.tolist() == [[1, 2, 3], [3, 2, 1]]
    tied = video_ranks(np.array([[1.0, 0, 1, 0]], np.float32))
    assert tied.tolist() == [[1.5, 3.5, 1.5, 3.5]]


def slow_overlap(first, second, p):
    """Webber et al.'s extrapolated overlap, by its definition."""
    size = len(first)
    left = np.argsort(first, kind="stable").tolist()
    right = np.argsort(second, kind="stable").tolist()
    shared = [len(set(left[:depth]) & set(right[:depth])) for depth in range(1, size + 1)]
    seen = sum(count / depth * p**depth for depth, count in enumerate(shared, 1))
    return shared[-1] / size * p**size + (1 - p) / p * seen


def test_overlap_is_that_of_its_definition():
    draw = np.random.default_rng(0)
    for _ in range(50):
        first, second = draw.permutation(12) + 1.0, draw.permutation(12) + 1.0
        found = rank_overlap(first, second)
        assert found == pytest.approx(slow_overlap(first, second, 0.9))
    assert rank_overlap(first, first) == pytest.approx(1.0)


def test_queries_come_from_texts_and_files(tmp_path):
    (tmp_path / "plain.txt").write_text("one\n\ntwo\n")
    (tmp_path / "rows.csv").write_text("query,emotions\nthree,joy=0.5\n")
    given = ["zero", str(tmp_path / "plain.txt"), str(tmp_path / "rows.csv")]
    found = read_queries(given)
    assert [query.text for query in found] == ["zero", "one", "two", "three"]
    assert found[3].emotions == {"joy": 0.5}
    with pytest.raises(InvalidInput, match="no query"):
        read_queries([" "])


def test_labels_of_no_video_in_the_index_are_refused(engine, tmp_path):
    (tmp_path / "labels.csv").write_text("video,emotion\nnobody.mp4,joy\n")
    with pytest.raises(InvalidInput, match="the labels are of no video"):
        index_videos(engine.search_index, read_labels(tmp_path / "labels.csv"))
    with pytest.raises(InvalidInput, match="no file of labels"):
        read_labels(tmp_path / "nothing")
