"""A sweep measures strategies over the values of an option, beside those that do not have it."""

import json

import pytest

import planted
from moodreel.datasets import load_dataset
from moodreel.errors import InvalidInput
from moodreel.evaluation.candidates import parse_sweep, read_candidate
from moodreel.evaluation.comparison import compare
from moodreel.evaluation.material import gather_material
from moodreel.evaluation.sweep import sweep_option
from outcomes import check_refused


def test_each_value_measures_what_a_comparison_with_it_does(collection, tmp_path):
    written = load_dataset(planted.write_planted(tmp_path / "moods", moods=True))
    held = gather_material(written, collection.components, reading="given")
    candidates = [read_candidate("baseline"), read_candidate("late")]
    swept = sweep_option(held, candidates, "weight", [0.0, 0.5, 1.0])
    plain = compare(held, ["baseline"], resamples=100).results[0]
    mean = float(plain.scores.reciprocal.mean())
    assert swept.curves["baseline"]["MRR"] == [mean] * 3
    assert swept.curves["late"]["MRR"][0] == pytest.approx(mean, abs=1e-9)
    assert swept.curves["late"]["MRR"][2] < 0.5


def test_an_option_that_no_strategy_has_is_refused(collection):
    with pytest.raises(InvalidInput, match="none of baseline has the option 'weight'"):
        sweep_option(collection, [read_candidate("baseline")], "weight", [0.0, 1.0])


@pytest.mark.parametrize("text", ["weight", "weight=1", "weight=0:1:0", "=0,1", "weight=a,b"])
def test_what_is_no_sweep_is_refused(text):
    with pytest.raises(InvalidInput, match="a sweep is written"):
        parse_sweep(text)


def test_reports_have_one_chart_of_all_strategies(moodreel, folder, tmp_path):
    strategies = ("--fusion", "baseline", "--fusion", "late", "--resamples", 100)
    page = tmp_path / "report.html"
    options = ("--sweep", "weight=0:1:0.5", "--report", page, "--json")
    done = moodreel("compare", folder, *strategies, *options)
    assert done.code == 0, done.err
    assert json.loads(done.out)["sweep"]["values"] == [0.0, 0.5, 1.0]
    text = page.read_text()
    assert text.count("<title>Measures over weight</title>") == 1
    assert "late, MRR" in text
    assert "Sweep of weight" in text
    check_refused(moodreel("compare", folder, *strategies, "--sweep", "w"), "a sweep is written")
