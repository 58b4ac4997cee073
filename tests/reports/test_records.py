"""CSV and LaTeX hold the figures of a comparison, to be read by other programs."""

import csv

import pytest

import planted
from outcomes import check_refused


@pytest.fixture
def written(moodreel, tmp_path):
    folder = planted.write_planted(tmp_path / "planted_100%")
    files = {name: tmp_path / name for name in ("figures.csv", "tables.tex", "queries.csv")}
    done = moodreel(
        *("compare", folder, "--fusion", "baseline", "--fusion", "late", "--resamples", 100),
        *("--report", files["figures.csv"], "--report", files["tables.tex"]),
        *("--per-query", files["queries.csv"]),
    )
    assert done.code == 0, done.err
    return files


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_query_has_a_row_for_each_strategy_with_its_measures(written):
    rows = read(written["queries.csv"])
    assert len(rows) == 2 * planted.VIDEOS
    first = rows[0]
    assert (first["text"], first["videos"], first["strategy"]) == (
        *("scene number 0", "v0", "baseline"),
    )
    assert first["emotions"] == "fear=1"
    mean = sum(float(row["MRR"]) for row in rows if row["strategy"] == "late") / planted.VIDEOS
    figures = read(written["figures.csv"])
    told = next(
        row
        for row in figures
        if (row["direction"], row["group"], row["strategy"], row["measure"])
        == ("text to video", "all", "late", "MRR")
    )
    assert float(told["value"]) == pytest.approx(mean, abs=1e-9)


def test_differences_have_their_interval_and_what_they_were_corrected_for(written):
    rows = [row for row in read(written["figures.csv"]) if row["against"] == "baseline"]
    tested = next(row for row in rows if (row["group"], row["measure"]) == ("fear", "R@10"))
    assert (tested["difference"], tested["comparisons"], tested["queries"]) == ("0.0", "1", "30")
    few = next(row for row in rows if (row["group"], row["measure"]) == ("neutral", "R@10"))
    assert (few["p"], few["low"], few["comparisons"]) == ("", "", "")


def test_tables_in_latex_have_as_many_cells_as_columns_and_no_commands_of_names(written):
    text = written["tables.tex"].read_text()
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") >= 4
    columns = None
    for line in text.splitlines():
        if line.startswith(r"\begin{tabular}"):
            columns = len(line.removeprefix(r"\begin{tabular}").strip("{}"))
        elif line.endswith(r"\\"):
            assert line.replace(r"\&", "").count("&") == columns - 1
    assert r"95\% interval" in text


def test_normalisations_stand_in_tables_of_their_own_with_their_scale(moodreel, tmp_path):
    folder = planted.write_planted(tmp_path / "planted", splits=True)
    report = tmp_path / "report.md"
    done = moodreel(
        *("compare", folder, "--fusion", "baseline", "--fusion", "late", "--resamples", 100),
        *("--dual-softmax", "--querybank", "train", "--report", report),
    )
    assert done.code == 0, done.err
    text = report.read_text()
    assert "with dual softmax (not available to a search)" in text
    assert "are multiplied by 100 in it" in text
    assert "with QB-Norm (not available to a search)" in text
    assert f"by {planted.FEAR} other ones" in text
    unknown = ("compare", folder, "--fusion", "baseline", "--querybank", "trian")
    check_refused(moodreel(*unknown), "has no split 'trian'")


def test_measures_of_queries_are_written_as_csv_alone(moodreel, tmp_path):
    folder = planted.write_planted(tmp_path / "planted")
    arguments = ("evaluate", folder, "--per-query", tmp_path / "a.md")
    check_refused(moodreel(*arguments), "unknown form '.md'")
