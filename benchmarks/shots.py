"""Shots on made videos with known cuts: precision and recall of each segmenter, in one run.

    python benchmarks/shots.py [--real ../shared/data/footage/scenes] [--videos 12]

Photographs that the camera moves over, or stretches of real clips, are joined by hard cuts,
dissolves and fades; flashes and quick pans within shots are no cuts. Every detector has the
thresholds that its makers give it.
"""

import argparse
import math
from collections import Counter, defaultdict
from pathlib import Path
from statistics import NormalDist
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np

from cut_videos import (
    HEIGHT,
    JOINS,
    WIDTH,
    WITHIN,
    join_shots,
    matched,
    photograph_shots,
    write_video,
)
from moodreel import Registry
from moodreel.containers.probing import probe_video
from moodreel.containers.sweeping import sweep_frames
from moodreel_plugins.segmentation import shots as transnet

SHOTS_A_VIDEO = 7


def real_shots(folder, joins, draw):
    """Stretches of real clips, none twice in a row, with what moves in them."""
    paths = sorted(folder.iterdir())
    chosen = [paths[place % len(paths)] for place in draw.permutation(len(paths))]
    shots = []
    for path in chosen[: len(joins) + 1]:
        facts = probe_video(path)
        length = draw.uniform(1.6, 3.6)
        start = draw.uniform(0, max(facts.duration - length, 0))
        clip = sweep_frames(path, start, start + length, (HEIGHT, WIDTH), facts)
        wanted = np.arange(0, clip.times[-1] - clip.times[0], 1 / 25) + clip.times[0]
        shots.append(clip.frames[np.searchsorted(clip.times, wanted, side="right") - 1])
    return shots


def make_videos(folder, count, real):
    """Write videos; return each with its cuts, by set."""
    made = defaultdict(list)
    for number in range(count):
        draw = np.random.default_rng(number)
        joins = list(draw.choice(JOINS, SHOTS_A_VIDEO - 1, p=[0.5, 0.25, 0.25]))
        within = list(draw.choice([*WITHIN, ""], SHOTS_A_VIDEO))
        frames, cuts = join_shots(photograph_shots(joins, draw, within, 45, 110), joins)
        path = write_video(folder / f"photographs-{number}.mp4", frames)
        made["photographs"].append((path, cuts))
        if real:
            frames, cuts = join_shots(real_shots(real, joins, draw), joins)
            path = write_video(folder / f"real-{number}.mp4", frames)
            made["real clips"].append((path, cuts))
    return made


def by_plugin(name, **options):
    """Return what finds the beginnings of shots by a component."""
    segmenter = Registry.load("starter").create("segmenter", name, **options)

    def find(path):
        facts = probe_video(path)
        clip = sweep_frames(path, 0.0, math.inf, segmenter.frame_size, facts)
        return [shot.start for shot in segmenter.shots(iter([clip]), facts)[1:]]

    return find


def published_stretches(find):
    """Return the same with the stretches of 100 frames of which the paper believes 50."""

    def find_so(path):
        held, transnet.STRETCH = transnet.STRETCH, 100
        try:
            return find(path)
        finally:
            transnet.STRETCH = held

    return find_so


def by_scenedetect(detector):
    """Return what finds shots by PySceneDetect alone, with its defaults."""
    import scenedetect

    def find(path):
        scenes = scenedetect.detect(str(path), getattr(scenedetect, detector)())
        return [start.seconds for start, _ in scenes[1:]]

    return find


def interval(right, count):
    """Wilson's interval of a share."""
    z = NormalDist().inv_cdf(0.975)
    share = right / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    half /= 1 + z * z / count
    return f"{middle - half:.2f} to {middle + half:.2f}"


def measure(find, videos):
    """Count cuts that were found, by kind, and times that are no cut; and the seconds it took."""
    total, right, found = Counter(), Counter(), 0
    begun = process_time()
    for path, cuts in videos:
        times = find(path)
        found += len(times)
        for cut, hit in zip(cuts, matched(times, cuts), strict=True):
            total[cut.kind] += 1
            right[cut.kind] += hit is not None
    return total, right, found, process_time() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path)
    parser.add_argument("--videos", type=int, default=12)
    chosen = parser.parse_args()
    shots = by_plugin("shots", device="cpu")
    ways = {
        "`shots`": shots,
        "`shots`, stretches of 100": published_stretches(shots),
        "PySceneDetect's `ContentDetector`": by_scenedetect("ContentDetector"),
        "PySceneDetect's `AdaptiveDetector`": by_scenedetect("AdaptiveDetector"),
        "`scenes`": by_plugin("scenes"),
        "`scenes`, adaptive": by_plugin("scenes", detector="adaptive"),
    }
    with TemporaryDirectory() as folder:
        for name, videos in make_videos(Path(folder), chosen.videos, chosen.real).items():
            seconds = sum(probe_video(path).duration for path, _ in videos)
            print(f"\n{name}: {len(videos)} videos, {seconds:.0f} s")
            print("| | precision | 95% | recall | 95% | cut | dissolve | fade | CPU s a minute |")
            print("|---|---|---|---|---|---|---|---|---|")
            for way, find in ways.items():
                total, right, found, spent = measure(find, videos)
                hits, cuts = right.total(), total.total()
                kinds = [f"{right[kind]} of {total[kind]}" for kind in JOINS]
                shown = [
                    f"{hits / max(found, 1):.3f}", interval(hits, max(found, 1)),
                    f"{hits / cuts:.3f}", interval(hits, cuts), *kinds,
                    f"{spent / seconds * 60:.1f}",
                ]  # fmt: skip
                print(f"| {way} | {' | '.join(shown)} |", flush=True)


if __name__ == "__main__":
    main()
