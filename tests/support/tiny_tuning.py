"""A small dual encoder with small videos to tune it on, as arguments of `moodreel train`."""

import json
from pathlib import Path

from numbered_videos import encode
from tiny_models import save_clip, save_vip

CAPTIONS = ("a cat", "a cup of coffee", "a happy rocket", "a woman", "an angry dog", "a road")
FAMILIES = {"clip": (save_clip, "model"), "clip-vip": (save_vip, "checkpoint")}
KINDS = ("text_encoder", "video_encoder")


def write_tiny(folder: Path, family: str = "clip") -> list[str]:
    """Write videos, captions and a configuration whose preset `tiny` has such an encoder."""
    save, option = FAMILIES[family]
    entry = f"{{plugin: {family}, {option}: {save(folder / 'model')}, device: cpu, dtype: float32}}"
    components = "".join(f"  {kind}: {{tiny: {entry}}}\n" for kind in KINDS)
    chosen = ", ".join(f"{kind}: tiny" for kind in KINDS)
    preset = f"presets:\n  tiny: {{extends: starter, captioner: null, {chosen}}}\n"
    (folder / "tiny.yaml").write_text(f"{preset}components:\n{components}")
    rows = []
    for number, caption in enumerate(CAPTIONS):
        encode(folder / f"{number}.mp4", count=20, first=100 * number)
        rows.append(json.dumps({"video": f"{number}.mp4", "caption": caption}) + "\n")
    (folder / "captions.jsonl").write_text("".join(rows))
    where = ["--preset", "tiny", "--config", str(folder / "tiny.yaml")]
    data = [str(folder / "captions.jsonl"), "--videos", str(folder), "--validation", "none"]
    return ["train", *data, *where, "--cache", str(folder / "cache")]
