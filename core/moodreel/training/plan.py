"""Hyperparameters of training: every choice in one place, checked, and kept in the checkpoint."""

from dataclasses import dataclass
from typing import Literal, get_args

from moodreel.errors import InvalidInput, closest
from moodreel.training.objective_names import USES

Tune = Literal["none", "projection", "text", "all"]
Precision = Literal["no", "bf16", "fp16"]


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
        steps: how many batches are made at most.
        batch: how many captions a batch has, over all processes.
        rate: the highest learning rate of the strategy, reached after `warmup`, from where it
            falls to zero on a cosine.
        encoder_rate: the highest learning rate of the encoders, where they are tuned.
        decay: AdamW's weight decay, of matrices alone.
        betas: AdamW's betas, as in CLIP-ViP's training.
        epsilon: what AdamW adds to the root of the second moment.
        warmup: the share of the steps in which the learning rate rises, 0 to 1.
        clip: the largest norm of the gradient.
        scale: the first value of the learned similarity scale, 1 / temperature.
        emotion: the weight of the emotion term (`terms.emotion_term`).
        neutral: the share of a batch that wants no emotion, 0 to 1.
        distil: the weight of the distillation term, which keeps queries without emotion at the
            baseline's ranking (`terms.distillation_term`).
        correct: the weight of the correction term, for strategies that correct content
            (`terms.correction_term`).
        together: the name of a label; captions that share its value come in one batch, as hard
            negatives.
        every: steps between looks at the validation split, and between saved states.
        patience: looks without a better result after which training ends; 0 makes all steps.
        seed: decides the first values, the batches and the dropout.
        precision: of training: "no" is float32; "bf16" and "fp16" are mixed precision.
    """

    objective: str = "info-nce"
    tune: Tune = "none"
    steps: int = 600
    batch: int = 128
    rate: float = 3e-3
    encoder_rate: float = 1e-5
    decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.98)
    epsilon: float = 1e-8
    warmup: float = 0.1
    clip: float = 1.0
    scale: float = 20.0
    emotion: float = 0.5
    neutral: float = 0.25
    distil: float = 0.0
    correct: float = 10.0
    together: str = "round"
    every: int = 50
    patience: int = 6
    seed: int = 0
    precision: Precision = "no"

    def __post_init__(self) -> None:
        if self.objective not in USES:
            known = closest(self.objective, USES)
            raise InvalidInput(f"unknown objective {self.objective!r}.{known}")
        for name, choices in (("tune", get_args(Tune)), ("precision", get_args(Precision))):
            if getattr(self, name) not in choices:
                raise InvalidInput(f"{name} must be one of {', '.join(choices)}")
        for name in ("steps", "every"):
            check_number(name, getattr(self, name), 1)
        check_number("batch", self.batch, 2)
        check_number("clip", self.clip, 1e-6)
        check_number("scale", self.scale, 1e-3, 100)
        for name in ("warmup", "neutral"):
            check_number(name, getattr(self, name), 0, 1)
        for beta in self.betas:
            check_number("betas", beta, 0, 1 - 1e-9)
        check_number("epsilon", self.epsilon, 1e-12)
        for name in ("rate", "encoder_rate", "decay", "emotion", "distil", "correct", "patience"):
            check_number(name, getattr(self, name), 0)

    @property
    def needs_frames(self) -> bool:
        """Whether the objective looks at single frames."""
        return "frame" in USES[self.objective]


def check_number(name: str, value: float, least: float, most: float = float("inf")) -> None:
    """Refuse a number out of its range."""
    if not least <= value <= most:
        limit = f"from {least:g} to {most:g}" if most < float("inf") else f"{least:g} or more"
        raise InvalidInput(f"{name} must be {limit}, got {value:g}")
