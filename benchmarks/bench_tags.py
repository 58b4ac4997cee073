"""The cost of tags beside the classifiers of the starter, in one run over photographs."""

from statistics import median
from time import process_time

import numpy as np
from results import table, write_section

from moodreel import Clip, create
from moodreel.datasets.builders.samples import PHOTOGRAPHS, packaged_file
from moodreel.decoding.pictures import read_picture

SHOWN = ("astronaut", "photographer", "motorcycle", "temple", "coffee", "cat")
FRAMES, ROUNDS = 6, 3


def clips():
    """Return clips whose frames move a little, so that each is another picture."""
    pictures = [read_picture(packaged_file(*PHOTOGRAPHS[name])).frames[0] for name in SHOWN]
    shifted = [[np.roll(picture, 3 * n, 1) for n in range(FRAMES)] for picture in pictures]
    return [Clip(np.stack(frames), np.arange(float(FRAMES))) for frames in shifted]


def cpu_milliseconds(work):
    start = process_time()
    work()
    return (process_time() - start) * 1000 / len(SHOWN)


def test_tags_beside_the_classifiers():
    tagged = create("video_encoder", "starter")
    plain = create("video_encoder", "starter", tags=False)
    for encoder in (plain, tagged):
        encoder.encode(clips()[:1])
    tagger = tagged.tagger
    parts = {
        "the encoder without tags": lambda: plain.encode(clips()),
        "the encoder with tags": lambda: tagged.encode(clips()),
        "tags alone": lambda: [tagger.tags(clip) for clip in clips()],
        "of these, YOLOv3-tiny": lambda: [
            tagger.objects.find(f) for c in clips() for f in c.frames[:: FRAMES // tagger.looks]
        ],
    }
    times = {name: [] for name in parts}
    for _ in range(ROUNDS):
        for name, work in parts.items():
            times[name].append(cpu_milliseconds(work))
    base = median(times["the encoder without tags"])
    rows = [[name, f"{median(t):.0f}", f"{median(t) / base:.2f}"] for name, t in times.items()]
    head = [f"clips of {FRAMES} frames", "ms of CPU a clip", "ratio"]
    write_section("The cost of tags", table(head, rows))
