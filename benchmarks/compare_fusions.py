"""Fusion strategies on reaction-clips: trained, tested on new faces in new scenes, ablated.

    python benchmarks/compare_fusions.py --faces ../shared/data/faces

makes the clips and their features once (in --work), trains every row with every seed on cached
features, and writes its section of RESULTS.md. Queries' emotions are read from their words, as in
a search. Choices (steps, rate, weights) were made by cross-validation inside the training part.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch

from moodreel import EmotionScores, Engine
from moodreel.checkpoints import load_strategy
from moodreel.datasets import Caption, Dataset, load_dataset
from moodreel.datasets.texts import text_features
from moodreel.evaluation.metrics import query_scores
from moodreel.evaluation.statistics import paired_difference
from moodreel.fusion import FusionStrategy
from moodreel.interfaces import Fittable, VideoFeatures
from moodreel.media import Clip
from moodreel.reactions import make_reactions
from moodreel.training.examples import Examples, load_examples
from moodreel.training.plan import TrainingPlan
from moodreel.training.trainer import Trainer

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
BEGIN, END = "<!-- fusion: begin -->", "<!-- fusion: end -->"
KINDS = ("emotional", "scene", "neutral")
TRAINED = ("train", "val", "rest")
PLAN = TrainingPlan(
    steps=200, batch=128, rate=1e-2, decay=1.0, neutral=0.25, emotion=0.5, patience=0, every=200
)


@dataclass(frozen=True)
class Row:
    """One line of a table: a strategy with options, and how it is trained (None: not at all)."""

    label: str
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    plan: TrainingPlan | None = PLAN
    frames: bool = False


PROTECTED = replace(PLAN, distil=1.0, neutral=0.5)
BARE = replace(PLAN, neutral=0.0)
PUBLISHED = {"form": "add", "sides": "text", "init": "normal"}
FEW = replace(PLAN, steps=100)  # every step goes through the text encoder
SLOW = replace(PLAN, rate=1e-3, decay=0.1)

STRATEGIES = (
    Row("baseline", "baseline", plan=None),
    Row("late, untrained", "late", plan=None),
    Row("late, learned weight", "late", {"weight": "learned"}),
    Row("additive as published (`init: normal`)", "additive", PUBLISHED, FEW),
    Row("additive", "additive", plan=FEW),
    Row("video-side", "video-side"),
    Row("concat-fc", "concat-fc"),
    Row("cross-attention", "cross-attention", plan=SLOW),
)
ABLATIONS = (
    Row("extended, both sides, zero gate", "video-side"),
    Row("text side only", "video-side", {"sides": "text"}),
    Row("video side only", "video-side", {"sides": "video"}),
    Row("no gate", "video-side", {"gated": False}),
    Row("added, no neutral queries", "video-side", {"form": "add"}, BARE),
    Row("added, neutral queries mixed in", "video-side", {"form": "add"}),
    Row("added, mixed in and distilled", "video-side", {"form": "add"}, PROTECTED),
    Row("added, no gate", "video-side", {"form": "add", "gated": False}),
    Row("without the emotion term", "video-side", plan=replace(PLAN, emotion=0.0)),
    Row("without rounds in a batch", "video-side", plan=replace(PLAN, together="")),
    Row("each frame's own emotion", "video-side", frames=True),
    Row("additive, binary", "additive", {"weighting": "binary"}, FEW),
    Row("additive, intensity", "additive", {"weighting": "intensity"}, FEW),
)


@dataclass(frozen=True, eq=False)
class Split:
    """Examples, and the emotions of each frame by itself, [V * T, 8]."""

    examples: Examples
    framed: EmotionScores | None = None


@dataclass(frozen=True, eq=False)
class Bench:
    """Everything that rows share."""

    engine: Engine
    train: Split
    test: Split

    def measure(self, row: Row, seed: int) -> np.ndarray:
        """Train a row with a seed; return the average precision of each test query."""
        strategy = load_strategy(self.engine.registry, row.name, seed, **row.options)
        if row.plan is not None:
            examples = framed(self.train) if row.frames else self.train.examples
            plan = replace(row.plan, seed=seed)
            Trainer(strategy.train(), plan, examples, None, self.engine.text_encoder).run()
        return self.test_scores(strategy.eval(), row.frames)

    @torch.inference_mode()
    def test_scores(self, strategy: FusionStrategy, frames: bool) -> np.ndarray:
        """Return the average precision of each test query."""
        test = self.test.examples
        if not any(p.requires_grad for p in strategy.parameters()):
            strategy.fit(test.video, test.seen)
        encoder = self.engine.text_encoder
        text = text_features(test.texts, encoder, strategy, test.wanted, tokens=True)
        if frames:
            split = framed(self.test)
            fused = strategy.fuse_video(split.video, split.seen)
            stored = fused.unflatten(0, (len(test.seen), -1)).mean(1)
        else:
            stored = strategy.fuse_video(test.video, test.seen)
        scores = strategy.fuse_text(text, test.wanted) @ stored.T
        return query_scores(scores.numpy(), test.known.T).precision


def framed(split: Split) -> Examples:
    """Return examples in which every frame is a video of its own, with its own emotion."""
    examples, frames = split.examples, split.examples.video.frames
    assert frames is not None
    assert split.framed is not None
    each = frames.shape[1]
    video = VideoFeatures(torch.nn.functional.normalize(frames.flatten(0, 1), dim=-1), None)
    place = np.arange(each)
    return replace(
        examples,
        captions=[caption for caption in examples.captions for _ in place],
        video_of=(examples.video_of[:, None] * each + place).reshape(-1),
        text_of=np.repeat(examples.text_of, each),
        video=video,
        seen=split.framed,
    )


def prepare(faces: Path, work: Path, seed: int, preset: str) -> tuple[Engine, Dataset]:
    """Make the clips, fit the faces' last layer to those for training, and return an engine.

    The engine takes each clip as a whole.
    """
    target, head = work / "reaction-clips", work / "head.safetensors"
    make_reactions(target, faces, seed=seed)
    dataset = load_dataset(target)
    if not head.exists():
        with Engine.from_preset(preset, work / "index") as plain:
            fit_faces(plain, dataset, head)
    overrides = ["segments.length=0", f"video_emotion.head={head}"]
    return Engine.from_preset(preset, work / "index", None, overrides), dataset


def fit_faces(engine: Engine, dataset: Dataset, head: Path) -> None:
    """Fit the face classifier's last layer to two clips of each face for training."""
    found: dict[str, list[Caption]] = {}
    for caption in dataset.captions:
        if caption.split in TRAINED and caption.kind == "scene":
            found.setdefault(caption.labels["face"], []).append(caption)
    chosen = [caption for captions in found.values() for caption in captions[:2]]
    paths = {video.name: video.path for video in dataset.videos}
    clips = [one_frame(engine, str(paths[caption.video])) for caption in chosen]
    extractor = engine.video_emotion
    assert isinstance(extractor, Fittable)
    print(extractor.fit(clips, [caption.labels["expression"] for caption in chosen], head))


