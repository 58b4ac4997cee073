"""Hyperparameters of training: every choice in one place, checked, and kept in the checkpoint."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self, get_args

from moodreel.errors import InvalidInput, closest
from moodreel.training.objective_names import USES

Tune = Literal["none", "projection", "text", "all"]
Precision = Literal["no", "bf16", "fp16"]
Metric = Literal["mAP", "R@1"]


@dataclass(frozen=True)
class TrainingPlan:
    """The hyperparameters of one training run.

    batch, rate, neutral and emotion have the values of the fusion benchmark's plan, which was
    chosen by cross-validation inside its training part (benchmarks/fusion_rows.py); without the
    emotion term video-side did not do worse (benchmarks/RESULTS.md). The other defaults are
    judgements, not measured.

    Args:
        objective: a name of `objectives.OBJECTIVES`.
        tune: what learns besides the strategy: nothing, a linear map after each encoder, the text
            encoder, or both encoders.
        steps: how many times the parameters move at most.
        epochs: how often every video is seen, instead of `steps`; None goes by `steps`.
        batch: how many captions meet in one contrastive loss, over all processes.
        per_process: whether `batch` is that of one process, to be multiplied by their number.
        accumulate: the batches whose gradients are averaged before the parameters move; each has a
            contrastive loss of its own.
        chunk: how many captions of a process go through the encoders at once, while the loss is
            still that of the whole batch (`gradients.Gradients`); 0: all.
        checkpointing: whether activations of tuned encoders are made again in the backward pass
            instead of being kept (Chen et al. 2016): less memory, a third more time.
        rate: the highest learning rate of the strategy, reached after `warmup`, from where it
            falls to zero on a cosine.
        encoder_rate: the highest learning rate of the encoders, where they are tuned.
        layer_rate: the rate of a tuned encoder's layer, as a share of that of the layer above it.
        rates: what the rates of parts are multiplied by, by names of modules.
        frozen: the names of modules that do not learn.
        decay: AdamW's weight decay, of matrices alone.
        betas: AdamW's betas, as in CLIP-ViP's training.
        epsilon: what AdamW adds to the root of the second moment.
        epsilon_first: whether it is added before the moment's bias is corrected (the form at the
            end of section 2 of Kingma and Ba 2015, in CLIP-ViP's code), or after (PyTorch's).
        warmup: the share of the steps in which the learning rate rises, 0 to 1.
        clip: the largest norm of the gradient.
        scale: the first value of the learned similarity scale, 1 / temperature.
        scale_limit: the largest value of the scale; 100 as in CLIP.
        emotion: the weight of the emotion term (`terms.emotion_term`).
        neutral: the share of a batch that wants no emotion, 0 to 1; None draws each video with
            any of its captions, as published training does.
        distil: the weight of the distillation term, which keeps queries without emotion at the
            baseline's ranking (`terms.distillation_term`).
        correct: the weight of the correction term, for strategies that correct content
            (`terms.correction_term`).
        mask: whether a text that is true of another video of the batch counts neither as its match
            nor as a mismatch.
        jitter: whether the frames of a video that is decoded to learn from are taken at times that
            are drawn anew, as CLIP-ViP's training does, and not at even ones.
        crop: the least share of the picture that a random crop of such a video keeps, 0 to 1.
        flip: how likely it is mirrored, 0 to 1; captions that say left or right are then wrong.
        colour: how much its brightness, contrast and saturation change, 0 to 1.
        ahead: how many batches are decoded while the ones before them are learned from.
        together: the name of a label; captions that share its value come in one batch, as hard
            negatives.
        every: steps between looks at the validation split, and between saved states.
        kept: how many gigabytes of frames of the videos validated on are kept on disk while
            a run lasts, where these are decoded; further ones are decoded anew at each look.
        ema_decay: the share that a moving average of the weights keeps in each step, below 1; it
            is what is validated and kept (`averaged_weights`). 0: the weights themselves.
        metric: the metric that validation goes by.
        patience: looks without a better result after which training ends; 0 makes all steps.
        seed: decides the first values, the batches and the dropout.
        precision: of training: "no" is float32; "bf16" and "fp16" are mixed precision.
    """

    objective: str = "info-nce"
    tune: Tune = "none"
    steps: int = 600
    epochs: float | None = None
    batch: int = 128
    per_process: bool = False
    accumulate: int = 1
    chunk: int = 0
    checkpointing: bool = False
    rate: float = 3e-3
    encoder_rate: float = 1e-5
    layer_rate: float = 1.0
    rates: Mapping[str, float] = field(default_factory=dict)
    frozen: tuple[str, ...] = ()
    decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.98)
    epsilon: float = 1e-8
    epsilon_first: bool = False
    warmup: float = 0.1
    clip: float = 1.0
    scale: float = 20.0
    scale_limit: float = 100.0
    emotion: float = 0.5
    neutral: float | None = 0.25
    distil: float = 0.0
    correct: float = 10.0
    mask: bool = True
    jitter: bool = False
    crop: float = 1.0
    flip: float = 0.0
    colour: float = 0.0
    ahead: int = 2
    together: str = "round"
    every: int = 50
    kept: float = 4.0
    ema_decay: float = 0.0
    metric: Metric = "mAP"
    patience: int = 6
    seed: int = 0
    precision: Precision = "no"

    def __post_init__(self) -> None:
        if self.objective not in USES:
            known = closest(self.objective, USES)
            raise InvalidInput(f"unknown objective {self.objective!r}.{known}")
        for name, choices in CHOICES.items():
            if getattr(self, name) not in get_args(choices):
                raise InvalidInput(f"{name} must be one of {', '.join(get_args(choices))}")
        for name, (least, most) in LIMITS.items():
            if (value := getattr(self, name)) is not None:
                check_number(name, value, least, most)
        for beta in self.betas:
            check_number("betas", beta, 0, 1 - 1e-9)
        for name, times in self.rates.items():
            check_number(f"rates.{name}", times, 0)
        if self.scale > self.scale_limit:
            raise InvalidInput(f"scale must be at most scale_limit, {self.scale_limit:g}")

    def resolved(self, videos: int, processes: int) -> Self:
        """Return the plan with `batch` over all processes, and `steps` in place of epochs."""
        batch = self.batch * (processes if self.per_process else 1)
        steps = self.steps
        if self.epochs is not None:
            steps = max(1, math.ceil(self.epochs * videos / (batch * self.accumulate)))
        return replace(self, batch=batch, steps=steps, per_process=False, epochs=None)

    @property
    def needs_frames(self) -> bool:
        """Whether the objective looks at single frames."""
        return "frame" in USES[self.objective]


CHOICES = {"tune": Tune, "precision": Precision, "metric": Metric}
ANY = float("inf")
LIMITS: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(("steps", "every", "accumulate"), (1, ANY)),
    **dict.fromkeys(("warmup", "neutral", "layer_rate", "flip", "colour"), (0, 1)),
    "crop": (0.01, 1),
    "ema_decay": (0, 1 - 1e-9),
    **dict.fromkeys(("rate", "encoder_rate", "decay", "emotion", "distil", "correct"), (0, ANY)),
    **dict.fromkeys(("patience", "chunk", "ahead", "kept"), (0, ANY)),
    **dict.fromkeys(("clip", "epochs"), (1e-6, ANY)),
    **dict.fromkeys(("scale", "scale_limit"), (1e-3, 1000)),
    "batch": (2, ANY),
    "epsilon": (1e-12, ANY),
}
"""The least and the most of each number."""


def check_number(name: str, value: float, least: float, most: float = float("inf")) -> None:
    """Refuse a number out of its range."""
    if not least <= value <= most:
        limit = f"from {least:g} to {most:g}" if most < float("inf") else f"{least:g} or more"
        raise InvalidInput(f"{name} must be {limit}, got {value:g}")
