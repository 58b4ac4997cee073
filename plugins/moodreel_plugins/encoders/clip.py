"""CLIP and its relatives: transformers' dual encoders, which put images and texts in one space."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Clip, ConfigurationError, Register, hookimpl
from moodreel.interfaces import (
    Inject,
    InjectVideo,
    TextEncoder,
    TextFeatures,
    VideoEncoder,
    VideoFeatures,
)
from moodreel_plugins.encoders.checkpoints import Activation, Checkpoint, Precision, join_batches
from moodreel_plugins.encoders.dual_encoder import DualEncoder
from moodreel_plugins.encoders.tokenizers import (
    TOKENIZER_FILES,
    knows_script,
    read_tokenizer,
    words_read,
)

if TYPE_CHECKING:
    from torch import Tensor

    from moodreel_plugins.encoders.injecting import Passage
    from moodreel_plugins.encoders.pixels import PixelMaker


class ClipVideoEncoder(DualEncoder, VideoEncoder):
    """The image half of a CLIP over frames, each projected and normalised; a clip is their mean.

    Args:
        model: a folder in transformers' form, or the hub's name of one.
        frames: how many frames of a segment are encoded.
        batch_size: how many frames go through the model at once, which bounds memory: a
            judgement, not measured.
        device: the device, such as "cuda:0"; "auto" picks an accelerator where there is one.
        dtype: the precision of the weights; "auto" is bfloat16 where the device has it natively.
        compile: whether to compile the image half, which takes a minute and then runs faster.
    """

    beside = ("preprocessor_config.json", "processor_config.json")
    together = False  # whether the image half sees the frames of a clip together

    def __init__(
        self,
        model: str,
        frames: int = 8,
        batch_size: int = 16,
        device: str = "auto",
        dtype: Precision = "auto",
        compile: bool = False,
    ) -> None:
        self.checkpoint = Checkpoint(model)
        self.frames_per_clip = frames
        self.batch_size = batch_size
        self.device = device
        self.precision = dtype
        self.compile = compile

    @staticmethod
    def convert(
        source: str,
        folder: Path,
        config: str | None = None,
        tokenizer: str | None = None,
        activation: Activation | None = None,
    ) -> str:
        """Turn a file of OpenAI's or open_clip's into a folder; see `convert_clip`."""
        from moodreel_plugins.encoders.clip_conversion import convert_clip

        return convert_clip(source, folder, config, tokenizer, activation)

    @cached_property
    def pixels(self) -> "PixelMaker":
        """The preprocessing of frames, as the model's folder says."""
        from moodreel_plugins.encoders.pixels import read_pixel_maker

        return read_pixel_maker(self.checkpoint.folder, int(self.config.vision_config.image_size))

    @cached_property
    def image_features(self) -> Callable[["Tensor"], "Tensor"]:
        """The image half: pixels to features that are not normalised."""
        import torch

        features = self.feature_method()
        return torch.compile(features, dynamic=True) if self.compile else features

    def feature_method(self) -> Callable[["Tensor"], "Tensor"]:
        """Return the model's own function from pixels [n, 3, h, w] to features [n, D]."""
        model = self.model
        return lambda pixels: pooled_output(model.get_image_features(pixel_values=pixels))

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the model and what makes its pixels in transformers' form."""
        self.pixels.processor.save_pretrained(folder)
        return {**self.write(folder), "frames": self.frames_per_clip, "compile": self.compile}

    @property
    def patch_width(self) -> int:
        """W, the length of the image half's tokens."""
        return int(self.config.vision_config.hidden_size)

    def encode(self, clips: Sequence[Clip], inject: InjectVideo | None = None) -> VideoFeatures:
        """Return features of B clips; `frames` pads shorter clips with their last frame."""
        import torch
        from torch.nn.functional import normalize

        if not clips:
            return VideoFeatures(torch.zeros(0, self.dim))
        pictures = [frame for clip in clips for frame in clip.frames]
        places = np.array([(row, n) for row, clip in enumerate(clips) for n in range(len(clip))])
        vectors = normalize(self.encode_frames(pictures, places, inject), dim=-1)
        return pool_frames(vectors.split([len(clip) for clip in clips]))

    def encode_frames(
        self, pictures: Sequence[Any], places: NDArray[np.int64], inject: InjectVideo | None
    ) -> "Tensor":
        """Return features [n, D], not normalised, of frames [H, W, 3]; a batch at a time.

        Args:
            pictures: the frames.
            places: the clip of each, and its number there, [n, 2].
            inject: what changes their embeddings.
        """
        starts = range(0, len(pictures), self.batch_size)
        batches = [slice(start, start + self.batch_size) for start in starts]
        with inference_unless(inject is not None or is_learning(self.model)):
            return join_batches(
                [
                    self.look(pictures[rows], inject, places[rows, 0], places[rows, 1:])
                    for rows in batches
                ]
            )

    def look(
        self,
        pictures: Sequence[Any],
        inject: InjectVideo | None,
        clips: NDArray[np.int64],
        frames: NDArray[np.int64],
    ) -> "Tensor":
        """Return features [n, D], not normalised, of rows with one picture each, or [T] each."""
        from moodreel_plugins.encoders.injecting_video import looking

        pixels = self.make_pixels(pictures)
        if self.together:
            pixels = pixels.unflatten(0, (len(clips), -1))
        if inject is None:
            return self.image_features(pixels)
        with looking(inject, clips, frames):
            return self.feature_method()(pixels)

    def make_pixels(self, pictures: Sequence[Any]) -> "Tensor":
        """Return pixels [n, 3, h, w] of frames [H, W, 3], as the model takes them."""
        return self.pixels(pictures, self.model.device).to(self.model.dtype)


