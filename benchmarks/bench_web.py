"""What the API adds to a search: its time beside the engine's own, in the same run.

pytest benchmarks/bench_web.py -o testpaths=benchmarks -o python_files='bench_*.py' -s
"""

import sys
from pathlib import Path
from statistics import median
from time import perf_counter

import httpx
import numpy as np
import pytest

from moodreel import EmotionScores, Engine, Segment
from moodreel.catalog import Catalog, SegmentFeatures, VideoRecord, VideoWriter
from moodreel.samples import make_samples
from moodreel.web.adding import Recipe
from moodreel.web.app import create_app
from moodreel.web.desk import Desk

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from serving import running

ROUNDS = 40
TEXTS = ("a cat", "a joyful person", "an ancient temple", "a sad man in a car")


def write_segments(folder, engine, videos, each):
    """Fill an index with unit vectors and emotions, as many as are asked for."""
    rng = np.random.default_rng(0)
    catalog = Catalog(folder, create=True)
    dim = engine.video_encoder.dim
    for number in range(videos):
        pooled = rng.normal(size=(each, dim)).astype(np.float32)
        pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
        moods = rng.uniform(size=(each, 8)).astype(np.float32)
        name = f"{number}.mp4"
        facts = (name, f"/{name}", 1, 1, name, each * 5.0, 25.0, 640, 360)
        segments = [Segment(i * 5.0, i * 5.0 + 5) for i in range(each)]
        writer = VideoWriter(catalog, VideoRecord(*facts), segments)
        writer.add(engine.video_encoder, SegmentFeatures(pooled, [None] * each))
        writer.add(engine.video_emotion, EmotionScores(moods, np.ones((each, 8), bool)))
        writer.commit()
    catalog.close()


def timed(action):
    """Return the median milliseconds of an action over some texts."""
    for text in TEXTS:
        action(text)
    times = []
    for turn in range(ROUNDS):
        started = perf_counter()
        action(TEXTS[turn % len(TEXTS)])
        times.append((perf_counter() - started) * 1000)
    return median(times)


@pytest.mark.parametrize("size", ["demo", "100,000 segments"])
def test_the_api_costs_at_most_twice_the_engines_own_time(size, tmp_path):
    with Engine.from_preset("starter", index=tmp_path / "index") as engine:
        if size == "demo":
            make_samples(tmp_path / "videos")
            engine.index(tmp_path / "videos")
        else:
            write_segments(tmp_path / "index", engine, videos=1000, each=100)
        desk = Desk(Recipe("starter", str(tmp_path / "index")), engine.registry, engine, {})
        own = timed(lambda text: engine.search(text, top=24))
        with running(create_app(desk)) as site, httpx.Client(base_url=site, timeout=120) as web:
            ask = timed(lambda text: web.post("/api/search", json={"text": text, "top": 24}))
        again = timed(lambda text: engine.search(text, top=24))
    ratio = ask / min(own, again)
    print(f"\n{size}: engine {own:.1f} and {again:.1f} ms, API {ask:.1f} ms, ratio {ratio:.2f}")
    assert ratio <= 2
