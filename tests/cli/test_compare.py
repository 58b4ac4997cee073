"""`moodreel compare`: reports, run files, failed videos, and what can go wrong."""

import json

import pytest

from outcomes import check_refused


@pytest.fixture
def dataset(msrvtt_shaped, dataset_cache):
    """The arguments of a dataset whose features are kept for the session."""
    return (
        *("msrvtt-1k-a", "--root", msrvtt_shaped, "--cache", dataset_cache),
        *("--resamples", 200),
    )


def test_json_and_reports_are_written(moodreel, dataset, tmp_path):
    reports = [tmp_path / f"report{suffix}" for suffix in (".json", ".md", ".html")]
    options = [option for path in reports for option in ("--report", path)]
    strategies = ("--fusion", "baseline", "--fusion", "late")
    done = moodreel(
        "compare", *dataset, *strategies, "--json", "--trec", tmp_path / "trec", *options
    )
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert json.loads(reports[0].read_text()).keys() == found.keys()
    assert [s["name"] for s in found["strategies"]] == ["baseline", "late"]
    assert found["missing"] == ["video9999"]
    assert set(found["strategies"][1]["against_first"]["all"]) >= {"MRR", "R@1"}
    assert "missing: 1 videos were not found: video9999" in done.err
    assert {path.name for path in (tmp_path / "trec").iterdir()} == {
        "queries.tsv", "qrels.txt", "emotion-qrels.txt", "run-baseline.txt", "run-late.txt",
    }  # fmt: skip


def test_tables_say_who_is_better_and_at_what_cost(moodreel, dataset):
    shown = moodreel("compare", *dataset, "--fusion", "baseline", "--fusion", "late").out
    for title in ("Text to video", "Against baseline", "Costs"):
        assert f"{title}\n" in shown
    assert "late: " in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["msrvtt-1k-a"], "Missing option '--fusion'"),
        (["msrvtt-1k-a", "--fusion", "lte"], "Did you mean 'late'"),
        (["msrvtt-1k-a", "--fusion", "trained/none"], "holds no trained strategy"),
        (["msrvtt-1k-a", "--fusion", "late", "--report", "a.pdf"], "unknown form"),
        (["msrvtt-1k-a", "--fusion", "late", "stray"], "unexpected argument 'stray'"),
        (["msrvtt-1k-a", "--fusion", "late", "--split", "tset"], "tset"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, msrvtt_shaped, arguments, says):
    check_refused(moodreel("compare", *arguments, "--root", msrvtt_shaped), says)