class ClipTextEncoder(DualEncoder, TextEncoder):
    """The text half of a CLIP, or of another dual encoder of transformers.

    Args:
        model: a folder in transformers' form, or the hub's name of one.
        batch_size: how many texts are encoded at once.
        device: the device, such as "cuda:0"; "auto" picks an accelerator where there is one.
        dtype: the precision of the weights; "auto" is bfloat16 where the device has it natively.
        space: the name of the space that a tuned model shares with the videos it was tuned on;
            None names it after its own weights.
        max_tokens: the most tokens of a text that are read; None: as many as the model can.
    """

    version = "2"  # 2: SigLIP's texts without a mask and in lower case, all positions of CLIP's
    beside = TOKENIZER_FILES
    hashed_if_set = frozenset({"max_tokens"})

    def __init__(
        self,
        model: str,
        batch_size: int = 64,
        device: str = "auto",
        dtype: Precision = "auto",
        space: str | None = None,
        max_tokens: int | None = None,
    ) -> None:
        self.checkpoint = Checkpoint(model)
        self.batch_size = batch_size
        self.device = device
        self.precision = dtype
        self.tuned_space = space
        self.max_tokens = max_tokens

    @property
    def space(self) -> str:
        """The space of these weights, or that they were tuned in."""
        return self.tuned_space or super().space

    def save(self, folder: Path, space: str | None = None) -> dict[str, Any]:
        """Write the model and its tokenizer in transformers' form."""
        self.tokenizer.save_pretrained(folder)
        return {**self.write(folder), "space": space, "max_tokens": self.max_tokens}

    @property
    def width(self) -> int:
        """W, the length of the text half's states."""
        return int(self.config.text_config.hidden_size)

    @cached_property
    def tokenizer(self) -> Any:
        """The tokenizer."""
        self.check_config(self.checkpoint.config)  # a tokenizer's reader looks into it too
        return read_tokenizer(self.checkpoint.folder)

    def encode(self, texts: Sequence[str], inject: Inject | None = None) -> TextFeatures:
        """Return features of B texts; with `inject`, in one batch, since it sees all of them.

        Gradients reach `inject` where they are enabled.
        """
        import torch

        if not texts:
            return TextFeatures(torch.zeros(0, self.dim))
        size = len(texts) if inject else self.batch_size
        with inference_unless(inject is not None):
            parts = [
                self.encode_batch(texts[start : start + size], inject)
                for start in range(0, len(texts), size)
            ]
            return TextFeatures.cat(parts)

    def encode_batch(self, texts: Sequence[str], inject: Inject | None) -> TextFeatures:
        """Encode one batch: everything that leaves it is float32 on the CPU."""
        from torch.nn.functional import normalize

        inputs = self.tokenize(texts)
        self.check_tokens(inputs["input_ids"])
        mask = inputs.get("attention_mask", inputs["input_ids"] != self.tokenizer.pad_token_id)
        if self.padding_counts:
            inputs.pop("attention_mask", None)
        moved = {name: value.to(self.model.device) for name, value in inputs.items()}
        passage = self.passage(inject, moved["input_ids"], mask, not self.padding_counts)
        if passage is not None:
            mask = passage.mask.cpu()
            moved |= {} if passage.bias is None else {"attention_mask": passage.bias}
        states, pooled = self.text_outputs(moved, passage)
        states = states if passage is None else passage.arranged(states)
        pooled = normalize(pooled.float().cpu(), dim=-1)
        return TextFeatures(pooled, states.float().cpu(), mask.bool())

    def passage(
        self, inject: Inject | None, ids: "Tensor", mask: "Tensor", padded: bool
    ) -> "Passage | None":
        """Return the passage of a batch through the text half; None where nothing is injected."""
        from moodreel_plugins.encoders.injecting import open_passage

        return open_passage(inject, self.model.text_model, ids, mask, padded)

    def text_outputs(
        self, inputs: dict[str, "Tensor"], passage: "Passage | None"
    ) -> tuple["Tensor", "Tensor"]:
        """Return the last states [B, L, W], and features [B, D] that are not normalised."""
        from moodreel_plugins.encoders.injecting import passing

        with passing(passage):
            outputs = self.model.get_text_features(**inputs)
        return outputs.last_hidden_state, outputs.pooler_output

    def tokenize(self, texts: Sequence[str]) -> dict[str, "Tensor"]:
        """Return what the text half takes; where padding counts, texts are filled up."""
        inputs = self.tokenizer(
            [self.spelled(text) for text in texts],
            padding="max_length" if self.padding_counts else True,
            truncation=True,
            max_length=self.longest,
            return_tensors="pt",
        )
        return dict(inputs)

    def check_tokens(self, ids: "Tensor") -> None:
        """Refuse token ids [B, L] without an embedding: the tokenizer is another model's."""
        known, largest = int(self.config.text_config.vocab_size), int(ids.max())
        if largest >= known:
            raise ConfigurationError(
                f"{self.checkpoint.name}: the tokenizer gives a token {largest}, and the model "
                f"knows {known}: the tokenizer's files are another model's"
            )

    @property
    def padding_counts(self) -> bool:
        """Whether the family was trained on texts of one length, without a mask, as SigLIP was."""
        return self.is_siglip

    @property
    def is_siglip(self) -> bool:
        """Whether this is a SigLIP, of the first or the second version."""
        return str(self.config.model_type).startswith("siglip")

    def spelled(self, text: str) -> str:
        """Return a text in lower case where the family was trained so, as SigLIP was.

        SigLIP 2's published tokenizer.json leaves that to its caller.
        """
        if not self.is_siglip:
            return text
        told = getattr(self.tokenizer, "init_kwargs", {}).get("do_lower_case")
        return text if told is False else text.lower()

    @property
    def longest(self) -> int:
        """The most tokens of a text that are read.

        CLIP's tokenizer is published for 77 alone, whatever positions a longer CLIP has.
        """
        places = int(self.config.text_config.max_position_embeddings)
        known = int(self.tokenizer.model_max_length)
        most = places if self.config.model_type == "clip" else min(places, known)
        return min(most, self.max_tokens or most)

    def words_read(self, text: str) -> int | None:
        """Return how many words of a text are read, None where it is not too long."""
        return words_read(self.tokenizer, self.spelled(text), self.longest)

    def reads_language(self, text: str) -> bool:
        """Whether the tokenizer has words of a text's script; languages in Latin letters pass."""
        return knows_script(self.tokenizer, self.spelled(text))


