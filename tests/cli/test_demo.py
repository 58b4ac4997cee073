"""`moodreel demo`: sample videos, an index of them, and a first search."""

import pytest

from copies import copy_index
from outcomes import check_refused


@pytest.fixture
def folder(demo, tmp_path):
    """A folder where the command was called before."""
    (tmp_path / "videos").symlink_to(demo / "videos")
    copy_index(demo / "index", tmp_path / "index")
    return tmp_path


def test_it_indexes_the_samples_and_searches_them(moodreel, folder):
    done = moodreel("demo", "--to", folder, "--search")
    assert done.code == 0, done.err
    assert "21 unchanged" in done.out
    assert '"a cup of coffee"' in done.out
    assert "coffee.mp4" in done.out
    assert (folder / "thumbnails" / "a-cup-of-coffee" / "01-coffee.jpg").exists()
    assert f'Try: moodreel search "a cat" --index {folder}/index' in done.err


def test_a_sample_that_cannot_be_read_is_named(moodreel, demo, tmp_path):
    (tmp_path / "videos").mkdir()
    for video in (demo / "videos").iterdir():
        (tmp_path / "videos" / video.name).symlink_to(video)
    copy_index(demo / "index", tmp_path / "index")
    (tmp_path / "videos" / "cat.mp4").unlink()
    (tmp_path / "videos" / "cat.mp4").write_text("this is not a video")
    done = moodreel("demo", "--to", tmp_path)
    assert done.code == 1
    assert f"failed: {tmp_path}/videos/cat.mp4: is not a video" in done.err


def test_a_wrong_call_is_one_line_and_makes_nothing(moodreel, tmp_path):
    for wrong, says in ((["--preset", "startr"], "'starter'"), (["stray"], "unexpected argument")):
        check_refused(moodreel("demo", "--to", tmp_path / "new", *wrong), says)
    assert not (tmp_path / "new").exists()
