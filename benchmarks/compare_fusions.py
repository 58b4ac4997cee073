"""Fusion strategies on reaction-clips: trained, tested on new faces in new scenes, ablated.

    python benchmarks/compare_fusions.py --faces ../shared/data/faces

makes the clips and their features once (in --work; 45 minutes on two cores, or 15 with
`--preset starter-fast`), trains every row with every seed on cached features, and writes its
section of RESULTS.md and a picture. Queries' emotions are read from their words, as in a search.
Choices (steps, rate, weights) were made by cross-validation inside the training part.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from fusion_report import Line, draw, lines_table
from fusion_rows import ABLATIONS, BASELINE, FEW, STRATEGIES, Row
from numpy.typing import NDArray
from reaction_features import Split, load_splits, make_clips, open_engine, single_frames
from results import write_section

from moodreel import Engine
from moodreel.datasets import Dataset
from moodreel.evaluation.metrics.ranking import query_scores
from moodreel.evaluation.metrics.statistics import paired_difference
from moodreel.features.texts import text_features
from moodreel.fusion.checkpoints import load_strategy
from moodreel.fusion.shrinkage import Shrinkage
from moodreel.fusion.strategy import FusionStrategy
from moodreel.training.examples import Examples, load_examples
from moodreel.training.trainer import Trainer

HERE = Path(__file__).parent
KINDS = ("emotional", "scene", "neutral")
STEPS = 600  # of the timed training
SURE = 10.0  # puts what is known before every score


@dataclass(frozen=True, eq=False)
class Bench:
    """Everything that rows share."""

    engine: Engine
    train: Split
    test: Split

    def measure(self, row: Row, seed: int) -> NDArray[np.float64]:
        """Train a row with a seed; return the average precision of each test query."""
        strategy = load_strategy(self.engine.registry, row.name, seed, **row.options)
        if row.plan is not None:
            examples = single_frames(self.train) if row.frames else self.train.examples
            plan = replace(row.plan, seed=seed)
            Trainer(
                strategy.train(), plan, examples, None, self.engine.components.text_encoder
            ).run()
        return self.precision(self.scores(strategy.eval(), row.frames))

    @torch.inference_mode()
    def scores(self, strategy: FusionStrategy, frames: bool = False) -> NDArray[np.float32]:
        """Return the scores of the test, [Q, V]."""
        test = self.test.examples
        strategy.adapt(test.video, test.seen)  # as the engine does with an index
        encoder = self.engine.components.text_encoder
        text = text_features(test.texts, encoder, strategy, test.wanted, tokens=True)
        stored = strategy.fuse_video(test.video, test.seen)
        if frames:
            split, content = single_frames(self.test), test.video.pooled.shape[1]
            fused = strategy.fuse_video(split.video, split.seen)
            moods = fused[:, content:].unflatten(0, (len(test.seen), -1))
            stored = torch.cat([stored[:, :content], moods.mean(1)], 1)
        return (strategy.fuse_text(text, test.wanted) @ stored.T).numpy()

    def precision(self, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the average precision of each test query."""
        return query_scores(scores, self.test.examples.relevant).precision

    @property
    def kinds(self) -> NDArray[np.str_]:
        """The kind of each test query."""
        return label_texts(self.test.examples, "kind")

    def limits(self) -> Mapping[str, float]:
        """Return the emotional queries' mAP where one half of each query were known.

        Scenes known, emotions as the faces show them; emotions known, scenes as the baseline
        finds them.
        """
        test, emotional = self.test.examples, self.kinds == "emotional"
        wanted = test.wanted.values[emotional]
        of_scene = label_texts(test, "scene")[emotional, None] == label_videos(test, "scene")
        felt = label_texts(test, "expression")[emotional, None] == label_videos(test, "expression")
        content = self.scores(load_strategy(self.engine.registry, "baseline"))[emotional]
        relevant = [test.relevant[text] for text in np.flatnonzero(emotional)]
        return {
            name: float(query_scores(scores, relevant).precision.mean())
            for name, scores in {
                "scenes known": wanted @ test.seen.values.T + SURE * of_scene,
                "emotions known": content + SURE * felt,
            }.items()
        }

    @torch.inference_mode()
    def shrunk_alone(self) -> float:
        """Return the emotional queries' mAP by content alone, wholly shrunk."""
        test, emotional = self.test.examples, self.kinds == "emotional"
        asked, shown = test.text.pooled[torch.from_numpy(emotional)], test.video.pooled
        shrinkage = Shrinkage(shown.shape[1])
        shrinkage.fit(shown)
        scores = (asked - shrinkage.removed(asked)) @ shown.T
        relevant = [test.relevant[text] for text in np.flatnonzero(emotional)]
        return float(query_scores(scores.numpy(), relevant).precision.mean())

    def lines(self, rows: Sequence[Row], seeds: Sequence[int]) -> list[Line]:
        """Measure rows against the baseline."""
        baseline = self.measure(BASELINE, 0)
        return [self.line(row, seeds, baseline) for row in rows]

    def line(self, row: Row, seeds: Sequence[int], baseline: NDArray[np.float64]) -> Line:
        """Measure a row, and say so."""
        start = time.perf_counter()
        tries = seeds if row.plan is not None else seeds[:1]
        found = np.stack([self.measure(row, seed) for seed in tries])
        seconds = (time.perf_counter() - start) / len(tries)
        kinds, values = self.kinds, found.mean(0)
        rows, base = kinds == "emotional", float(baseline[kinds == "emotional"].mean())
        about = asked_about(self.test.examples)
        difference = paired_difference(baseline[rows], values[rows], about[rows])
        line = Line(
            row.label,
            {kind: float(values[kinds == kind].mean()) for kind in KINDS},
            float(found[:, rows].mean(1).std()),
            float(values[rows].mean()) / base,
            1 + difference.low / base,
            1 + difference.high / base,
            seconds,
        )
        print(*line.cells(), sep=" | ", flush=True)
        return line


