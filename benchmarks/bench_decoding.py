"""Decoding: each reader over the same videos and moments, in this process."""

from statistics import median
from time import perf_counter

import pytest
from results import table, write_section

from moodreel import create
from moodreel.decoding.segmentation import Segment, sample_times

READERS = ("decord", "pyav")
FRAMES, ROUNDS = 12, 5


@pytest.fixture(scope="module")
def videos(sample_videos):
    """The sample videos with the moments to read."""
    reader = create("video_reader", "pyav")
    return [
        (path, sample_times(Segment(0, reader.probe(path).duration), FRAMES))
        for path in sample_videos
        if path.stem != "carphone"  # its pixels are not square: decord leaves it to PyAV
    ]


def read_all(name, videos):
    reader = create("video_reader", name)
    return [reader.read(path, times) for path, times in videos]


@pytest.mark.benchmark(group=f"decoding {FRAMES} frames a video")
@pytest.mark.parametrize("name", READERS)
def test_reader(benchmark, name, videos):
    clips = benchmark.pedantic(read_all, (name, videos), rounds=2, warmup_rounds=1)
    assert all(len(clip) == FRAMES for clip in clips)


def test_readers_beside_one_another(videos):
    times = {name: [] for name in READERS}
    for _ in range(ROUNDS):
        for name in READERS:
            start = perf_counter()
            read_all(name, videos)
            times[name].append((perf_counter() - start) * 1000 / len(videos))
    base = median(times["decord"])
    rows = [[n, f"{median(t):.0f}", f"{median(t) / base:.2f}"] for n, t in times.items()]
    head = [f"{FRAMES} frames of {len(videos)} videos", "ms a video, median", "times decord"]
    write_section("Decoding", table(head, rows))