def pool_frames(parts: Sequence["Tensor"]) -> VideoFeatures:
    """Average the vectors [T, D] of each clip's frames; pad shorter clips with their last one."""
    import torch
    from torch.nn.functional import normalize

    longest = max(len(part) for part in parts)
    padded = [torch.cat([part, part[-1:].expand(longest - len(part), -1)]) for part in parts]
    pooled = normalize(torch.stack([part.mean(0) for part in parts]), dim=-1)
    return VideoFeatures(pooled, torch.stack(padded))


def pooled_output(outputs: Any) -> "Tensor":
    """Return features from what `get_image_features` gave."""
    return outputs.pooler_output


def inference_unless(differentiable: bool) -> AbstractContextManager[Any]:
    """Return inference mode, unless gradients are wanted and enabled."""
    import torch

    wanted = differentiable and torch.is_grad_enabled()
    return nullcontext() if wanted else torch.inference_mode()


def is_learning(model: Any) -> bool:
    """Whether any parameter of a model requires gradients."""
    return any(parameter.requires_grad for parameter in model.parameters())


@hookimpl
def register_video_encoders(register: Register) -> None:
    """Register the image half over frames."""
    register("clip", ClipVideoEncoder)


@hookimpl
def register_text_encoders(register: Register) -> None:
    """Register the text half."""
    register("clip", ClipTextEncoder)