def one_frame(engine: Engine, path: str) -> Clip:
    """Return the middle frame of a clip."""
    whole = engine.clip(path)
    middle = len(whole) // 2
    return Clip(whole.frames[middle : middle + 1], whole.times[middle : middle + 1])


def load_split(engine: Engine, dataset: Dataset, splits: Sequence[str], work: Path) -> Split:
    """Return the features of some splits."""
    chosen = dataset.of_captions([c for c in dataset.captions if c.split in splits])
    examples = load_examples(chosen, engine, frames=True, tokens=True, cache=work / "cache")
    return Split(examples, frame_emotions(engine, chosen, work / f"frames-{'-'.join(splits)}.npz"))


def frame_emotions(engine: Engine, dataset: Dataset, file: Path) -> EmotionScores:
    """Return the emotions of every frame by itself [V * T, 8], made once."""
    if not file.exists():
        assert engine.video_emotion is not None
        parts = []
        for video in dataset.videos:
            clip = engine.clip(str(video.path))
            single = [Clip(clip.frames[[i]], clip.times[[i]]) for i in range(len(clip))]
            parts.append(engine.video_emotion.extract(single))
        scores = EmotionScores.concatenate(parts)
        np.savez(file, values=scores.values, observed=scores.observed)
    held = np.load(file)
    return EmotionScores(held["values"], held["observed"])


def query_kinds(examples: Examples) -> np.ndarray:
    """Return the kind of each text."""
    pairs = zip(examples.captions, examples.text_of, strict=True)
    kinds = {text: caption.kind for caption, text in pairs}
    return np.array([kinds[place] for place in range(len(examples.texts))])


def clusters(examples: Examples) -> np.ndarray:
    """Return for each text the scene and mood that it is about: two words for one are one."""
    pairs = zip(examples.captions, examples.text_of, strict=True)
    about = {
        text: f"{caption.labels['scene']} {sorted(caption.emotions or {})}"
        for caption, text in pairs
    }
    return np.array([about[place] for place in range(len(examples.texts))])


@dataclass(frozen=True)
class Line:
    """A measured row."""

    label: str
    means: Mapping[str, float]
    spread: float
    ratio: float
    low: float
    high: float
    seconds: float


