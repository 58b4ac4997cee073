"""What differences between strategies are said to be: families, small groups, pairs and runs."""

import pytest

import planted
from moodreel.datasets import load_dataset
from moodreel.errors import InvalidInput
from moodreel.evaluation.candidates import Candidate
from moodreel.evaluation.comparison import compare
from moodreel.evaluation.material import gather_material
from moodreel.evaluation.significance import Significance
from moodreel.reports.comparison import as_markdown
from moodreel.reports.sections import verdicts
from moodreel.reports.trec import write_trec

FIVE = ["baseline", "same-0", "same-1", "same-2", "damaged"]


def test_a_loss_of_a_quarter_among_five_strategies_is_called_worse(collection):
    comparison = compare(collection, FIVE)
    found = comparison.differences["damaged", "fear", "R@10"]
    assert found.mean == pytest.approx(-8 / 30, abs=1e-9)
    assert 0.004 < found.p < 0.012
    assert found.family == 4
    assert found.significant
    said = next(
        line for line in verdicts(comparison) if line.startswith("damaged") and "fear" in line
    )
    assert said.startswith("damaged: worse than baseline on fear queries")
    assert "R@10 -0.267" in said
    assert "worse" in as_markdown(comparison)


def test_of_what_is_one_family_is_declared_and_told(collection):
    by_measure = compare(collection, FIVE, tests=Significance(family="measure"))
    found = by_measure.differences["damaged", "fear", "R@10"]
    groups = sum(int(chosen.sum()) >= 10 for chosen in collection.groups.values())
    assert found.family == 4 * groups
    assert not found.significant
    assert "over all groups of queries that are tested" in as_markdown(by_measure)


def test_strategies_that_are_the_same_are_never_said_to_differ(collection):
    comparison = compare(collection, FIVE[:4])
    assert {found.mean for found in comparison.differences.values()} == {0.0}
    assert not any(found.significant for found in comparison.differences.values())


def test_groups_of_fewer_than_ten_queries_are_described_and_not_tested(collection):
    comparison = compare(collection, ["baseline", "damaged"])
    few = comparison.differences["damaged", "neutral", "R@1"]
    assert (few.queries, few.tested, few.significant) == (6, False, False)
    assert few.family == 1
    assert not any("neutral" in line for line in verdicts(comparison))
    written = as_markdown(comparison)
    assert "described only" in written
    assert "Fewer than 10 queries are not tested (neutral)" in written


def test_all_pairs_are_a_family_beside_that_against_the_first(collection):
    one = compare(collection, FIVE)
    every = compare(collection, FIVE, tests=Significance(all_pairs=True))
    assert repr(every.differences) == repr(one.differences)
    assert not one.pairs
    found = every.pairs["same-0", "damaged", "fear", "R@10"]
    assert found.mean == pytest.approx(-8 / 30, abs=1e-9)
    assert found.family == 6
    assert ("same-0", "same-1", "all", "MRR") in every.pairs
    assert "## Other pairs" in as_markdown(every)


def test_runs_by_several_seeds_are_one_strategy_whose_spread_counts(collection):
    one = compare(collection, ["baseline", "shaken"]).differences["shaken", "all", "MRR"]
    several = compare(collection, ["baseline", Candidate("shaken", ["shaken"], range(4))])
    result = several.results[1]
    assert [run.seed for run in result.runs] == [0, 1, 2, 3]
    assert len({run.scores.reciprocal.mean() for run in result.runs}) == 4
    assert len(several.results[0].runs) == 1
    found = several.differences["shaken", "all", "MRR"]
    means = [run.scores.reciprocal.mean() for run in result.runs]
    assert found.mean == pytest.approx(sum(means) / 4 - 1, abs=1e-9)
    assert found.high - found.low > one.high - one.low
    assert "Between runs" in as_markdown(several)


def test_runs_are_of_one_strategy(collection):
    mixed = Candidate("mixed", ["shaken", "damaged"])
    with pytest.raises(InvalidInput, match="shaken and damaged are not runs of one strategy"):
        compare(collection, ["baseline", mixed])


def test_what_no_seed_changes_has_one_run_in_trec_files_too(collection, tmp_path):
    names = [Candidate("damaged", ["damaged"], range(3)), Candidate("shaken", ["shaken"], range(2))]
    write_trec(collection, names, tmp_path)
    runs = {path.name for path in tmp_path.glob("run-*")}
    assert runs == {"run-damaged.txt", "run-shaken.txt", "run-shaken_(2).txt"}


def test_faces_and_scenes_cross_where_captions_are_labelled_with_them(collection, tmp_path):
    labelled = load_dataset(planted.write_planted(tmp_path / "labelled", labels=True))
    held = gather_material(labelled, collection.components)
    told = as_markdown(compare(held, ["baseline", "damaged"], resamples=200))
    assert "resampled by face (15) and scene (10), crossed" in told
    by_video = Significance(200, factors=["words", "videos"])
    told = as_markdown(compare(held, ["baseline", "damaged"], tests=by_video))
    assert "resampled by videos (120)." in told


def test_what_is_resampled_can_be_chosen_and_is_checked(collection):
    chosen = compare(collection, ["baseline", "damaged"], tests=Significance(factors=["words"]))
    assert "resampled by words (120)" in as_markdown(chosen)
    with pytest.raises(InvalidInput, match="no label 'fase'"):
        compare(collection, ["baseline", "damaged"], tests=Significance(factors=["fase"]))
