"""An index that may only be read is searched, and nothing is written; a lost one is said."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from copies import copy_index
from outcomes import check_refused
from readers import as_reader


@pytest.fixture(params=["bare", "with vectors"])
def index(request, cards):
    """A copy of the cards' index that others can read and nobody else write."""
    with TemporaryDirectory() as place:
        folder = copy_index(cards / "index", Path(place) / "index")
        if request.param == "bare":
            for name in ("vectors", "confidence"):
                shutil.rmtree(folder / name, ignore_errors=True)
        shutil.copy(cards / "card1" / "DCIM" / "a.mp4", Path(place) / "a.mp4")
        places = [Path(place), folder, *folder.rglob("*")]
        for found in places:
            found.chmod(0o555 if found.is_dir() else 0o444)
        yield folder
        for found in places:
            found.chmod(0o755)


def contents(folder):
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_another_user_searches_it_and_leaves_it_as_it_is(moodreel, index, cards):
    before = contents(index)
    calls = [
        ("search", "a cup of coffee", "--top", 1),
        ("similar", cards / "card2" / "DCIM" / "a.mp4", "--top", 1),
        ("mood", "joy", "--top", 1),
        ("recommend", "--like", cards / "card2" / "DCIM" / "a.mp4", "--top", 1),
    ]
    for call in calls:
        expected = moodreel(*call, "--json", "--index", cards / "index")
        with as_reader():
            done = moodreel(*call, "--json", "--index", index)
        assert (done.code, done.err) == (expected.code, expected.err)
        found = [hit["location"] for hit in done.objects]
        assert found == [hit["location"] for hit in expected.objects]
        assert found
    assert contents(index) == before


def test_indexing_into_it_is_refused_in_one_line(moodreel, index):
    with as_reader():
        done = moodreel("index", index.parent / "a.mp4", "--index", index)
    check_refused(done, "may not be written", code=1)


@pytest.mark.parametrize("lost", ["catalog.sqlite", "everything"])
def test_a_lost_index_is_said(moodreel, cards, tmp_path, lost):
    folder = copy_index(cards / "index", tmp_path / "index")
    moodreel("search", "coffee", "--index", folder)
    if lost == "everything":
        shutil.rmtree(folder)
    else:
        (folder / lost).unlink()
    told = {"everything": "there is no such folder", "catalog.sqlite": "the videos, is lost"}
    for call in (("search", "coffee"), ("similar", "a.mp4"), ("mood", "joy")):
        check_refused(moodreel(*call, "--index", folder), told[lost])
    assert not os.path.exists(folder / "catalog.sqlite")
