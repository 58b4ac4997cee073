"""A linear head on the features of texts: eight logistic regressions, and their thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moodreel import ConfigurationError, Emotion, MoodreelError
from moodreel.storage.atomic import atomic_path

# Of the squared weights, summed over the texts. Chosen among 0.03 to 3 by captions with viewers'
# ratings: best from 200 to 4,000 texts, on clips held out (benchmarks/RESULTS.md, "Text readers").
PENALTY = 0.3
MAX_STEPS = 100  # of the solver; on 17,000 captions it needed 90
RAREST = 1e-3  # the least share of an emotion that the bias begins at: a judgement, not measured


@dataclass(frozen=True, eq=False)
class TextHead:
    """Logistic regressions of emotions on features of texts (Papke & Wooldridge 1996).

    Args:
        weight: [F, E] for F features and E emotions.
        bias: [E].
        thresholds: below which an intensity is none, [E].
        emotions: the E emotions that it was fitted to.
        space: the space of the text encoder that it was fitted on.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    thresholds: NDArray[np.float32]
    emotions: tuple[Emotion, ...]
    space: str = ""

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the intensities [n, E], from 0 to 1, of features [n, F]."""
        logits = features @ self.weight + self.bias
        return (1 / (1 + np.exp(-logits.clip(-60, 60)))).astype(np.float32)

    def save(self, path: Path) -> None:
        """Write the head to a .safetensors file.

        Raises:
            MoodreelError: the file cannot be written.
        """
        from safetensors.numpy import save

        tensors = {"weight": self.weight, "bias": self.bias, "thresholds": self.thresholds}
        raw = save(tensors, {"emotions": ",".join(self.emotions), "space": self.space})
        write_bytes(path, raw)

    @classmethod
    def load(cls, path: Path) -> "TextHead":
        """Read a head that `save` wrote.

        Raises:
            ConfigurationError: the file cannot be read, or holds something else.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "np") as file:
                about = file.metadata() or {}
                emotions = tuple(map(Emotion, about["emotions"].split(",")))
                tensors = [file.get_tensor(name) for name in ("weight", "bias", "thresholds")]
        except (OSError, KeyError, ValueError, SafetensorError) as error:
            raise ConfigurationError(f"{path}: not a fitted head of texts: {error}") from None
        shapes = [part.shape[-1:] for part in tensors]
        if tensors[0].ndim != 2 or shapes != 3 * [(len(emotions),)]:
            raise ConfigurationError(f"{path}: not a fitted head of texts: shapes {shapes}")
        weight, bias, thresholds = tensors
        return cls(weight, bias, thresholds, emotions, about.get("space", ""))


def write_bytes(path: Path, raw: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        MoodreelError: it cannot be written.
    """
    try:
        with atomic_path(path) as partial:
            partial.write_bytes(raw)
    except OSError as error:
        raise MoodreelError(f"{path}: cannot be written: {error.strerror}") from None


def fit_head(
    features: NDArray[np.float32], wanted: NDArray[np.float32], emotions: Sequence[Emotion]
) -> TextHead:
    """Fit a head, without thresholds, by maximum likelihood with a penalty on the weights.

    A wanted intensity is the share of the times that the emotion holds (fractional logistic
    regression), so intensities come out calibrated as the labels are.

    Args:
        features: [n, F].
        wanted: intensities from 0 to 1, [n, E].
        emotions: the E emotions.
    """
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    inputs, targets = torch.from_numpy(features), torch.from_numpy(wanted)
    with torch.inference_mode(False), torch.enable_grad():
        weight = torch.zeros(inputs.shape[1], targets.shape[1], requires_grad=True)
        bias = targets.mean(0).clamp(RAREST, 1 - RAREST).logit().requires_grad_()
        solver = torch.optim.LBFGS(
            [weight, bias], max_iter=MAX_STEPS, line_search_fn="strong_wolfe"
        )

        def loss() -> float:
            solver.zero_grad()
            logits = inputs @ weight + bias
            missed = binary_cross_entropy_with_logits(logits, targets, reduction="sum")
            total = (missed + PENALTY / 2 * weight.square().sum()) / len(inputs)
            total.backward()
            return float(total.detach())

        solver.step(loss)
    fitted = weight.detach().numpy(), bias.detach().numpy()
    return TextHead(*fitted, np.zeros(len(emotions), np.float32), tuple(emotions))