def measure_rows(bench: Bench, rows: Sequence[Row], seeds: Sequence[int]) -> list[Line]:
    """Measure rows against the baseline."""
    test = bench.test.examples
    kinds, about = query_kinds(test), clusters(test)
    emotional = kinds == "emotional"
    baseline = bench.measure(STRATEGIES[0], 0)
    lines = []
    for row in rows:
        start = time.perf_counter()
        tries = seeds if row.plan is not None else seeds[:1]
        found = np.stack([bench.measure(row, seed) for seed in tries])
        seconds = (time.perf_counter() - start) / len(tries)
        values = found.mean(0)
        difference = paired_difference(baseline[emotional], values[emotional], about[emotional])
        base = float(baseline[emotional].mean())
        lines.append(
            Line(
                row.label,
                {kind: float(values[kinds == kind].mean()) for kind in KINDS},
                float(found[:, emotional].mean(1).std()),
                float(values[emotional].mean()) / base,
                1 + difference.low / base,
                1 + difference.high / base,
                seconds,
            )
        )
        print(format_line(lines[-1]), flush=True)
    return lines


def format_line(line: Line) -> str:
    """Return a row of a Markdown table."""
    return (
        f"| {line.label} | {line.means['emotional']:.3f} ± {line.spread:.3f} | {line.ratio:.2f} "
        f"({line.low:.2f} to {line.high:.2f}) | {line.means['scene']:.3f} "
        f"| {line.means['neutral']:.3f} | {line.seconds:.0f} |"
    )


HEAD = (
    "| strategy | mAP, emotional | times the baseline (95%) | scene | neutral | s |\n"
    "|---|---|---|---|---|---|"
)


def table(lines: Sequence[Line]) -> str:
    """Return a Markdown table."""
    return "\n".join([HEAD, *map(format_line, lines)])


def write_section(text: str) -> None:
    """Put the section into RESULTS.md, in place of an older one."""
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "# Results\n"
    before, _, rest = old.partition(BEGIN)
    _, _, after = rest.partition(END)
    section = f"{BEGIN}\n{text.strip()}\n{END}\n"
    RESULTS.write_text(f"{before.rstrip()}\n\n{section}{after.lstrip()}", encoding="utf-8")


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=Path, default=HERE.parent.parent / "shared/data/faces")
    parser.add_argument("--work", type=Path, default=HERE / ".work")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="of the data set")
    parser.add_argument("--preset", default="starter")
    given = parser.parse_args()
    engine, dataset = prepare(given.faces, given.work, given.seed, given.preset)
    with engine:
        train = load_split(engine, dataset, TRAINED, given.work)
        test = load_split(engine, dataset, ("test",), given.work)
        bench = Bench(engine, train, test)
        seeds = range(given.seeds)
        parts = [measure_rows(bench, rows, seeds) for rows in (STRATEGIES, ABLATIONS)]
        speed = measure_speed(bench, dataset, given.work)
    write_section(describe(bench, given.seeds, parts, speed))


def measure_speed(bench: Bench, dataset: Dataset, work: Path) -> Mapping[str, float]:
    """Return seconds of 600 steps on cached features, and of making and of reading features."""
    strategy = load_strategy(bench.engine.registry, "concat-fc", 0)
    start = time.perf_counter()
    Trainer(strategy.train(), replace(PLAN, steps=600, every=600), bench.train.examples).run()
    steps = time.perf_counter() - start
    few = dataset.part("val")
    times = {}
    for name, cache in (("made", work / f"cache-{time.time_ns()}"), ("read", work / "cache")):
        start = time.perf_counter()
        load_examples(few, bench.engine, frames=True, tokens=True, cache=cache)
        times[name] = time.perf_counter() - start
    return {"steps": steps, **times}


def describe(
    bench: Bench, seeds: int, parts: Sequence[Sequence[Line]], speed: Mapping[str, float]
) -> str:
    """Return the section."""
    train, test = bench.train.examples, bench.test.examples
    kinds = query_kinds(test)
    scenes = sorted({caption.labels["scene"] for caption in test.captions})
    times = speed["made"] / speed["read"]
    return f"""
## Fusion strategies on reaction-clips

{date.today()}, 2 cores, no GPU. `make bench-fusion`. Preset `starter`, frozen. Trained on
{len(train.seen)} clips, tested on {len(test.seen)} with other faces and other scenes
({", ".join(scenes)}); {(kinds == "emotional").sum()} emotional queries, half of them with a word
that training never saw, their emotions read from their words. mAP over {seeds} seeds of training
(± standard deviation); the interval is a paired bootstrap over what is asked, of the mean over
seeds. {PLAN.steps} steps at most; s is the time of one training and test.

{table(parts[0])}

Ablations, of video-side where no other is named:

{table(parts[1])}

600 steps on cached features took {speed["steps"]:.0f} s. Features of the validation clips took
{speed["made"]:.1f} s to make and {speed["read"]:.2f} s to read again, {times:.0f} times as fast.
"""


if __name__ == "__main__":
    main()
