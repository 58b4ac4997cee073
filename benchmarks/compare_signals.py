"""Faces, voices and both on spoken-reactions, and readers of voices on actors never heard.

    python benchmarks/compare_signals.py --faces ../shared/data/faces --voices ../shared/data/voices

makes the clips and their features once (in --work), fits the reader of voices to the speakers of
the training part, and compares extractors and strategies on the test: faces, speakers and scenes
that nothing was fitted to. Nothing is chosen on it.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from results import table, write_section
from voice_splits import voices_section

from moodreel import create
from moodreel.components import Components
from moodreel.containers.sounds import read_whole_sound
from moodreel.datasets import Dataset, load_dataset
from moodreel.datasets.builders.spoken_reactions import RATE, find_voices, make_spoken
from moodreel.evaluation.metrics.ranking import query_scores
from moodreel.evaluation.metrics.statistics import paired_difference
from moodreel.features.texts import text_features
from moodreel.fusion.checkpoints import load_strategy
from moodreel.training.examples import Examples, load_examples

EXTRACTORS = ("face", "voice", "sound", "all")
STRATEGIES = ("late", "concat-fc", "video-side")
SHOWN = ("face", "voice", "both", "against")
SEEDS = 5  # other faces, speakers and scenes in each test
KINDS = ("emotional", "scene", "neutral")


@dataclass(frozen=True, eq=False)
class Bench:
    """What all rows share.

    Args:
        dataset: the clips of the test.
        work: the folder of the features.
        head: the fitted reader of voices.
        preset: the preset.
    """

    dataset: Dataset
    work: Path
    head: Path
    preset: str

    def components(self, extractor: str) -> Components:
        """Return the preset's components with an extractor."""
        parts = "components.emotion_extractor"
        overrides = [
            "segments.length=0",
            "captioner=null",
            f"{parts}.voice.head={self.head}",
            f"{parts}.all.voice=voice",
            f"{parts}.all.speech=null",  # in these clips everybody says the same two sentences
            f"video_emotion={extractor}",
        ]
        return Components.load(self.preset, overrides=overrides)

    def examples(self, extractor: str) -> Examples:
        """Return the features of the test, with the moods that an extractor sees."""
        built = self.components(extractor)
        return load_examples(self.dataset, built, cache=self.work / "cache", on_progress=show)

    @torch.inference_mode()
    def scores(self, extractor: str, name: str, test: Examples) -> NDArray[np.float32]:
        """Return the scores of the test by a strategy as it comes, [Q, V]."""
        built = self.components(extractor)
        strategy = load_strategy(built.registry, name, 0).eval()
        strategy.adapt(test.video, test.seen)
        text = text_features(test.texts, built.text_encoder, strategy, test.wanted)
        stored = strategy.fuse_video(test.video, test.seen)
        return (strategy.fuse_text(text, test.wanted) @ stored.T).numpy()


def show(progress) -> None:
    if int(progress.done) % 20 == 0:
        print(f"\r{int(progress.done)}/{progress.total} {progress.label:60.60}", end="", flush=True)


def fit_head(voices: Path, dataset: Dataset, target: Path) -> None:
    """Fit the reader of voices to speakers of none of the dataset's clips."""
    tested = {caption.labels["speaker"] for caption in dataset.captions}
    kept = [voice for voice in find_voices(voices) if voice.speaker not in tested]
    sounds = (read_whole_sound(voice.path, RATE) for voice in kept)
    labels, speakers = [voice.expression for voice in kept], [voice.speaker for voice in kept]
    report = create("emotion_extractor", "voice", head=None).fit_sounds(
        sounds, labels, speakers, target
    )
    print(report)


def query_kinds(test: Examples) -> Mapping[str, NDArray[np.bool_]]:
    """Return by kind which queries are of it, [Q]."""
    kind = {place: c.kind for c, place in zip(test.captions, test.text_of, strict=True)}
    named = np.array([kind[place] for place in range(len(test.texts))])
    return {name: named == name for name in KINDS}


def query_scenes(test: Examples) -> NDArray[np.str_]:
    """Return the scene of each query, [Q]."""
    scene = {p: c.labels["scene"] for c, p in zip(test.captions, test.text_of, strict=True)}
    return np.array([scene[place] for place in range(len(test.texts))])


def precision(test: Examples, scores: NDArray[np.float32], shown: str = "") -> NDArray[np.float64]:
    """Return the average precision of each query, [Q]; nan where no clip is right.

    With `shown`, only clips in which the mood is shown so are right, and other right ones are out.
    """
    relevant = test.relevant
    if not shown:
        return query_scores(scores, relevant).precision
    ways = {test.video_of[i]: c.labels["shown"] for i, c in enumerate(test.captions)}
    found, out = np.full(len(scores), np.nan), scores.copy()
    for row, columns in enumerate(relevant):
        here = [column for column in columns if ways[column] == shown]
        if here:
            out[row, [column for column in columns if column not in here]] = -np.inf
            found[row] = query_scores(out[row : row + 1], [here]).precision[0]
    return found


