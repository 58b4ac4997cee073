"""Captions by an image-to-text model of transformers."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from moodreel import Clip, Register, hookimpl
from moodreel.interfaces import Captioner, HubModel, Requirement, named_model
from moodreel_plugins.hub import load_network, load_part

KIND = "captioning model"
MOST_WORDS = 16  # as every captioner's (moodreel.interfaces.Captioner)
TOKENS = 32  # enough for 16 words of any vocabulary in use


class TransformerCaptioner(Captioner):
    """Any model that captions a picture without a prompt: BLIP, GIT, ViT-GPT2 and their kin.

    Decoding is greedy, or by beams, and never sampled: the same frame gets the same caption.

    Args:
        model: a folder, or a name on the Hugging Face hub: config.json, safetensors weights, an
            image processor and a tokenizer.
        revision: the revision of a model on the hub.
        beams: the width of the beam search; 1 decodes greedily.
        batch_size: how many frames are captioned at once.
    """

    requires = (Requirement("transformers", "pip install transformers", "code: Apache-2.0"),)

    def __init__(
        self, model: str, revision: str | None = None, beams: int = 1, batch_size: int = 8
    ) -> None:
        if beams < 1 or batch_size < 1:
            raise ValueError("needs beams >= 1 and batch_size >= 1")
        self.name = model
        self.revision = revision
        self.beams = beams
        self.batch_size = batch_size

    @classmethod
    def hub_models(cls, options: Mapping[str, Any]) -> Sequence[HubModel]:
        """Return the model."""
        return named_model(options.get("model"), revision=options.get("revision"))

    def weights(self) -> Sequence[Path]:
        """Return the files of a model in a folder; one on the hub is known by its revision."""
        return sorted(Path(self.name).glob("*.safetensors"))

    @cached_property
    def model(self) -> Any:
        """The network, loaded when it is first used."""
        from transformers import AutoModelForImageTextToText

        return load_network(AutoModelForImageTextToText, self.name, self.revision, KIND)

    @cached_property
    def processor(self) -> Any:
        """The image processor, which makes pixels of a picture."""
        from transformers import AutoImageProcessor

        return load_part(AutoImageProcessor, self.name, self.revision, KIND)

    @cached_property
    def tokenizer(self) -> Any:
        """The tokenizer, which makes words of tokens."""
        from transformers import AutoTokenizer

        return load_part(AutoTokenizer, self.name, self.revision, KIND)

    def caption(self, clips: Sequence[Clip]) -> list[str]:
        """Return a caption for the middle frame of each of B clips."""
        frames = [clip.frames[len(clip) // 2] for clip in clips]
        size = self.batch_size
        parts = [frames[start : start + size] for start in range(0, len(frames), size)]
        return [caption for part in parts for caption in self.caption_frames(part)]

    def caption_frames(self, frames: Sequence[Any]) -> list[str]:
        """Return the captions of one batch."""
        import torch

        pixels = self.processor(list(frames), return_tensors="pt")["pixel_values"]
        with torch.inference_mode():
            tokens = self.model.generate(
                pixel_values=pixels, max_new_tokens=TOKENS, num_beams=self.beams, do_sample=False
            )
        return [first_words(text) for text in self.tokenizer.batch_decode(tokens, True)]


def first_words(text: str, most: int = MOST_WORDS) -> str:
    """Return the first words of a text, in one line."""
    return " ".join(text.split()[:most])


@hookimpl
def register_captioners(register: Register) -> None:
    """Register captioners of transformers."""
    register("transformer", TransformerCaptioner)
