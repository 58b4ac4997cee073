"""Image networks of timm on a device, and the pixels that they see of a frame."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from moodreel import ConfigurationError
from moodreel_plugins.encoders.checkpoints import (
    Precision,
    join_batches,
    one_line,
    pick_device,
    pick_dtype,
)
from moodreel_plugins.encoders.image_weights import (
    PACKAGED,
    load_in_order,
    packaged_weights,
    read_weights,
)

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from moodreel_plugins.encoders.pixels import PixelMaker

View = Literal["whole", "centre", "trained"]
RESAMPLING = {"nearest": 0, "bilinear": 2, "bicubic": 3}
"""timm's names of the ways to resize, and PIL's numbers."""


class TimmNetwork:
    """An image network of timm, loaded on a device when it is first used.

    Args:
        model: the network's name in timm, such as "vit_base_patch16_224.augreg_in21k".
        checkpoint: the file of its weights, .safetensors or .pth. Without it, the weights in a
            package, or else those of timm, from the hub's cache or the hub.
        device: the device, such as "cuda:0"; "auto" picks an accelerator where there is one.
        precision: the precision of the weights; "auto" is bfloat16 where the device has it
            natively.
        view: the pixels that the network sees: "trained" makes them as in its training; "whole"
            and "centre" do as `SquarePixels` says.
    """

    def __init__(
        self,
        model: str,
        checkpoint: str | None = None,
        device: str = "auto",
        precision: Precision = "auto",
        view: View = "trained",
    ) -> None:
        self.model = model
        self.checkpoint = checkpoint
        self.device = device
        self.precision = precision
        self.view = view

    @property
    def file(self) -> Path | None:
        """Where the weights are; None where timm looks after them."""
        if self.checkpoint is None and self.model not in PACKAGED:
            return None
        return Path(self.checkpoint) if self.checkpoint else packaged_weights(self.model)

    @cached_property
    def network(self) -> Any:
        """The network, frozen, loaded when it is first used."""
        import torch

        place = pick_device(self.device)
        # Weights made under inference mode could never be used outside of it.
        with torch.inference_mode(False):
            model = self.create().eval().requires_grad_(False)
            return model.to(place, pick_dtype(self.precision, place))

    def create(self) -> Any:
        """Make the network and give it its weights."""
        import timm

        try:
            model = timm.create_model(self.model, pretrained=self.file is None)
        except Exception as error:  # of many kinds: an unknown name, no network, no file
            raise ConfigurationError(
                f"timm model {self.model!r}: {one_line(error, 120)}; see timm.list_models(), or "
                "give its weights, a .safetensors or .pth file, as the option 'checkpoint'"
            ) from None
        if self.file is not None:
            load_in_order(model, read_weights(self.file), self.file)
        return model

    @cached_property
    def pixels(self) -> "Callable[[Sequence[Any], torch.device], Tensor]":
        """What makes pixels [n, 3, h, w], float32 on a device, of frames [H, W, 3]."""
        from timm.data.config import resolve_model_data_config

        config = resolve_model_data_config(self.network)
        return timm_pixels(config) if self.view == "trained" else SquarePixels(config, self.view)

    @property
    def width(self) -> int:
        """F, the length of the pooled features."""
        return int(self.network.num_features)

    def logits(self, frames: Sequence[Any]) -> "Tensor":
        """Return the class logits [n, classes] of frames [H, W, 3], on the network's device."""
        return self.network(self.prepare(frames))

    def features(self, frames: Sequence[Any]) -> "Tensor":
        """Return pooled features [n, F] of frames [H, W, 3], on the network's device."""
        maps = self.network.forward_features(self.prepare(frames))
        return self.network.forward_head(maps, pre_logits=True)

    def prepare(self, frames: Sequence[Any]) -> "Tensor":
        """Return pixels [n, 3, h, w] of frames [H, W, 3], as the network takes them."""
        weight = next(self.network.parameters())
        return self.pixels(frames, weight.device).to(weight.dtype)


def look_in_batches(
    look: "Callable[[Sequence[Any]], Tensor]", frames: Sequence[Any], size: int
) -> "Tensor":
    """Return what a network says of frames, `size` of them at a time: float32 on the CPU."""
    import torch

    starts = range(0, len(frames), size)
    with torch.inference_mode():
        return join_batches([look(frames[start : start + size]) for start in starts])


@dataclass(frozen=True)
class SquarePixels:
    """Resizes frames to a network's square, smoothed, and normalises their colours.

    Frames travel to the device as bytes and are resized there: on the CPU that would take longer
    than a small network takes on a GPU.

    Args:
        config: timm's data configuration of the network.
        view: "whole" squeezes a frame into the square; "centre" takes the largest square in its
            middle, undistorted.
    """

    config: dict[str, Any]
    view: View

    def __call__(self, frames: Sequence[Any], device: "torch.device | str" = "cpu") -> "Tensor":
        """Return pixels [n, 3, side, side], float32 on `device`, of frames [H, W, 3]."""
        import torch

        side = self.config["input_size"][-1]
        mean, spread = (
            torch.tensor(self.config[key], device=device).view(3, 1, 1) for key in ("mean", "std")
        )
        pixels = torch.cat([fit_frame(frame, self.view, side, device) for frame in frames])
        return (pixels / 255 - mean) / spread


def fit_frame(frame: Any, view: View, side: int, device: "torch.device | str" = "cpu") -> "Tensor":
    """Return a frame [H, W, 3] as float [1, 3, side, side] on `device`, from 0 to 255."""
    import torch
    from torch.nn.functional import interpolate

    pixels = torch.from_numpy(frame).to(device).permute(2, 0, 1)[None]
    if view == "centre":
        pixels = central_square(pixels)
    return interpolate(pixels.float(), (side, side), mode="bilinear", antialias=True)


def central_square(pixels: "Tensor") -> "Tensor":
    """Cut the largest square out of the middle of pixels [..., H, W]."""
    height, width = pixels.shape[-2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[..., top : top + side, left : left + side]


def timm_pixels(config: dict[str, Any]) -> "PixelMaker":
    """Return what makes pixels as a data configuration of timm says."""
    from torchvision.transforms.v2.functional import center_crop
    from transformers import CLIPImageProcessor

    from moodreel_plugins.encoders.pixels import PixelMaker

    height, width = config["input_size"][-2:]
    scaled = [floor(side / config["crop_pct"]) for side in (height, width)]
    pressed = config["crop_mode"] == "squash" or height != width
    size = dict(zip(("height", "width"), scaled, strict=True))
    return PixelMaker(
        CLIPImageProcessor(
            size=size if pressed else {"shortest_edge": scaled[0]},
            crop_size={"height": height, "width": width},
            resample=RESAMPLING.get(config["interpolation"], 3),
            image_mean=list(config["mean"]),
            image_std=list(config["std"]),
        ),
        crop=lambda pixels, *size: center_crop(pixels, size),  # rounds as timm does
    )
