"""Small inputs of every kind, made on the spot: photographs, labels, features, checkpoints."""

import json
from pathlib import Path

import torch
from PIL import Image, ImageEnhance
from safetensors.torch import load_file, save_file
from torch.nn.functional import normalize

import places
from moodreel.datasets.builders.samples import PHOTOGRAPHS, packaged_file

CLASSES = ("anger", "joy", "neutral")
EXPRESSIONS = {"astronaut": "joy", "carphone": "anger", "photographer": "anger", "cat": "neutral"}
SCENES = ("a clock", "a horse", "the moon")
MOODS = {"joy": "joyful", "anger": "angry", "sadness": "sad"}
VIDEOS = 12  # of each scene, in turn of each mood and of none
CLIP_VIP = places.GOLDENS / "clip_vip" / "vip_t12"


def photograph(name: str) -> Image.Image:
    with Image.open(packaged_file(*PHOTOGRAPHS[name])) as opened:
        return opened.convert("RGB")


def write_faces(folder: Path) -> Path:
    """Ten photographs a class: the astronaut's face, each a little different."""
    face = photograph("astronaut").crop((160, 40, 290, 200))
    for number, name in enumerate(CLASSES):
        (folder / name).mkdir()
        for person in range(10):
            shade = face.point(lambda v, by=3 * person + number: max(0, v - by))
            shade.save(folder / name / f"{name}-person{chr(97 + person)}_1.png")
    return folder


def write_scenes(folder: Path) -> Path:
    for name in ("coffee", "coins", "rocket"):
        photograph(name).resize((400, 300)).save(folder / f"a_cup_of-{name}.png")
    return folder


def write_expressions(folder: Path) -> Path:
    """Pictures of two expressions, to fit a face classifier: a face, and the same one darkened."""
    face = photograph("astronaut").crop((0, 0, 480, 480))
    for label, brightness in (("joy", 1.0), ("neutral", 0.4)):
        (folder / label).mkdir(parents=True)
        for size in (280, 320, 360, 400):
            changed = ImageEnhance.Brightness(face).enhance(brightness).resize((size, size))
            changed.save(folder / label / f"{size}.png")
    return folder


def write_labels(folder: Path) -> Path:
    """Labels of some of the demo's videos, in the form that reaction-clips has."""
    rows = [
        {"video": f"videos/{name}.mp4", "caption": "x", "labels": {"expression": expression}}
        for name, expression in EXPRESSIONS.items()
    ]
    (folder / "captions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


def write_world(folder: Path, text_encoder) -> Path:
    """A dataset of features: 36 videos, captions with and without mood, two splits."""
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


def publish(path: Path, state) -> str:
    """Write a state dict as XPretrain does: each name under clipmodel."""
    torch.save({f"clipmodel.{name}": value for name, value in state.items()}, path)
    return str(path)


def publish_clip_vip(path: Path) -> str:
    """Write a small CLIP-ViP as it is published; its config.json lies in CLIP_VIP."""
    return publish(path, load_file(CLIP_VIP / "model.safetensors"))
