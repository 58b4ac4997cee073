"""A small CLIP-ViP with clips and captions, on which the published training code was run."""

from pathlib import Path

import numpy as np
import torch

from moodreel import Clip, EmotionScores, Registry
from moodreel.datasets import Caption
from moodreel.interfaces import TextFeatures, VideoFeatures
from moodreel.registry.settings import load_settings
from moodreel.training.examples import Examples
from tiny_models import save_vip

VIDEOS, FRAMES, SIDE = 24, 12, 32


def tiny_registry(folder: Path) -> Registry:
    """Return a registry whose encoders are a CLIP-ViP with small random weights."""
    entry = f"{{plugin: clip-vip, checkpoint: {save_vip(folder / 'vip')}, device: cpu}}"
    kinds = ("text_encoder", "video_encoder")
    lines = "".join(f"  {kind}: {{tiny: {entry}}}\n" for kind in kinds)
    chosen = ", ".join(f"{kind}: tiny" for kind in kinds)
    head = f"presets:\n  tiny: {{extends: starter, captioner: null, {chosen}}}\n"
    (folder / "tiny.yaml").write_text(f"{head}components:\n{lines}")
    return Registry(load_settings("tiny", folder / "tiny.yaml"))


def read_clips(places, seed=None) -> list[Clip]:
    """Return clips of coloured noise, each video its own."""
    return [noise(place) for place in places]


def noise(place: int) -> Clip:
    draw = np.random.default_rng([7, int(place)])
    base = draw.integers(0, 256, (1, 1, 1, 3))
    frames = base + draw.integers(-60, 60, (FRAMES, SIDE, SIDE, 3))
    return Clip(np.clip(frames, 0, 255).astype(np.uint8), np.arange(FRAMES, dtype=float))


def tiny_examples(dim: int) -> Examples:
    """Return captions of random letters, two of each video; features that nothing looks at."""
    draw = np.random.default_rng(3)
    words = ["".join(draw.choice(list("abcdefghijk"), 6)) for _ in range(2 * VIDEOS)]
    owner = np.arange(2 * VIDEOS) // 2
    captions = [Caption(f"{owner[n]}.mp4", word) for n, word in enumerate(words)]
    text, video = torch.zeros(2 * VIDEOS, dim), torch.zeros(VIDEOS, dim)
    return Examples(
        captions,
        owner,
        np.arange(2 * VIDEOS),
        words,
        TextFeatures(text),
        EmotionScores.unobserved(2 * VIDEOS),
        VideoFeatures(video),
        EmotionScores.unobserved(VIDEOS),
        read_clips,
    )


class FixedBatches:
    """Batches of eight videos, each with one of its captions."""

    def at(self, number: int) -> np.ndarray:
        draw = np.random.default_rng([11, number])
        return 2 * draw.permutation(VIDEOS)[:8] + draw.integers(0, 2, 8)
