"""Encoding frames: the starter's two networks against one of them, by batch."""

from statistics import median
from time import perf_counter

import numpy as np
import pytest
from results import table, write_section

from moodreel import Clip, create

ENCODERS = ("starter-fast", "starter")
BATCHES = (1, 4, 16)
ROUNDS = 5


@pytest.fixture(scope="module")
def encoders():
    made = {name: create("video_encoder", name) for name in ENCODERS}
    for encoder in made.values():
        encoder.encode(clips(1))
    return made


def clips(count, frames=4):
    draw = np.random.default_rng(0)
    pictures = draw.integers(0, 256, (count, frames, 360, 480, 3), np.uint8)
    return [Clip(frames, np.arange(len(frames), dtype=float)) for frames in pictures]


@pytest.mark.benchmark(group="encoding 4 clips of 4 frames")
@pytest.mark.parametrize("name", ENCODERS)
def test_encoder(benchmark, encoders, name):
    benchmark.pedantic(encoders[name].encode, (clips(4),), rounds=3)


def test_encoders_beside_one_another(encoders):
    rows = []
    for batch in BATCHES:
        given, times = clips(batch), {name: [] for name in ENCODERS}
        for _ in range(ROUNDS):
            for name in ENCODERS:
                start = perf_counter()
                encoders[name].encode(given)
                times[name].append((perf_counter() - start) * 1000 / (4 * batch))
        fast, both = (median(times[name]) for name in ENCODERS)
        rows.append([str(batch), f"{fast:.0f}", f"{both:.0f}", f"{both / fast:.2f}"])
    head = ["clips of 4 frames at once", "`starter-fast`, ms a frame", "`starter`, ms", "ratio"]
    write_section("Encoding", table(head, rows))
