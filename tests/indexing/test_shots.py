"""Indexes cut within shots: their moments, what another way of cutting does, and older indexes."""

import pytest

from cut_videos import write_known
from moodreel.errors import ConfigurationError

SHOTS = "segmenter=shots"


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """A video of four shots, one of them longer than a window, and its cuts."""
    folder = tmp_path_factory.mktemp("known")
    return folder, write_known(folder / "a.mp4", ["cut"] * 3, seed=0)


@pytest.fixture(scope="module")
def index(known, tmp_path_factory, engine_at):
    folder = tmp_path_factory.mktemp("index")
    with engine_at(folder, SHOTS, "segments.length=1", "segments.stride=1") as engine:
        assert not engine.index(known[0]).failed
    return folder


def test_moments_begin_and_end_at_shots_or_windows_within_them(known, index, engine_at):
    edges = [cut.start for cut in known[1]]
    with engine_at(index, SHOTS, "segments.length=1", "segments.stride=1") as engine:
        hits = engine.search("a photograph", merge=False, top=50)
    spans = sorted((hit.start, hit.end) for hit in hits)
    for edge in edges:
        assert any(abs(start - edge) < 1e-6 for start, _ in spans)
        assert not any(start + 1e-6 < edge < end - 1e-6 for start, end in spans)
    assert len(spans) > len(edges) + 1  # a long shot has windows


def test_another_way_of_cutting_is_refused_as_another_length_is(known, index, engine_at):
    lengths = ("segments.length=1", "segments.stride=1")
    says = r"holds segments of .* use another --index"
    for other in ((), ("segmenter=scenes",), (SHOTS, "segmenter.threshold=0.3")):
        refused = pytest.raises(ConfigurationError, match=says)
        with engine_at(index, *lengths, *other) as engine, refused:
            engine.index(known[0])


def test_an_index_cut_by_the_clock_is_gone_on_with_by_fixed(known, tmp_path, engine_at):
    with engine_at(tmp_path) as engine:
        engine.index(known[0])
    with engine_at(tmp_path, "segmenter=fixed") as engine:
        report = engine.index(known[0])
    assert (len(report.unchanged), report.added) == (1, [])
