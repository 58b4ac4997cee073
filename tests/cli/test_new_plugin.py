"""`moodreel new-plugin`: a package is written, nothing is overwritten, wrong names are refused."""

import pytest

from outcomes import check_refused


def test_the_files_of_a_package_are_written_and_named(moodreel, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = moodreel("new-plugin", "fusion", "mine")
    assert done.code == 0, done.err
    written = done.out.splitlines()
    assert "moodreel-mine/moodreel_mine.py" in written
    assert "moodreel-mine/pyproject.toml" in written
    assert all((tmp_path / name).is_file() for name in written)
    assert done.err == "Try: cd moodreel-mine && pip install -e '.[dev]' && pytest\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fuson", "mine"], "Did you mean 'fusion'"),
        (["fusion", "My Strategy"], "lower-case words joined by hyphens"),
        (["fusion", "late"], "'late' is there already"),
        (["fusion", "mine", "--to", "."], ". is there already"),
        (["fusion"], "Missing argument 'NAME'"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kept.txt").write_text("mine")
    check_refused(moodreel("new-plugin", *arguments), says)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]
