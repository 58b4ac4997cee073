"""Which video a path means: where it lies first, never another file's by the same words."""

import os

import pytest

from moodreel import Segment
from moodreel.catalog.catalog import Catalog
from moodreel.catalog.naming import titles
from moodreel.catalog.records import Filter, VideoRecord
from moodreel.catalog.writer import VideoWriter
from moodreel.errors import CatalogError, InvalidInput, NotIndexed


@pytest.fixture
def catalog(tmp_path):
    catalog = Catalog(tmp_path / "index", create=True)
    yield catalog
    catalog.close()


def add(catalog, path, location, size=10):
    facts = {"size": size, "modified": 1, "digest": os.fsencode(location).hex(), "sidecar": path}
    facts |= {"duration": 5.0, "fps": 25.0, "width": 64, "height": 48}
    return VideoWriter(catalog, VideoRecord(path, location, **facts), [Segment(0, 5)]).commit()


def paths_of(catalog, text):
    ids = catalog.find_segments(Filter(text)).tolist()
    return [moment.location for moment in catalog.moments(ids)]


@pytest.fixture
def cards(catalog, tmp_path):
    """Two files that were indexed as DCIM/a.mp4 from two folders."""
    places = [tmp_path / card / "DCIM" / "a.mp4" for card in ("card1", "card2")]
    for place in places:
        place.parent.mkdir(parents=True)
        place.write_bytes(b"x" * 10)
        add(catalog, "DCIM/a.mp4", str(place))
    return [str(place) for place in places]


def test_a_path_that_two_videos_share_is_neither_and_names_both(catalog, cards):
    for ask in (catalog.locate, catalog.segments_of, lambda path: catalog.moment_at(path, 1)):
        with pytest.raises(InvalidInput, match="2 videos of the index have this path") as refusal:
            ask("DCIM/a.mp4")
        assert all(place in str(refusal.value) for place in cards)
        assert refusal.value.exit_code == 2


def test_a_path_means_what_lies_there_from_the_working_directory(catalog, cards, monkeypatch):
    for place in cards:
        monkeypatch.chdir(os.path.dirname(os.path.dirname(place)))
        assert catalog.locate("DCIM/a.mp4") == place
        assert catalog.locate("./DCIM/../DCIM/a.mp4") == place
        assert catalog.locate(place) == place
        assert [m.location for m in catalog.segments_of("DCIM/a.mp4")] == [place]


def test_another_file_at_the_path_is_not_taken_for_the_one_indexed(catalog, tmp_path, monkeypatch):
    first = tmp_path / "one" / "a.mp4"
    first.parent.mkdir()
    first.write_bytes(b"x" * 10)
    add(catalog, "a.mp4", str(first))
    assert catalog.locate("a.mp4") == str(first)
    (tmp_path / "two").mkdir()
    monkeypatch.chdir(tmp_path / "two")
    (tmp_path / "two" / "a.mp4").write_bytes(b"y" * 10)
    with pytest.raises(CatalogError, match="another file by this path") as refusal:
        catalog.locate("a.mp4")
    assert str(first) in str(refusal.value)
    first.unlink()  # moved, as it seems: the project with its videos lies elsewhere now
    assert catalog.locate("a.mp4") == str(first)


@pytest.mark.parametrize("name", [b"caf\xe9.mp4", b"\xff\xfe", b"plain.mp4", "é\n.mp4".encode()])
def test_a_name_of_any_bytes_is_stored_and_found(catalog, name):
    path = os.fsdecode(name)
    add(catalog, path, f"/videos/{path}")
    add(catalog, "other.mp4", "/videos/other.mp4")
    (first, _) = catalog.videos()
    assert (first.path, first.location, first.sidecar) == (path, f"/videos/{path}", path)
    assert catalog.locate(path) == f"/videos/{path}"
    assert paths_of(catalog, path) == [f"/videos/{path}"]
    reopened = Catalog(catalog.folder)
    assert os.fsencode(reopened.locate(path)) == b"/videos/" + name
    reopened.close()


def test_a_name_is_found_as_it_is_shown_and_in_the_other_composition(catalog):
    add(catalog, os.fsdecode(b"caf\xe9.mp4"), os.fsdecode(b"/v/caf\xe9.mp4"))
    add(catalog, "e\u0301te\u0301.mp4", "/v/e\u0301te\u0301.mp4")
    assert os.fsencode(catalog.locate(r"caf\xe9.mp4")) == b"/v/caf\xe9.mp4"
    assert catalog.locate("\u00e9t\u00e9.mp4") == "/v/e\u0301te\u0301.mp4"
    add(catalog, "\u00e9t\u00e9.mp4", "/v/\u00e9t\u00e9.mp4")
    assert catalog.locate("\u00e9t\u00e9.mp4") == "/v/\u00e9t\u00e9.mp4"
    assert catalog.locate("e\u0301te\u0301.mp4") == "/v/e\u0301te\u0301.mp4"
    assert paths_of(catalog, "ÉTÉ") == ["/v/e\u0301te\u0301.mp4", "/v/\u00e9t\u00e9.mp4"]


def test_a_filter_tells_videos_of_one_path_apart_by_where_they_lie(catalog, cards):
    add(catalog, "b.mp4", "/card1/b.mp4")
    assert paths_of(catalog, "dcim/A") == cards
    assert paths_of(catalog, "card2") == cards[1:]
    assert paths_of(catalog, "/card1/") == [cards[0], "/card1/b.mp4"]
    names = titles(catalog.videos())
    assert [*names.values()] == [*cards, "b.mp4"]
    assert catalog.shared_paths() == {"DCIM/a.mp4"}


@pytest.mark.parametrize("path", ["half \ud800 a character", "a null\0byte"])
def test_a_path_that_no_disk_can_hold_is_none_of_the_index(engine, path):
    with pytest.raises(NotIndexed):
        engine.catalog.locate(path)
