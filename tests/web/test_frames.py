"""Pictures are decoded once, kept up to a size, and never half-written."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from moodreel.catalog.records import VideoRecord
from moodreel.errors import UnreadableVideo
from moodreel.media import Clip
from moodreel.web.frames import FrameCache


@pytest.fixture
def video(tmp_path):
    file = tmp_path / "a.mp4"
    file.write_bytes(b"video")
    return VideoRecord("a.mp4", str(file), 5, 1, "d1", 10.0, 25.0, 64, 48)


def make_cache(folder, bound=10**9):
    reads = []
    rng = np.random.default_rng(0)

    def read(path, times):
        reads.append((path, list(times)))
        frames = rng.integers(0, 255, (len(times), 48, 64, 3), np.uint8)
        return Clip(frames, np.array(times, np.float64))

    return FrameCache(folder / "frames", read, bound), reads


def test_a_picture_is_decoded_once(tmp_path, video):
    cache, reads = make_cache(tmp_path)
    first = cache.frame(video, 3.04, 160)
    assert cache.frame(video, 3.0, 160) == first
    assert cache.strip(video) == cache.strip(video)
    assert reads[0] == (Path(video.location), [3.0])
    assert len(reads) == 2


def test_a_time_past_the_end_is_the_last_frame(tmp_path, video):
    cache, reads = make_cache(tmp_path)
    cache.frame(video, 1e7, 160)
    assert reads[0][1] == [9.9]


def test_the_folder_stays_below_its_bound_and_keeps_what_is_used(tmp_path, video):
    cache, _ = make_cache(tmp_path, bound=20_000)
    for tenth in range(60):
        cache.frame(video, tenth / 10, 320)
        cache.frame(video, 0.0, 320)
        sizes = [file.stat().st_size for file in (tmp_path / "frames").iterdir()]
        assert sum(sizes) <= 20_000
    assert (tmp_path / "frames" / "d1-0.0-320.jpg").exists()


def test_a_folder_that_cannot_be_written_costs_no_answer(tmp_path, video):
    (tmp_path / "frames").write_text("in the way")
    cache, reads = make_cache(tmp_path)
    assert cache.frame(video, 1.0, 160) != cache.frame(video, 1.0, 160)
    assert len(reads) == 2


def test_a_file_that_is_gone_is_named(tmp_path, video):
    cache, _ = make_cache(tmp_path)
    Path(video.location).unlink()
    with pytest.raises(UnreadableVideo, match="no longer there"):
        cache.frame(video, 1.0, 160)


@pytest.mark.parametrize("shape", [(2, 4096), (4096, 2), (1, 9999)])
def test_an_extreme_strip_has_pictures_of_a_bounded_shape(tmp_path, video, shape):
    def read(path, times):
        frames = np.full((len(times), *shape, 3), 200, np.uint8)
        return Clip(frames, np.array(times, np.float64))

    cache = FrameCache(tmp_path / "frames", read)
    frame = Image.open(BytesIO(cache.frame(video, 1.0, 320)))
    assert max(frame.size) <= 4 * min(frame.size)
    assert np.asarray(frame).max() > 50  # the strip itself is seen
    strip = Image.open(BytesIO(cache.strip(video)))
    assert strip.height == 54
    assert strip.width <= 12 * 4 * 54
