"""Dual encoders in open_clip's form whose image half is timm's, as a pair of encoders."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moodreel import Clip, Register, hookimpl
from moodreel.interfaces import HubForm, Requirement, VideoFeatures
from moodreel.interfaces.hub_models import VOCABULARIES
from moodreel_plugins.encoders.checkpoints import Checkpoint, Precision
from moodreel_plugins.encoders.clip import ClipTextEncoder, ClipVideoEncoder
from moodreel_plugins.encoders.dual_encoder import DualEncoder

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from moodreel_plugins.encoders.pixels import PixelMaker

CONFIG = "open_clip_config.json"
WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
FORM = HubForm(WEIGHTS, ("*.json", "*.txt", "*.model"), ((CONFIG,), WEIGHTS, VOCABULARIES))


class OpenClipCheckpoint(Checkpoint):
    """A folder of open_clip's, or the hub's name of one."""

    config_name = CONFIG
    weight_names = WEIGHTS
    form = FORM


class OpenClipEncoder(DualEncoder):
    """What both halves share."""

    requires = (
        Requirement("transformers", "pip install transformers", "Apache-2.0"),
        Requirement("timm", "pip install timm", "Apache-2.0"),
    )
    form = FORM

    @cached_property
    def config(self) -> Any:
        """The model's configuration."""
        from moodreel_plugins.encoders.timm_clip import read_config

        return read_config(self.checkpoint.folder)

    def check_config(self, config: dict[str, Any]) -> None:
        """Leave it to the reading of the configuration."""

    def reader(self) -> "Callable[[Path, torch.dtype], Any]":
        """Return the function that reads the model from a folder."""
        from moodreel_plugins.encoders.timm_clip import read_timm_clip

        return read_timm_clip

    @property
    def network(self) -> None:
        """None: these encoders cannot be tuned."""
        return None


class OpenClipVideoEncoder(OpenClipEncoder, ClipVideoEncoder):
    """The image half over frames, each projected and normalised; a clip is their mean.

    For Perception Encoder (Bolya et al. 2025), MobileCLIP (Vasu et al. 2024) and others that
    open_clip computes with an image model of timm's.

    Args:
        model: a folder with open_clip_config.json and open_clip_model.safetensors, or the hub's
            name of one, such as timm/PE-Core-B-16.
        frames: how many frames of a segment are encoded.
        batch_size: how many frames go through the model at once, which bounds memory.
        device: the device, such as "cuda:0"; "auto" picks an accelerator where there is one.
        dtype: the precision of the weights; "auto" is bfloat16 where the device has it natively.
        compile: whether to compile the image half, which takes a minute and then runs faster.
    """

    convert = None  # type: ignore[assignment]

    def __init__(
        self,
        model: str,
        frames: int = 8,
        batch_size: int = 16,
        device: str = "auto",
        dtype: Precision = "auto",
        compile: bool = False,
    ) -> None:
        super().__init__(model, frames, batch_size, device, dtype, compile)
        self.checkpoint = OpenClipCheckpoint(model)

    @property
    def patch_width(self) -> None:  # type: ignore[override]
        """None: nothing is injected into timm's models."""
        return None

    @cached_property
    def pixels(self) -> "PixelMaker":
        """The preprocessing of frames, as the configuration says."""
        from moodreel_plugins.encoders.open_clip import open_clip_processor
        from moodreel_plugins.encoders.pixels import PixelMaker

        side = self.config.vision_config.image_size
        where = self.checkpoint.folder / CONFIG
        return PixelMaker(open_clip_processor(self.config.held, side, where))

    def encode(self, clips: Sequence[Clip]) -> VideoFeatures:  # type: ignore[override]
        """Return features of B clips; `frames` pads shorter clips with their last frame."""
        return super().encode(clips)


class OpenClipTextEncoder(OpenClipEncoder, ClipTextEncoder):
    """The text half of a dual encoder in open_clip's form.

    Args:
        model: a folder, or the hub's name of one.
        batch_size: how many texts are encoded at once.
        device: the device, such as "cuda:0"; "auto" picks an accelerator where there is one.
        dtype: the precision of the weights; "auto" is bfloat16 where the device has it natively.
        max_tokens: the most tokens of a text that are read; None: as many as the model can.
    """

    version = "1"

    def __init__(
        self,
        model: str,
        batch_size: int = 64,
        device: str = "auto",
        dtype: Precision = "auto",
        max_tokens: int | None = None,
    ) -> None:
        super().__init__(model, batch_size, device, dtype, max_tokens=max_tokens)
        self.checkpoint = OpenClipCheckpoint(model)

    @property
    def padding_counts(self) -> bool:
        """Whether tokens see all others: then they see the padding that they were trained with."""
        return bool(self.config.sees_all)

    def tokenize(self, texts: Sequence[str]) -> dict[str, "Tensor"]:
        """Return what the text half takes; padding is 0, as in open_clip."""
        inputs = super().tokenize(texts)
        inputs["input_ids"] = inputs["input_ids"].masked_fill(inputs["attention_mask"] == 0, 0)
        return inputs


@hookimpl
def register_video_encoders(register: Register) -> None:
    """Register the image half over frames."""
    register("open-clip", OpenClipVideoEncoder)


@hookimpl
def register_text_encoders(register: Register) -> None:
    """Register the text half."""
    register("open-clip", OpenClipTextEncoder)
