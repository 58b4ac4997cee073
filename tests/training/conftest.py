"""A small world in which mood and scene are known, as features: nothing is decoded."""

import json

import pytest
import torch
from safetensors.torch import save_file
from torch.nn.functional import normalize

from moodreel.components import Components
from moodreel.datasets import load_dataset
from moodreel.training.examples import load_examples

SCENES = ("a clock", "a horse", "the moon")
MOODS = {"joy": "joyful", "anger": "angry", "sadness": "sad"}
VIDEOS = 12  # of each scene, in turn of each mood and of none


@pytest.fixture(scope="session")
def world(tmp_path_factory, text_encoder):
    """A dataset of features: 36 videos, captions with and without mood, two splits."""
    folder = tmp_path_factory.mktemp("world")
    draw = torch.Generator().manual_seed(0)
    scenes = text_encoder.encode(SCENES).pooled
    rows, videos, seen = [], {}, {}
    for place, scene in enumerate(SCENES):
        for number in range(VIDEOS):
            name, moods = f"{place}-{number}", [*MOODS, None]
            mood = moods[number % len(moods)]
            frames = scenes[place] + 0.03 * torch.randn(3, len(scenes[place]), generator=draw)
            videos[name] = normalize(frames, dim=-1)
            noise = 0.1 * torch.rand(len(MOODS), generator=draw)
            seen[name] = {
                m: float((m == mood) * 0.7 + n) for m, n in zip(MOODS, noise, strict=True)
            }
            texts = [scene, f"a person and {scene}"]
            texts += [f"a {MOODS[mood]} person and {scene}"] if mood else []
            split = "val" if number >= VIDEOS - 4 else "train"
            labels = {"round": f"{place}-{number // len(moods)}"}
            rows += [{"video": name, "caption": t, "split": split, "labels": labels} for t in texts]
    (folder / "captions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "emotions.json").write_text(json.dumps(seen))
    save_file(videos, folder / "videos.safetensors")
    return folder


@pytest.fixture(scope="session")
def world_components(tmp_path_factory):
    overrides = ["segments.length=0"]
    with Components.load("starter", overrides=overrides) as components:
        yield components


@pytest.fixture(scope="session")
def examples(world, world_components):
    """What `world` holds for training, and for validation."""
    dataset = load_dataset(world)
    parts = [dataset.part(split) for split in ("train", "val")]
    return [load_examples(part, world_components, frames=True, tokens=True) for part in parts]
