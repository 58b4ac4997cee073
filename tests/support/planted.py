"""A folder of features in which every text finds its video, and strategies that spoil some."""

import json

import torch
from safetensors.torch import save_file
from torch.nn.functional import normalize

from moodreel import hookimpl
from moodreel.fusion.strategy import FusionStrategy

VIDEOS, DIM = 120, 384  # as long as the vectors of the preset starter
GROUPS = ("fear", "joy", "sadness", "anger")  # 28 queries each, and two more about fear
FEAR = 28
LOST = 8  # of the 30 queries about fear: 0.27


class Damaged(FusionStrategy):
    """Known to be worse: the first videos, all of them about fear, are found last."""

    def fuse_video(self, video, seen):
        changed = video.pooled.clone()
        changed[:LOST] *= -1
        return changed


class Same(FusionStrategy):
    """Known to be as good as the baseline."""


class Shaken(FusionStrategy):
    """Begins with random values, which decide how much worse it is."""

    def build(self, dims):
        self.noise = torch.nn.Parameter(torch.zeros(DIM))
        torch.nn.init.normal_(self.noise, std=0.35)

    def fuse_video(self, video, seen):
        return normalize(video.pooled + self.noise * torch.sin(torch.arange(DIM) * video.pooled))


class Planted:
    @staticmethod
    @hookimpl
    def register_fusion_strategies(register):
        register("damaged", Damaged)
        register("shaken", Shaken)
        for number in range(3):
            register(f"same-{number}", type(f"Same{number}", (Same,), {}))


def write_planted(folder, splits=False, moods=False, labels=False):
    draw = torch.Generator().manual_seed(0)
    vectors = normalize(torch.randn(VIDEOS, DIM, generator=draw), dim=-1)
    kinds = [GROUPS[n // FEAR] if n // FEAR < len(GROUPS) else None for n in range(VIDEOS)]
    kinds[-2:] = ["fear", "fear"]
    rows = [
        {"video": f"v{n}", "caption": f"scene number {n}", "emotions": {kind: 1.0} if kind else {}}
        for n, kind in enumerate(kinds)
    ]
    for number, row in enumerate(rows if splits else ()):
        row["split"] = "train" if number >= VIDEOS - FEAR else "test"
    for number, row in enumerate(rows if labels else ()):
        row["labels"] = {"face": f"face {number % 15}", "scene": f"scene {number // 12}"}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "captions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    if moods:
        seen = {f"v{n}": {kind: 0.9} if kind else {} for n, kind in enumerate(kinds)}
        (folder / "emotions.json").write_text(json.dumps(seen))
    save_file({f"v{n}": vector for n, vector in enumerate(vectors)}, folder / "videos.safetensors")
    save_file({"pooled": vectors}, folder / "texts.safetensors")
    return folder