def label_texts(examples: Examples, name: str) -> NDArray[np.str_]:
    """Return for each text a label of the clips that it is a caption of, or its kind."""
    pairs = zip(examples.captions, examples.text_of, strict=True)
    found = {text: {"kind": c.kind, **c.labels}[name] for c, text in pairs}
    return np.array([found[place] for place in range(len(examples.texts))])


def label_videos(examples: Examples, name: str) -> NDArray[np.str_]:
    """Return a label of each clip."""
    found = dict(zip(examples.video_of, examples.captions, strict=True))
    return np.array([found[place].labels[name] for place in range(len(examples.seen))])


def asked_about(examples: Examples) -> NDArray[np.str_]:
    """Return for each text the scene and mood that it is about: two words for one are one."""
    scenes, moods = (label_texts(examples, name) for name in ("scene", "expression"))
    return np.char.add(np.char.add(scenes, " "), moods)


def measure_steps(bench: Bench) -> Mapping[str, float]:
    """Return the seconds of many steps by strategy, of those that train on cached texts too."""
    found = {}
    for row in STRATEGIES:
        strategy = load_strategy(bench.engine.registry, row.name, 0, **row.options)
        if row.plan is not None and "tokens" not in strategy.stages:
            plan = replace(row.plan, steps=STEPS, every=STEPS)
            start = time.perf_counter()
            Trainer(strategy.train(), plan, bench.train.examples).run()
            found[row.label] = time.perf_counter() - start
    return found


def measure_cache(bench: Bench, dataset: Dataset, work: Path) -> tuple[float, float]:
    """Return the seconds of making the validation clips' features, and of reading them again."""
    few, times = dataset.part("val"), []
    with TemporaryDirectory(dir=work) as cache:
        for _ in range(2):
            start = time.perf_counter()
            load_examples(few, bench.engine.components, frames=True, tokens=True, cache=cache)
            times.append(time.perf_counter() - start)
    return times[0], times[1]


def describe(
    bench: Bench,
    preset: str,
    seeds: int,
    parts: Sequence[Sequence[Line]],
    steps: Mapping[str, float],
    cache: tuple[float, float],
    limits: Mapping[str, float],
    shrunk: float,
) -> str:
    """Return the section."""
    train, test = bench.train.examples, bench.test.examples
    bounds = "; ".join(f"{name}, {ratio:.2f}" for name, ratio in limits.items())
    timed = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in steps.items())
    return f"""
`python benchmarks/compare_fusions.py --preset {preset}`, its encoders frozen. Trained on
{len(train.seen)} clips, tested on {len(test.seen)} with other faces and other scenes
({", ".join(sorted(set(label_videos(test, "scene"))))}); {(bench.kinds == "emotional").sum()}
emotional queries, half of them with a word that training never saw, their emotions read from
their words. mAP over {seeds} seeds of training (± standard deviation); the interval is a paired
bootstrap over what is asked, of the mean over seeds. s is the time of one training and test.
The plan of each row is in fusion_rows.py, chosen by cross-validation over faces and scenes of the
training part. Clips for training are read by face layers that were fitted without their faces.

{lines_table(parts[0])}

![The same as a picture](fusion-{preset}.svg)

Limits, in times the baseline: {bounds} (the other half as the faces, or the baseline, show it).
Shrinking the emotional queries' content wholly, without looking at mood: {shrunk:.2f}.

Ablations, of video-side where no other is named:

{lines_table(parts[1])}

{STEPS} steps on cached features: {timed}.
`additive` goes through the text encoder in every step; its rows are of {FEW.steps} steps.
Features of the validation clips took {cache[0]:.1f} s to make and {cache[1]:.2f} s to read again:
{cache[0] / cache[1]:.0f} times as fast.
"""


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=Path, default=HERE.parent.parent / "shared/data/faces")
    parser.add_argument("--work", type=Path, default=HERE / ".work")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="of the data set")
    parser.add_argument("--preset", default="starter")
    given = parser.parse_args()
    made = given.work / f"seed-{given.seed}"
    work = made / given.preset
    work.mkdir(parents=True, exist_ok=True)
    dataset = make_clips(given.faces, made, given.seed)
    with open_engine(given.preset, work) as engine:
        bench = Bench(engine, *load_splits(engine, dataset, work))
        seeds = range(given.seeds)
        parts = [bench.lines(rows, seeds) for rows in (STRATEGIES, ABLATIONS)]
        steps, cache = measure_steps(bench), measure_cache(bench, dataset, work)
        base = parts[0][0].means["emotional"]
        limits = {name: value / base for name, value in bench.limits().items()}
        shrunk = bench.shrunk_alone() / base
    section = describe(bench, given.preset, given.seeds, parts, steps, cache, limits, shrunk)
    picture = HERE / f"fusion-{given.preset}.svg"
    draw(parts[0], limits, picture)
    write_section(f"Fusion strategies on reaction-clips, preset {given.preset}", section)


if __name__ == "__main__":
    main()
