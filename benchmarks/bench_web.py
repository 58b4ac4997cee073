"""What the API adds to a search, beside the engine's own time in the same run; how pages load.

pytest benchmarks/bench_web.py -o testpaths=benchmarks -o python_files='bench_*.py' -s
"""

import sys
from pathlib import Path
from statistics import median
from time import perf_counter

import httpx
import numpy as np
import pytest
from results import table, write_section

from moodreel import EmotionScores, Engine, Segment
from moodreel.catalog.catalog import Catalog
from moodreel.catalog.records import SegmentFeatures, VideoRecord
from moodreel.catalog.writer import VideoWriter
from moodreel.datasets.builders.samples import make_samples

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
from chromium import chromium
from serving import served

ROUNDS = 40
SEARCH_HEAD = ["search, top 24", "engine, ms", "API, ms", "ratio"]
LOAD_HEAD = ["page", "first paint, ms", "ready, ms", "loaded, ms", "kB fetched"]
TIMINGS = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const parts = [page, ...performance.getEntriesByType("resource")];
  const fetched = parts.reduce((sum, part) => sum + part.transferSize, 0);
  return [paint ? paint.startTime : NaN, page.domContentLoadedEventEnd, page.loadEventEnd, fetched];
}"""
TEXTS = ("a cat", "a joyful person", "an ancient temple", "a sad man in a car")


def write_segments(folder, engine, videos, each):
    """Fill an index with unit vectors and emotions, as many as are asked for."""
    rng = np.random.default_rng(0)
    catalog = Catalog(folder, create=True)
    dim = engine.components.video_encoder.dim
    for number in range(videos):
        pooled = rng.normal(size=(each, dim)).astype(np.float32)
        pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
        moods = rng.uniform(size=(each, 8)).astype(np.float32)
        name = f"{number}.mp4"
        facts = (name, f"/{name}", 1, 1, name, each * 5.0, 25.0, 640, 360)
        segments = [Segment(i * 5.0, i * 5.0 + 5) for i in range(each)]
        writer = VideoWriter(catalog, VideoRecord(*facts), segments)
        writer.add(engine.components.video_encoder, SegmentFeatures(pooled, [None] * each))
        writer.add(engine.components.video_emotion, EmotionScores(moods, np.ones((each, 8), bool)))
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


@pytest.fixture(scope="module")
def report():
    """Rows of two tables, which become the section of RESULTS.md."""
    searches, loads = [], []
    yield searches, loads
    body = f"At most twice the engine's time is allowed.\n\n{table(SEARCH_HEAD, searches)}\n\n"
    body += f"Timings of the first page are reported, not asserted.\n\n{table(LOAD_HEAD, loads)}"
    write_section("The application", body)


@pytest.mark.parametrize("size", ["demo", "100,000 segments"])
def test_the_api_costs_at_most_twice_the_engines_own_time(size, tmp_path, report):
    with Engine.from_preset("starter", index=tmp_path / "index") as engine:
        if size == "demo":
            make_samples(tmp_path / "videos")
            engine.index(tmp_path / "videos")
        else:
            write_segments(tmp_path / "index", engine, videos=1000, each=100)
        own = timed(lambda text: engine.search(text, top=24))
        with (
            served(tmp_path / "index") as (_, site),
            httpx.Client(base_url=site, timeout=120) as web,
        ):
            ask = timed(lambda text: web.post("/api/search", json={"text": text, "top": 24}))
            if size == "demo":
                report[1].extend(page_loads(site))
        again = timed(lambda text: engine.search(text, top=24))
    ratio = ask / min(own, again)
    report[0].append([size, f"{min(own, again):.1f}", f"{ask:.1f}", f"{ratio:.2f}"])
    assert ratio <= 2


def page_loads(site):
    """Return rows of the first page's timings in Chromium: with nothing cached, then again."""
    with chromium() as browser:
        context = browser.new_context(base_url=site)
        return [page_load(context, name) for name in ("first visit", "second visit")]


def page_load(context, name):
    """Open the page and return when it showed something, was ready, and what it fetched."""
    page = context.new_page()
    page.goto("/", wait_until="networkidle")
    shown, ready, loaded, sizes = page.evaluate(TIMINGS)
    page.close()
    return [name, f"{shown:.0f}", f"{ready:.0f}", f"{loaded:.0f}", f"{sizes / 1000:.0f}"]
