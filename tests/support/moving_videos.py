"""Videos of moving squares with captions, and a small CLIP-ViP, as arguments of commands.

Only motion tells left from right. How bright the picture is, is the mood that an extractor sees,
which this file is the plugin of.
"""

import json
from pathlib import Path

import av
import numpy as np
import torch

from moodreel import Emotion, EmotionScores, Register, hookimpl
from moodreel.interfaces import EmotionExtractor
from moodreel_plugins.encoders.clip_vip import ClipVip, ProxySettings
from moving_squares import COLOURS, FRAMES, SIDE, SQUARE, WAYS, moving_square
from tiny_models import clip_config, spread, tokenizer

MOODS = {"joyful": (70, 90), "sad": (20, 40)}
MIDDLE, SPAN = 55, 30  # of brightness
CONFIG = """
plugins: [{plugin}]
presets:
  small:
    extends: starter
    captioner: null
    text_encoder: small
    video_encoder: small
    video_emotion: brightness
components:
  text_encoder: {{small: {{{entry}}}}}
  video_encoder: {{small: {{{entry}, frames: 6{options}}}}}
"""


class Brightness(EmotionExtractor):
    """Joy where the picture is bright, sadness where it is dark."""

    modality = "video"
    observes = frozenset({Emotion.JOY, Emotion.SADNESS})

    def extract(self, inputs):
        return EmotionScores.of([self.mood(clip) for clip in inputs], observes=self.observes)

    def mood(self, clip):
        share = (float(np.median(clip.frames)) - MIDDLE) / SPAN
        return {"joy": min(max(share, 0), 1), "sadness": min(max(-share, 0), 1)}


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    register("brightness", Brightness)


def write_videos(folder: Path, counts: dict[str, int], seed: int = 0) -> Path:
    """Write videos of some splits, so many each, and their captions; return the latter."""
    draw, rows = np.random.default_rng(seed), []
    for split, count in counts.items():
        for number in range(count):
            colour, way, mood = (str(draw.choice(list(kind))) for kind in (COLOURS, WAYS, MOODS))
            height, shade = int(draw.integers(0, SIDE - SQUARE)), int(draw.integers(*MOODS[mood]))
            name = f"{split}{number}.mp4"
            write_clip(folder / name, moving_square(colour, way, height, shade).frames)
            rows.append({"video": name, "caption": f"{mood} {colour} {way}", "split": split})
    path = folder / "captions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def write_clip(path: Path, frames: np.ndarray) -> None:
    """Write frames [T, H, W, 3] as a video of one second, each as it is."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264rgb", rate=len(frames))
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "rgb24"
        stream.options = {"crf": "0"}
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        out.mux(stream.encode())


def write_encoder(folder: Path, seed: int = 0, begun: bool = False, options: str = "") -> Path:
    """Write a small CLIP-ViP at random, and its preset `small`; return the configuration.

    Args:
        folder: where to.
        seed: the seed.
        begun: whether its parameters have values that matter; else they are as its authors begin.
        options: more options of the video encoder, such as ", frame_vectors: true".
    """
    torch.manual_seed(seed)
    settings = ProxySettings(3, FRAMES).to_dict()
    model = folder / "model"
    made = ClipVip(clip_config(vision_additional_config=settings))
    (spread(made, seed) if begun else made).save_pretrained(model)
    tokenizer().save_pretrained(model)
    entry = f"plugin: clip-vip, checkpoint: {model}, device: cpu, dtype: float32"
    path, plugin = folder / "small.yaml", Path(__file__).resolve()
    path.write_text(CONFIG.format(plugin=plugin, entry=entry, options=options))
    return path
