"""Run every path that emotions take and print what came of it, with the eight in a given order.

    python permuted_order.py anger,joy,... FOLDER

FOLDER holds videos/ and more/, index/ (of videos/, written in the canonical order),
captions.json and labelled.json.
"""

import json
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import moodreel
from hub import downloads

MEMBER = re.compile(r'^    [A-Z]+ = "([a-z]+)"\n', re.MULTILINE)
TEXTS = ["a very happy girl and an angry man", "not afraid but sad", "a brick wall", "화난 남자"]


def permute_emotions(order):
    """Load moodreel.emotions with its members in another order, before anything else does."""
    path = Path(moodreel.__file__).with_name("emotions.py")
    source = path.read_text(encoding="utf-8")
    lines = {found[1]: found[0] for found in MEMBER.finditer(source)}
    assert set(lines) == set(order), "the enum is no longer written as this test reads it"
    start = source.index(next(iter(lines.values())))
    module = ModuleType("moodreel.emotions")
    module.__file__ = str(path)
    sys.modules["moodreel.emotions"] = moodreel.emotions = module
    moved = source[:start] + "".join(lines[name] for name in order) + MEMBER.sub("", source[start:])
    exec(compile(moved, str(path), "exec"), module.__dict__)


def extracted(registry, clip):
    """Return what every extractor that can run here sees in texts, sounds and a clip."""
    from moodreel.testing import sample_sounds

    for (kind, name), entry in registry.entries.items():
        if kind != "emotion_extractor" or entry.problem or downloads(registry, entry):
            continue
        extractor = registry.create(kind, name)
        if extractor.modality == "signals":
            yield name, list(extractor.look([clip]))
            continue
        inputs = {"video": [clip], "audio": sample_sounds()}.get(extractor.modality, TEXTS)
        yield name, list(extractor.extract(inputs))


def found(engine):
    """Return the hits of some searches."""
    hits = {
        "text": engine.search("a joyful person", top=5),
        "wanted": engine.search("a person", emotions={"joy": 0.8, "fear": -1}, weight=0.4, top=5),
        "mood": engine.mood({"sadness": 1.0}, top=5),
    }
    return {name: [hit.to_dict() for hit in group] for name, group in hits.items()}


def annotated(folder):
    """Return the rows that `moodreel annotate` writes, and how they agree with labels."""
    from moodreel.datasets.annotation import annotate, read_captions, read_labels, read_scores
    from moodreel.evaluation.metrics.agreement import judge
    from moodreel.registry.registry import Registry

    registry = Registry.load("starter")
    rows = annotate(
        read_captions(folder / "captions.json"), registry.create("emotion_extractor", "nrc")
    )
    labelled = read_captions(folder / "labelled.json")
    read = annotate(labelled, registry.create("emotion_extractor", "words"))
    agreement = judge(read_scores(read), read_labels(read))
    numbers = {k: v for k, v in agreement.to_dict().items() if isinstance(v, float)}
    counts = dict(zip(agreement.classes, map(sorted, agreement.confusion), strict=True))
    counts.pop("neutral")
    return {"rows": rows, "agreement": numbers, "confusion": counts}


def main(order, folder):
    """Print what came of every path as JSON."""
    permute_emotions(order)
    from moodreel import Emotion, Engine
    from moodreel.emotions import parse_emotions

    assert [emotion.value for emotion in Emotion] == order
    results = {"annotate": annotated(folder)}
    results["notation"] = {str(k): v for k, v in parse_emotions(["joy=0.8", "anger=-1"]).items()}
    with Engine.from_preset("starter", index=folder / "index") as engine:
        results["search"] = found(engine)
        clip = engine.clip(folder / "videos" / "astronaut.mp4")
        results["extractors"] = dict(extracted(engine.registry, clip))
    # goes on with an index that was begun in the canonical order
    added = shutil.copytree(folder / "index", folder / f"index-{order[0]}")
    with Engine.from_preset("starter", index=added) as engine:
        engine.index(folder / "more")
        results["indexed"] = found(engine)
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1].split(","), Path(sys.argv[2]))
