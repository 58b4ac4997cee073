"""The frames are those asked for: videos that say in every frame which one it is.

Each kind is a container, a coding or a habit that was read wrongly somewhere. Every reader gives
the right frames, to within one, or refuses the file in one line.
"""

from contextlib import suppress

import numpy as np
import pytest

from moodreel import create
from moodreel.containers import packets
from moodreel.containers.probing import found_facts
from moodreel.decoding.decoder import Decoder
from moodreel.errors import UnreadableVideo
from numbered_videos import KINDS, READERS


@pytest.fixture(scope="module")
def numbered(tmp_path_factory):
    """Make each kind once: its path, and what it shows."""
    folder = tmp_path_factory.mktemp("numbered")
    made = {}

    def make(name):
        if name not in made:
            path = folder / name
            made[name] = path, KINDS[name](path)
        return made[name]

    return make


def moments(shown, duration):
    """Evenly, at random, and single ones from the end and from the middle."""
    end = min(float(shown.begins[-1]) + 0.01, duration - 1e-3)
    drawn = np.sort(np.random.default_rng(0).uniform(0, end, 12))
    return [np.linspace(0, end, 40).tolist(), drawn.tolist(), [0.9 * end], [0.3 * end]]


def assert_right(reader, path, shown, facts):
    for times in moments(shown, facts.duration):
        clip = reader.read(path, times, facts=facts)
        assert clip.times.tolist() == times
        assert shown.misses(times, clip.frames) == []


@pytest.mark.parametrize("name", KINDS)
def test_every_frame_is_the_one_shown_at_its_time(numbered, name):
    path, shown = numbered(name)
    reader = create("video_reader", "pyav")
    facts = reader.probe(path)
    longest = max(np.diff(shown.begins)) + 0.2
    assert shown.begins[-1] < facts.duration <= shown.begins[-1] + longest
    assert_right(reader, path, shown, facts)


@pytest.mark.parametrize("name", KINDS)
def test_a_second_run_reads_the_same_pixels(numbered, name):
    path, shown = numbered(name)
    facts, times = None, moments(shown, 1e9)[1]
    runs = []
    for _ in range(2):
        reader = create("video_reader", "pyav")
        found_facts.cache_clear()
        again = reader.probe(path)
        assert facts in (None, again)
        facts = again
        runs.append(reader.read(path, times, facts=facts).frames)
    np.testing.assert_array_equal(*runs)


@pytest.mark.parametrize("name", KINDS)
def test_of_a_large_file_only_the_end_is_looked_at_and_the_facts_are_the_same(
    numbered, name, monkeypatch
):
    path, shown = numbered(name)
    reader = create("video_reader", "pyav")
    whole = reader.probe(path)
    for limit in ("SCANNED", "SCANNED_LOOSE"):
        monkeypatch.setattr(packets, limit, 0)
    monkeypatch.setattr(packets, "HEAD", path.stat().st_size // 8)
    found_facts.cache_clear()
    facts = reader.probe(path)
    found_facts.cache_clear()
    assert facts.duration == pytest.approx(whole.duration, abs=0.1)
    assert facts.stream == whole.stream
    assert_right(reader, path, shown, facts)


@pytest.fixture(scope="module", params=[name for name in READERS if name != "pyav"])
def other(request):
    """Another reader, in a worker process as when indexing: decord ends it at some files."""
    with Decoder([create("video_reader", request.param)], workers=1) as decoder:
        yield decoder


@pytest.mark.parametrize("name", KINDS)
def test_another_reader_gives_the_right_frames_or_refuses(numbered, name, other):
    path, shown = numbered(name)
    facts = other.probe(path)
    with suppress(UnreadableVideo):
        other.read(path, [0.0], facts)
        assert_right(other, path, shown, facts)
