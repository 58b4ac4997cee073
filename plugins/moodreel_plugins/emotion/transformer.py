"""Emotions of a text by a text-classification model of transformers."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Emotion, EmotionScores, Register, hookimpl
from moodreel.interfaces import EmotionExtractor, HubModel, Requirement, named_model
from moodreel_plugins.emotion.label_columns import (
    emotion_columns,
    grouped_shares,
    named_labels,
)
from moodreel_plugins.emotion.language import encodable, mask_unread, readable
from moodreel_plugins.hub import load_network, load_part

if TYPE_CHECKING:
    from torch import Tensor

KIND = "text-classification model"


class TransformerClassifier(EmotionExtractor):
    """Any text-classification model, its labels mapped to the eight.

    The probabilities of an emotion's labels are added where one label holds for a text (a
    softmax), and the largest is taken where several may (a sigmoid each). An emotion of which
    the model has no label stays unobserved. The model understands negation itself.

    Args:
        model: a folder, or a name on the Hugging Face hub: config.json, safetensors weights and
            a tokenizer.
        labels: for each emotion, the model's labels for it, in upper or lower case. None takes
            labels that are called as the emotions are.
        multi_label: whether several labels may hold at once. None does as the model's config says.
        revision: the revision of a model on the hub.
        batch_size: how many texts are read at once.
        english: whether nothing is observed in a text that is not in English; false for a model
            of many languages.
    """

    modality = "text"
    requires = (Requirement("transformers", "pip install transformers", "code: Apache-2.0"),)

    def __init__(
        self,
        model: str,
        labels: Mapping[str, Sequence[str]] | None = None,
        multi_label: bool | None = None,
        revision: str | None = None,
        batch_size: int = 32,
        english: bool = True,
    ) -> None:
        self.labels = named_labels(labels)
        self.name = model
        self.multi_label = multi_label
        self.revision = revision
        self.batch_size = batch_size
        self.english = english

    @classmethod
    def hub_models(cls, options: Mapping[str, Any]) -> Sequence[HubModel]:
        """Return the model."""
        return named_model(options.get("model"), revision=options.get("revision"))

    def weights(self) -> Sequence[Path]:
        """Return the files of a model in a folder; one on the hub is known by its revision."""
        return sorted(Path(self.name).glob("*.safetensors"))

    @cached_property
    def config(self) -> Any:
        """The model's configuration."""
        from transformers import AutoConfig

        return load_part(AutoConfig, self.name, self.revision, KIND)

    @cached_property
    def model(self) -> Any:
        """The network, loaded when it is first used."""
        from transformers import AutoModelForSequenceClassification

        return load_network(AutoModelForSequenceClassification, self.name, self.revision, KIND)

    @cached_property
    def tokenizer(self) -> Any:
        """The tokenizer."""
        from transformers import AutoTokenizer

        return load_part(AutoTokenizer, self.name, self.revision, KIND)

    @cached_property
    def columns(self) -> dict[Emotion, list[int]]:
        """Which outputs of the model stand for each emotion that it observes."""
        return emotion_columns(self.config, self.labels)

    @property
    def observes(self) -> frozenset[Emotion]:
        """The emotions for which the model has a label."""
        return frozenset(self.columns)

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return probabilities [B, 8] for texts."""
        texts = [encodable(text) for text in inputs]
        columns = list(self.columns)
        if not texts:
            return EmotionScores.unobserved(0)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))  # less padding
        size = self.batch_size
        values = np.zeros((len(texts), len(columns)), np.float32)
        for start in range(0, len(texts), size):
            places = order[start : start + size]
            values[places] = self.read([texts[place] for place in places])
        scores = EmotionScores.from_columns(columns, values, np.ones_like(values))
        return mask_unread(scores, readable(texts, self.english))

    def read(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the probabilities of the observed emotions for one batch [B, E]."""
        import torch

        inputs = self.tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=self.longest,
            return_tensors="pt",
        )
        with torch.inference_mode():
            logits = self.model(**inputs).logits.float()
        return self.grouped(logits).numpy(force=True)

    @property
    def longest(self) -> int:
        """How many tokens the model can take: RoBERTa keeps two of its positions."""
        positions = getattr(self.config, "max_position_embeddings", 512) - 2
        return int(min(self.tokenizer.model_max_length, positions))

    def grouped(self, logits: "Tensor") -> "Tensor":
        """Return the probability of each observed emotion [B, E] from logits [B, labels]."""
        return grouped_shares(logits, self.columns, self.is_multi_label)

    @property
    def is_multi_label(self) -> bool:
        """Whether several labels may hold at once."""
        if self.multi_label is not None:
            return self.multi_label
        return self.config.problem_type == "multi_label_classification"


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register text-classification models."""
    register("transformer", TransformerClassifier)
