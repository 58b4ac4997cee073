"""Emotions come in one order through every path; another order changes nothing else."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import yaml

import places
from moodreel import Emotion, Engine
from nearness import HALVES, assert_same

CANONICAL = [emotion.value for emotion in Emotion]
MOVED = ["sadness", "anger", "trust", "fear", "joy", "disgust", "anticipation", "surprise"]
VIDEOS = {"videos": ("astronaut", "cat"), "more": ("photographer",)}


@pytest.fixture(scope="module")
def folder(demo, tmp_path_factory):
    """Videos, an index of them in the canonical order, captions and labels."""
    folder = tmp_path_factory.mktemp("order")
    for part, names in VIDEOS.items():
        (folder / part).mkdir()
        for name in names:
            shutil.copy(demo / "videos" / f"{name}.mp4", folder / part)
    with Engine.from_preset("starter", index=folder / "index") as engine:
        engine.index(folder / "videos")
    captions = ["a happy baby cries in fear", "a brick wall", ""]
    (folder / "captions.json").write_text(json.dumps(captions))
    queries = yaml.safe_load((places.DATA / "mood_queries.yaml").read_text())["tuning"]
    rows = [{"video": str(at), "caption": r["query"], **r} for at, r in enumerate(queries)]
    (folder / "labelled.json").write_text(json.dumps(rows))
    return folder


def run_paths(order, folder):
    """Run every path in a process of its own, with the emotions in some order."""
    command = [
        sys.executable,
        places.TESTS / "support" / "permuted_order.py",
        ",".join(order),
        folder,
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def results(folder):
    return {name: run_paths(order, folder) for name, order in ORDERS.items()}


ORDERS = {"canonical": CANONICAL, "moved": MOVED}


def mappings(value):
    """Yield every mapping inside a JSON value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from mappings(item)


def test_another_order_changes_no_value_on_any_path(results):
    assert_same(results["moved"], results["canonical"], within=HALVES)


@pytest.mark.parametrize("name", ORDERS)
def test_every_path_gives_emotions_in_the_order_of_the_enum(results, name):
    orders = [[key for key in held if key in CANONICAL] for held in mappings(results[name])]
    observed = [order for order in orders if len(order) > 2]
    assert len(observed) >= 15
    for order in observed:
        assert order == [emotion for emotion in ORDERS[name] if emotion in order]


def test_the_paths_see_emotions_at_all(results):
    seen = results["canonical"]
    assert {"words", "nrc", "vader", "prototypes", "face"} <= seen["extractors"].keys()
    assert seen["extractors"]["nrc"][0]["joy"] == 1
    assert any(any(hit["emotions"].values()) for hit in seen["search"]["mood"])
    assert seen["annotate"]["rows"][0]["joy"] > 0