def interval(first: NDArray, second: NDArray, scenes: NDArray) -> str:
    """Return how far the second is above the first, with its interval over scenes."""
    found = paired_difference(first, second, scenes)
    return f"{found.mean:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


def measure(benches: Mapping[int, Bench]) -> str:
    """Return the section: extractors under `late`, then strategies with `all`."""
    found: dict[str, list[NDArray]] = {}
    same = dict.fromkeys((*EXTRACTORS, *STRATEGIES), True)
    scenes: list[str] = []
    clips = 0
    for seed, bench in benches.items():
        told = {name: bench.examples(name) for name in EXTRACTORS}
        test = told["all"]
        clips += len(test.seen)
        asked = query_kinds(test)
        scenes += [f"{seed}/{scene}" for scene in query_scenes(test)[asked["emotional"]]]
        rows = {"none": bench.scores("all", "baseline", test)}
        rows |= {name: bench.scores(name, "late", told[name]) for name in EXTRACTORS}
        rows |= {name: bench.scores("all", name, test) for name in STRATEGIES[1:]}
        for name, row in rows.items():
            for way in ("", *SHOWN):
                values = precision(test, row, way)[asked["emotional"]]
                found.setdefault(f"{name}/{way}", []).append(values)
            held = all(np.array_equal(row[asked[k]], rows["none"][asked[k]]) for k in KINDS[1:])
            same[name] = same.get(name, True) and held
    joined = {name: np.concatenate(parts) for name, parts in found.items()}
    return report(joined, same, np.array(scenes), clips, list(benches))


def report(
    found: Mapping[str, NDArray],
    same: Mapping[str, bool],
    scenes: NDArray[np.str_],
    clips: int,
    seeds: Sequence[int],
) -> str:
    """Return the section of RESULTS.md."""
    rows = []
    for name in ("none", *EXTRACTORS):
        means = [f"{np.nanmean(found[f'{name}/{way}']):.3f}" for way in ("", *SHOWN)]
        gain = "" if name == "all" else interval(found[f"{name}/"], found["all/"], scenes)
        rows.append([f"`{name}`", *means, gain, "yes" if same[name] else "no"])
    head = ["moods read by", "all ways", *SHOWN, "`all` above it", "scenes, neutral unchanged"]
    others = ", ".join(f"`{name}` {found[f'{name}/'].mean():.3f}" for name in STRATEGIES[1:])
    return "\n\n".join(
        [
            f"Preset `starter-fast`, fusion `late`; spoken-reactions of seeds {seeds}, each with "
            f"other faces, speakers and scenes in its test: {clips} clips, {len(scenes)} emotional "
            "queries. Mean average precision; intervals of 95% over the scenes of each seed "
            "(paired, bootstrap). A mood is shown by the face alone, by the voice alone, by both, "
            "or each shows another; the columns after the first ask for clips of one way alone. "
            "The voice head is fitted to the speakers that are not in the test, the face reader is "
            "the package's, the weights of `all` are its defaults.",
            table(head, rows),
            f"Other strategies with `all`, untrained, which leave the baseline as it is: {others}.",
        ]
    )


def prepare(given: argparse.Namespace, seed: int) -> Bench:
    """Make the clips of a seed, and fit a reader of voices to speakers that are not in its test."""
    made = given.work / f"spoken-reactions-{seed}"
    make_spoken(made, given.faces, given.voices, seed=seed, on_progress=show)
    dataset = load_dataset(made).part("test")
    head = given.work / f"head-{seed}.safetensors"
    if not head.exists():
        fit_head(given.voices, dataset, head)
    return Bench(dataset, given.work, head, given.preset)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=Path, default=Path("../shared/data/faces"))
    parser.add_argument("--voices", type=Path, default=Path("../shared/data/voices"))
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / ".work" / "signals")
    parser.add_argument("--preset", default="starter-fast")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--only", choices=("clips", "voices"))
    given = parser.parse_args(arguments)
    given.work.mkdir(parents=True, exist_ok=True)
    if given.only != "voices":
        benches = {seed: prepare(given, seed) for seed in range(given.seeds)}
        write_section("Faces, voices and both", measure(benches))
    if given.only != "clips":
        write_section("Voices", voices_section(given.voices, given.work))


if __name__ == "__main__":
    main()
