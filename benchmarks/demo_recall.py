"""Recall on the demo's videos: which settings of the starter encoder help, and at what cost.

    python benchmarks/demo_recall.py

Settings are chosen on the queries `tune` of demo_queries.yaml; `test` is reported.
"""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import yaml
from results import table, write_section

from moodreel import Clip, Engine
from moodreel.datasets.builders.samples import make_samples

QUERIES = yaml.safe_load(Path(__file__).with_name("demo_queries.yaml").read_text())
MUST_HOLD = 8  # the first queries of `test` are the ones that have to find their clip first
DRAWS = 5000
EVERYTHING = 1000

LITE0 = {"model": "tf_efficientnet_lite0", "view": "whole"}
LITE2 = {"model": "tf_efficientnet_lite2", "view": "centre"}
DESIGN = {"networks": [LITE0], "forms": ["detailed"], "classes": 30, "frames": 4}
SETTINGS = {
    "lite0, descriptions, 4 frames (before)": DESIGN,
    "names instead of descriptions": DESIGN | {"forms": ["plain"], "temperature": 1, "classes": 10},
    "names and descriptions": DESIGN | {"forms": ["plain", "detailed"]},
    "lite0 on the central square": DESIGN | {"networks": [LITE0 | {"view": "centre"}]},
    "lite2 on the central square": DESIGN | {"networks": [LITE2]},
    "lite0 and lite2": DESIGN | {"networks": [LITE0, LITE2]},
    "6 frames": DESIGN | {"frames": 6},
    "all of these (now)": {},
    "all of these, 12 frames": {"frames": 12},
    "all of these, sharper (temperature 1)": {"temperature": 1},
    "all of these, 1,000 classes": {"classes": 1000},
}

Find = Callable[[str], Iterable[str]]


@dataclass(frozen=True, eq=False)
class Collection:
    """The videos' names [N], one a segment, and a way to get its frames."""

    engine: Engine

    def encoder(self, options: Mapping[str, Any]) -> Any:
        """Return the starter encoder with some options."""
        return self.engine.registry.create("video_encoder", "starter", **options)

    @cache  # noqa: B019 - one collection lives as long as the run
    def clips(self, frames: int) -> tuple[list[str], list[Clip]]:
        """Return the name and the frames of every segment."""
        encoder = self.engine.components.video_encoder
        usual, encoder.frames_per_clip = encoder.frames_per_clip, frames
        catalog = self.engine.catalog
        parts = [
            (Path(video.path).stem, self.engine.clip(video.location, moment.segment))
            for video in catalog.videos()
            for moment in catalog.segments(video.id)
        ]
        encoder.frames_per_clip = usual
        return [name for name, _ in parts], [clip for _, clip in parts]


def ranks(queries: Mapping[str, Sequence[str]], find: Find) -> np.ndarray:
    """Return the rank, from 1, of each query's first right video; `find` gives names in order."""
    found = []
    for query, right in queries.items():
        names = list(dict.fromkeys(find(query)))
        found.append(1 + min(names.index(name) for name in right))
    return np.array(found)


def interval(values: np.ndarray, seed: int = 0) -> str:
    """Return the mean with its 95% bootstrap interval over queries."""
    draw = np.random.default_rng(seed)
    means = values[draw.integers(len(values), size=(DRAWS, len(values)))].mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{values.mean():.2f} ({low:.2f} to {high:.2f})"


def described(find: Find) -> list[str]:
    """Return recall@1 and MRR on both halves, and how many of the must-hold queries hold."""
    cells, must = [], 0
    for queries in QUERIES.values():
        places = ranks(queries, find)
        cells += [interval(places == 1), interval(1 / places)]
        must = int((places[:MUST_HOLD] == 1).sum())
    return [*cells, f"{must} of {MUST_HOLD}"]


def measure(collection: Collection, options: dict) -> list[str]:
    """Return a row for the encoder with some options: recalls, and milliseconds a frame."""
    encoder = collection.encoder(options)
    names, clips = collection.clips(encoder.frames_per_clip)
    encoder.encode(clips[:1])
    start = process_time()
    vectors = encoder.encode(clips).pooled.numpy()
    cost = (process_time() - start) / sum(map(len, clips)) * 1000

    def find(query: str) -> list[str]:
        scores = vectors @ collection.engine.encode_text(query)
        return [names[row] for row in np.argsort(-scores)]

    return [*described(find), f"{cost:.0f}"]


def through_search(engine: Engine) -> list[str]:
    """Return a row for `search` itself, with moods read from the queries and late fusion."""

    def find(query: str) -> list[str]:
        return [Path(hit.video).stem for hit in engine.search(query, top=EVERYTHING)]

    return [*described(find), ""]


def measure_all(folder: Path) -> list[list[str]]:
    """Index the demo's videos and return a row for each setting."""
    make_samples(folder / "videos")
    with Engine.from_preset("starter", index=folder / "index") as engine:
        engine.index(folder / "videos")
        collection = Collection(engine)
        rows = [[name, *measure(collection, options)] for name, options in SETTINGS.items()]
        return [*rows, ["`moodreel search`, as it comes", *through_search(engine)]]


HEAD = [
    "setting",
    "recall@1, tune",
    "MRR, tune",
    "recall@1, test",
    "MRR, test",
    "must hold",
    "ms of CPU a frame",
]
NOTE = f"""
{len(QUERIES["tune"])} queries to choose settings by, {len(QUERIES["test"])} to report, over
{{videos}} videos; 95% bootstrap intervals over queries. "Must hold" counts those of the first
{MUST_HOLD} test queries, which the project promises, that find their clip first. Each row changes
the first one as it says, the rows after "now" change that one.
"""


def main() -> None:
    """Measure, print and write the section."""
    with tempfile.TemporaryDirectory() as folder:
        rows = measure_all(Path(folder))
        videos = len(list((Path(folder) / "videos").glob("*.mp4")))
    body = NOTE.strip().format(videos=videos) + "\n\n" + table(HEAD, rows)
    write_section("Recall on the demo's videos", body)
    print(body)


if __name__ == "__main__":
    main()
