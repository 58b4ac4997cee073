"""Peak memory of training CLIP-ViP B/32 end to end, with and without gradient checkpointing.

Each row is a process of its own, and what it reports is the most that it ever held
(`ru_maxrss`): libraries, weights, gradients, AdamW's moments, activations, and the look at the end.
"""

import json
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from transformers import CLIPConfig

from moodreel import Clip, EmotionScores, Registry
from moodreel.datasets import Caption
from moodreel.fusion.checkpoints import load_strategy
from moodreel.interfaces import TextFeatures, VideoFeatures
from moodreel.registry.settings import load_settings
from moodreel.training.examples import Examples
from moodreel.training.plan import TrainingPlan
from moodreel.training.trainer import Trainer
from moodreel.training.tuning import tunable_network
from moodreel_plugins.encoders.clip_vip import SETTINGS, ClipVip, ProxySettings
from tiny_models import tokenizer

VIDEOS, FRAMES, BATCH, STEPS = 8, 12, 4, 2


def save_model(folder: Path) -> None:
    """Write a CLIP-ViP B/32 with random weights."""
    settings = ProxySettings(3, FRAMES).to_dict()
    ClipVip(CLIPConfig(**{SETTINGS: settings})).save_pretrained(folder / "vip")
    tokenizer().save_pretrained(folder / "vip")
    entry = f"{{plugin: clip-vip, checkpoint: {folder / 'vip'}, dtype: float32, device: cpu}}"
    kinds = ("text_encoder", "video_encoder")
    lines = "".join(f"  {kind}: {{b32: {entry}}}\n" for kind in kinds)
    chosen = ", ".join(f"{kind}: b32" for kind in kinds)
    head = f"presets:\n  b32: {{extends: starter, captioner: null, {chosen}}}\n"
    (folder / "b32.yaml").write_text(f"{head}components:\n{lines}")


def read_clips(places, seed=None):
    draws = [np.random.default_rng([7, int(place)]) for place in places]
    shape = (FRAMES, 240, 320, 3)
    return [Clip(draw.integers(0, 256, shape, np.uint8), np.arange(12.0)) for draw in draws]


def made_examples(dim: int) -> Examples:
    words = [f"{'a video of something ' * 2}{chr(97 + n)}" for n in range(VIDEOS)]
    zeros, unknown = torch.zeros(VIDEOS, dim), EmotionScores.unobserved(VIDEOS)
    captions = [Caption(f"{n}.mp4", word) for n, word in enumerate(words)]
    own = np.arange(VIDEOS)
    videos, texts = VideoFeatures(zeros), TextFeatures(zeros)
    return Examples(captions, own, own, words, texts, unknown, videos, unknown, read_clips)


def train(folder: Path, checkpointing: bool) -> None:
    """Train for some steps, and print the losses and what memory was held at most."""
    libraries = held_memory()
    registry = Registry(load_settings("b32", folder / "b32.yaml"))
    plan = TrainingPlan(
        tune="all", steps=STEPS, batch=BATCH, checkpointing=checkpointing, ahead=0, emotion=0.0
    )
    network = tunable_network(registry, plan)
    text, video = (registry.slot(kind) for kind in ("text_encoder", "video_encoder"))
    strategy = load_strategy(registry, "baseline", 0)
    to = folder / f"run-{checkpointing}"
    to.mkdir()
    trainer = Trainer(strategy, plan, made_examples(text.dim), None, text, video, network, to)
    trainer.run()
    losses = [json.loads(row)["loss"] for row in (to / "losses.jsonl").read_text().splitlines()]
    peak, learned = held_memory(), sum(p.numel() for p in network.parameters()) * 4 / 1e9
    print(
        f"checkpointing {checkpointing}: losses {losses}; {peak:.2f} GB at most, "
        f"of which libraries {libraries:.2f} and weights, gradients and moments {4 * learned:.2f}"
    )


def held_memory() -> float:
    """The most that this process held, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def main() -> None:
    with TemporaryDirectory() as folder:
        save_model(Path(folder))
        for checkpointing in ("", "1"):
            subprocess.run([sys.executable, __file__, folder, checkpointing], check=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        train(Path(sys.argv[1]), bool(sys.argv[2]))
    else:
        main()
