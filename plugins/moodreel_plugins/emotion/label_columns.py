"""Labels of classifiers of transformers, mapped to the eight emotions."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from moodreel import ConfigurationError, Emotion

if TYPE_CHECKING:
    from torch import Tensor

Columns = dict[Emotion, list[int]]
"""Which outputs of a model stand for each emotion that it observes."""


def named_labels(labels: Mapping[str, Sequence[str]] | None) -> dict[Emotion, list[str]]:
    """Return the labels for each emotion; None: those that are called as the emotions are."""
    named = labels or {emotion.value: [emotion.value] for emotion in Emotion}
    return {Emotion.named(name): list(group) for name, group in named.items()}


def emotion_columns(config: Any, labels: Mapping[Emotion, Sequence[str]]) -> Columns:
    """Return the columns of the emotions for which a model has a label.

    Args:
        config: the model's configuration, with `id2label`.
        labels: for each emotion, the model's labels for it, in upper or lower case.

    Raises:
        ConfigurationError: it has none.
    """
    outputs = {str(name).lower(): int(place) for place, name in config.id2label.items()}
    found = {
        emotion: [outputs[name.lower()] for name in names if name.lower() in outputs]
        for emotion, names in labels.items()
    }
    if not any(found.values()):
        raise ConfigurationError(
            f"none of the model's labels is mapped to an emotion: {', '.join(outputs)}; "
            "set the option labels, such as labels.joy=[happy]"
        )
    return {emotion: places for emotion, places in found.items() if places}


def grouped_shares(logits: "Tensor", columns: Columns, several: bool) -> "Tensor":
    """Return the probability of each observed emotion [B, E] from logits [B, labels].

    Args:
        logits: of the model.
        columns: of the emotions.
        several: whether several labels may hold at once.
    """
    import torch

    if several:
        shares = logits.sigmoid()
        return torch.stack([shares[:, places].amax(1) for places in columns.values()], 1)
    shares = logits.softmax(1)
    return torch.stack([shares[:, places].sum(1) for places in columns.values()], 1)
