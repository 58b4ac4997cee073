"""A CLIP-ViP that is trained from scratch sees motion, which no single frame shows."""

import numpy as np
import pytest
import torch

from moodreel import EmotionScores, Registry
from moodreel.datasets import Caption
from moodreel.fusion.checkpoints import load_strategy
from moodreel.interfaces import TextFeatures, VideoFeatures
from moodreel.registry.settings import load_settings
from moodreel.training.examples import Examples
from moodreel.training.plan import TrainingPlan
from moodreel.training.trainer import Trainer
from moodreel.training.tuning import tunable_network
from moodreel_plugins.encoders.clip_vip import ClipVip, ProxySettings
from moving_squares import FRAMES, draw_squares
from tiny_models import clip_config, tokenizer

TRAINED, TESTED = 512, 200
FAR_ABOVE_CHANCE = 0.7  # of clips told the right way; chance is 0.5, give or take 0.07
SETTINGS = """
presets: {{small: {{extends: starter, captioner: null, text_encoder: small, video_encoder: small}}}}
components:
  text_encoder: {{small: {entry}}}
  video_encoder: {{small: {entry}}}
"""


def small_encoders(folder, seed):
    """Return the configuration of a small CLIP-ViP as its authors begin it, at random."""
    torch.manual_seed(seed)
    settings = ProxySettings(3, FRAMES).to_dict()
    ClipVip(clip_config(vision_additional_config=settings)).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    entry = f"{{plugin: clip-vip, checkpoint: {folder}, device: cpu, dtype: float32}}"
    (folder / "small.yaml").write_text(SETTINGS.format(entry=entry))
    return Registry(load_settings("small", folder / "small.yaml"))


def as_examples(clips, texts, dim):
    """Return clips and texts as what encoders are tuned on; nothing is cached."""
    words = list(dict.fromkeys(texts))
    count = len(clips)
    return Examples(
        [Caption(text, str(place), row=place) for place, text in enumerate(texts)],
        np.arange(count),
        np.array([words.index(text) for text in texts]),
        words,
        TextFeatures(torch.zeros(len(words), dim)),
        EmotionScores.unobserved(len(words)),
        VideoFeatures(torch.zeros(count, dim)),
        EmotionScores.unobserved(count),
        lambda places, seed=None: [clips[place] for place in places],
    )


@torch.inference_mode()
def told(registry, clips, texts):
    """Return which text each clip is nearest to, as words [n, 2]."""
    words = sorted(set(texts))
    shown = registry.slot("video_encoder").encode(clips).pooled
    asked = registry.slot("text_encoder").encode(words).pooled
    return np.array([words[place].split() for place in (shown @ asked.T).argmax(1)])


@pytest.mark.parametrize("seed", range(3))
def test_left_and_right_are_told_by_motion_alone(tmp_path, seed):
    registry = small_encoders(tmp_path, seed)
    plan = TrainingPlan(
        tune="all", steps=500, batch=32, rate=1e-3, encoder_rate=1e-3, neutral=None, emotion=0,
        correct=0, patience=0, seed=seed,
    )  # fmt: skip
    network = tunable_network(registry, plan)
    video, text = registry.slot("video_encoder"), registry.slot("text_encoder")
    examples = as_examples(*draw_squares(TRAINED, seed), dim=text.dim)
    strategy = load_strategy(registry, "baseline", seed)
    Trainer(strategy, plan, examples, None, text, video, network).run()
    clips, texts = draw_squares(TESTED, 1000 + seed)
    found, wanted = told(registry, clips, texts), np.array([said.split() for said in texts])
    assert (found[:, 0] == wanted[:, 0]).mean() > 0.9  # colours, which each frame shows
    assert (found[:, 1] == wanted[:, 1]).mean() > FAR_ABOVE_CHANCE
