"""How well the trained module finds the videos of a validation split."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

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
        """Return the metric over the texts of examples, each asked once."""
        self.trainee.eval()
        text = in_parts(
            lambda texts: self.trainee.ask(self.collator.asked(examples, texts)),
            len(examples.texts),
            TEXTS_AT_ONCE,
        )
        video = in_parts(
            lambda videos: self.trainee.show(self.collator.shown(examples, videos)),
            len(examples.seen),
            CLIPS_AT_ONCE if self.collator.watching else VIDEOS_AT_ONCE,
        )
        scores = (text @ video.T).cpu().numpy()
        return query_scores(scores, examples.relevant).summary()[self.metric]


def in_parts(encode: Callable[[Indices], Tensor], count: int, size: int) -> Tensor:
    """Return vectors [count, D'] that are made a part at a time."""
    starts = range(0, count, size)
    return torch.cat([encode(np.arange(s, min(s + size, count))).float() for s in starts])
