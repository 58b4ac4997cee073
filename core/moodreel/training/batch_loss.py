"""The loss of a whole batch: the objective over all processes' vectors, and the further terms."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from moodreel.training.examples import Examples
from moodreel.training.module import OWN
from moodreel.training.objectives import OBJECTIVES
from moodreel.training.plan import TrainingPlan
from moodreel.training.ragged import Indices
from moodreel.training.terms import correction_term, distillation_term, emotion_term, shortlist_term

Terms = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class BatchLoss:
    """The terms of the loss.

    Args:
        plan: the weights of the terms, and the objective.
        examples: the examples that batches are of.
        processes: how many processes share a batch.
    """

    plan: TrainingPlan
    examples: Examples
    processes: int = 1

    def joint(self, found: Mapping[str, Tensor], rows: Indices) -> Terms:
        """Return the terms that compare everything in a batch, over all processes, weighted."""
        found = {name: self.gather(name, part) for name, part in found.items()}
        text, video, scale = found["text"], found["video"], found["scale"]
        same = torch.from_numpy(self.examples.same(rows)).to(text.device)
        masked = same if self.plan.mask else None
        caption, frame = found.get("caption", text), found.get("frame", video)
        objective = OBJECTIVES[self.plan.objective]
        terms = {"contrastive": objective(video, text, frame, caption, scale, masked)}
        if "corrected" in found and self.plan.correct:
            terms["correction"] = self.plan.correct * self.correction(found["corrected"], rows)
        if self.plan.emotion or self.plan.distil:
            content = found["asked"] @ found["shown"].T
            terms |= self.further(text @ video.T, content, scale, rows)
        return terms

    def separate(self, found: Mapping[str, Tensor]) -> Terms:
        """Return the terms that each process has of its own: the strategy's, and shortlists."""
        terms = {name: term.float() for name, term in found.items() if name.startswith(OWN)}
        if "reranked" in found:
            terms["shortlist"] = shortlist_term(found["reranked"].float(), found["scale"].float())
        return terms

    def gather(self, name: str, part: Tensor) -> Tensor:
        """Return the vectors of all processes, in order, with gradients to every one.

        The scale is the same everywhere.
        """
        if self.processes == 1 or not is_joint(name):
            return part.float()
        from torch.distributed.nn.functional import all_gather

        return torch.cat(all_gather(part.float().contiguous()))

    def correction(self, corrected: Tensor, rows: Indices) -> Tensor:
        """Return the correction term of a batch."""
        plain, told = self.examples.plain
        videos = self.examples.video_of[rows]
        kept = np.flatnonzero(self.examples.moved[rows] & told[videos])
        return correction_term(corrected[kept], plain[videos[kept]].to(corrected))

    def further(self, scores: Tensor, content: Tensor, scale: Tensor, rows: Indices) -> Terms:
        """Return the emotion term and the distillation term that the plan asks for."""
        device, examples = scores.device, self.examples
        texts, videos = examples.text_of[rows], examples.video_of[rows]
        terms = {}
        if self.plan.emotion:
            wanted = torch.from_numpy(examples.wanted.values[texts]).to(device)
            felt = torch.from_numpy(examples.felt[videos]).to(device)
            term = emotion_term(scores - content, wanted, felt, scale)
            terms["emotion"] = self.plan.emotion * term
        if self.plan.distil:
            neutral = torch.from_numpy(~examples.moved[rows]).to(device)
            before = examples.text.pooled[texts] @ examples.video.pooled[videos].T
            term = distillation_term(scores, before.to(device), neutral, scale)
            terms["distillation"] = self.plan.distil * term
        return terms


def is_joint(name: str) -> bool:
    """Whether what the module found has a row for each caption, to be compared with the others."""
    return name not in ("scale", "reranked") and not name.startswith(OWN)


def total(terms: Mapping[str, Tensor]) -> Tensor:
    """Return the sum of the terms."""
    return torch.stack(list(terms.values())).sum()
