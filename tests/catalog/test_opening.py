"""An index that may only be read is read, whoever writes it, and a lost one says what is lost."""

import os
import shutil
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from moodreel import Segment
from moodreel.catalog.catalog import Catalog
from moodreel.catalog.records import VideoRecord
from moodreel.catalog.writer import VideoWriter
from moodreel.errors import CatalogError, MissingIndex
from readers import as_reader


def add(catalog, name):
    video = VideoRecord(name, f"/v/{name}", 1, 1, name, 5.0, 25.0, 64, 48)
    VideoWriter(catalog, video, [Segment(0, 5)]).commit()


def paths(catalog):
    return [video.path for video in catalog.videos()]


@pytest.fixture
def tmp_path():
    """A folder that other users can reach and read, as those of pytest are not."""
    with TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        yield Path(place)


@pytest.fixture
def folder(tmp_path):
    """The folder of an index with one video."""
    catalog = Catalog(tmp_path / "index", create=True)
    add(catalog, "a.mp4")
    catalog.close()
    yield tmp_path / "index"
    (tmp_path / "index").chmod(0o755)  # so that it can be removed


def test_an_index_that_may_only_be_read_is_read_and_left_as_it_is(folder):
    folder.chmod(0o555)
    before = sorted(os.listdir(folder))
    with as_reader():
        catalog = Catalog(folder)
        assert paths(catalog) == ["a.mp4"]
        assert catalog.count() == (1, 1)
        with pytest.raises(CatalogError, match="may not be written"):
            add(catalog, "b.mp4")
        assert paths(catalog) == ["a.mp4"]
        assert sorted(os.listdir(folder)) == before
        catalog.close()


def test_a_reader_sees_what_a_writer_adds_meanwhile_and_afterwards(folder):
    with as_reader():
        reader = Catalog(folder)
        assert paths(reader) == ["a.mp4"]
    writer = Catalog(folder)
    add(writer, "b.mp4")
    with as_reader():
        assert paths(reader) == ["a.mp4", "b.mp4"]
    add(writer, "c.mp4")
    writer.close()
    with as_reader():
        assert paths(reader) == ["a.mp4", "b.mp4", "c.mp4"]
        reader.close()


def test_what_a_killed_writer_left_in_the_log_is_read(folder, tmp_path):
    writer = Catalog(folder)
    add(writer, "b.mp4")
    killed = tmp_path / "killed"
    killed.mkdir()
    for name in ("catalog.sqlite", "catalog.sqlite-wal"):
        shutil.copy(folder / name, killed / name)
    writer.close()
    assert (killed / "catalog.sqlite-wal").stat().st_size
    killed.chmod(0o555)
    with as_reader():
        reader = Catalog(killed)
        assert paths(reader) == ["a.mp4", "b.mp4"]
        with pytest.raises(CatalogError, match="may not be written"):
            add(reader, "c.mp4")
        reader.close()
    assert sorted(os.listdir(killed)) == ["catalog.sqlite", "catalog.sqlite-wal"]
    killed.chmod(0o755)


def test_a_folder_of_any_name_holds_an_index(tmp_path):
    for name in ("why?mode=ro&x=%41#", os.fsdecode(b"caf\xe9"), "two\nlines"):
        catalog = Catalog(tmp_path / name, create=True)
        add(catalog, "a.mp4")
        catalog.close()
        (tmp_path / name).chmod(0o555)
        assert paths(Catalog(tmp_path / name)) == ["a.mp4"]
        assert (tmp_path / name / "catalog.sqlite").exists()
        (tmp_path / name).chmod(0o755)


def test_a_lost_index_says_what_is_lost_and_what_to_do(folder, tmp_path):
    with pytest.raises(MissingIndex, match="there is no such folder; if it is on a drive"):
        Catalog(tmp_path / "gone")
    (tmp_path / "link").symlink_to(tmp_path / "unplugged")
    with pytest.raises(MissingIndex, match=r"a link to .*unplugged, which is not there"):
        Catalog(tmp_path / "link")
    (folder / "vectors").mkdir()
    whole = (folder / "catalog.sqlite").read_bytes()
    (folder / "catalog.sqlite").write_bytes(b"")
    with pytest.raises(MissingIndex, match="is empty: the record of the videos is lost"):
        Catalog(folder)
    (folder / "catalog.sqlite").unlink()
    with pytest.raises(MissingIndex, match=r"catalog.sqlite, .* is lost, .* \(vectors\)") as lost:
        Catalog(folder)
    assert lost.value.exit_code == 2
    (folder / "catalog.sqlite").write_bytes(whole)
    assert paths(Catalog(folder)) == ["a.mp4"]


def test_an_index_that_is_lost_while_it_is_open_is_not_answered_from_memory(folder):
    catalog = Catalog(folder)
    assert paths(catalog) == ["a.mp4"]
    shutil.rmtree(folder)
    for ask in (catalog.videos, catalog.count, lambda: add(catalog, "b.mp4")):
        with pytest.raises(MissingIndex, match="no such folder"):
            ask()
    folder.mkdir()  # for the fixture


def test_no_revision_comes_twice_when_a_catalog_is_made_again_or_restored(folder):
    catalog = Catalog(folder)
    catalog.close()
    copy = (folder / "catalog.sqlite").read_bytes()
    seen = []
    for name in ("b.mp4", "c.mp4"):
        catalog = Catalog(folder)
        add(catalog, name)
        seen.append(catalog.revision)
        catalog.close()
        (folder / "catalog.sqlite").write_bytes(copy)
    (folder / "catalog.sqlite").unlink()
    catalog = Catalog(folder, create=True)
    add(catalog, "d.mp4")
    seen.append(catalog.revision)
    catalog.close()
    assert len({*seen}) == 3


def test_an_older_index_counts_its_revisions_on(folder):
    with sqlite3.connect(folder / "catalog.sqlite") as raw:
        raw.execute("UPDATE facts SET value = '99999999999999' WHERE key = 'revision'")
    catalog = Catalog(folder)
    add(catalog, "b.mp4")
    assert catalog.revision == 100_000_000_000_000
    catalog.close()
