"""How well the trained module finds the videos of a validation split."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from moodreel.errors import InvalidInput
from moodreel.evaluation.metrics.ranking import query_scores
from moodreel.training.collation import Collator
from moodreel.training.examples import Examples
from moodreel.training.module import TrainingModule
from moodreel.training.ragged import Indices

# Which bounds memory: judgements. A clip of 12 frames at 480 x 853 is 15 MB.
TEXTS_AT_ONCE, VIDEOS_AT_ONCE, CLIPS_AT_ONCE = 256, 256, 16


@dataclass(frozen=True, eq=False)
class Validation:
    """Measures a module on examples.

    Args:
        trainee: the module.
        collator: gathers what it takes.
        metric: the name of the metric, such as "mAP" or "R@1".
    """

    trainee: TrainingModule
    collator: Collator
    metric: str

    @torch.inference_mode()
    def measure(self, examples: Examples) -> float:
        """Return the metric over the texts of examples, each asked once.

        A video that can no longer be read is named and left out, with texts of it alone.

        Raises:
            InvalidInput: hardly any video can be read.
        """
        self.trainee.eval()
        videos, shown = self.show(examples)
        asked, relevant = answerable(examples.relevant, videos, len(examples.seen))
        scores = (self.ask(examples, asked) @ shown.T).cpu().numpy()
        return query_scores(scores, relevant).summary()[self.metric]

    def ask(self, examples: Examples, texts: Indices) -> Tensor:
        """Return the fused vectors of texts by their places."""
        parts = in_parts(texts, TEXTS_AT_ONCE)
        made = [self.trainee.ask(self.collator.asked(examples, part)) for part in parts]
        return torch.cat([vectors.float() for vectors in made])

    def show(self, examples: Examples) -> tuple[Indices, Tensor]:
        """Return the places of the videos that can be read, and their fused vectors."""
        size = CLIPS_AT_ONCE if self.collator.watching else VIDEOS_AT_ONCE
        places, vectors = [], []
        for part in in_parts(np.arange(len(examples.seen)), size):
            living, shown = self.collator.shown(examples, part)
            if len(living):
                places.append(living)
                vectors.append(self.trainee.show(shown).float())
        if sum(map(len, places)) * 2 < len(examples.seen):
            raise InvalidInput(
                "more than half of the videos to validate on cannot be read; see the reasons above"
            )
        return np.concatenate(places), torch.cat(vectors)


def in_parts(rows: Indices, size: int) -> list[Indices]:
    """Cut rows into parts of a size, the last of which may be smaller."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def answerable(
    relevant: Sequence[Indices], videos: Indices, count: int
) -> tuple[Indices, list[Indices]]:
    """Return the texts that some of the videos answer, and the places of these among the videos.

    Args:
        relevant: the videos that answer each text.
        videos: the videos that are left.
        count: how many videos there were.
    """
    place = np.full(count, -1)
    place[videos] = np.arange(len(videos))
    found = [place[answers] for answers in relevant]
    found = [answers[answers >= 0] for answers in found]
    kept = [text for text, answers in enumerate(found) if len(answers)]
    return np.array(kept, np.int64), [found[text] for text in kept]
