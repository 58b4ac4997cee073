"""Preprocessing of frames in batches in torch, as a model's own processor configuration says."""

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate, pad
from transformers import AutoImageProcessor, CLIPImageProcessor

from moodreel import ConfigurationError
from moodreel_plugins.encoders.checkpoints import one_line

PLAIN = ("CLIPImageProcessor", "SiglipImageProcessor", "ViTImageProcessor", "BitImageProcessor")
"""Processors that resize, crop, rescale and normalise, and nothing else."""

MODES = {0: "nearest-exact", 2: "bilinear", 3: "bicubic"}
"""PIL's numbers of the ways to resize, and torch's names."""

Frame = NDArray[np.uint8]
Crop = Callable[[Tensor, int, int], Tensor]


class PixelMaker:
    """Resizes, crops and normalises frames as a transformers image processor does.

    Frames stay as the reader made them, [H, W, 3] bytes, until they are small: torch has a fast
    way for that layout, and little goes to the device.

    Args:
        processor: an image processor of transformers. One that does more than resize, crop,
            rescale and normalise is called itself.
        crop: cuts the middle out, given pixels, height and width.
    """

    def __init__(self, processor: Any, crop: Crop | None = None) -> None:
        self.processor = processor
        self.plain = is_plain(processor)
        self.crop = crop or crop_centre

    def __call__(self, frames: Sequence[Frame], device: torch.device | str = "cpu") -> Tensor:
        """Return pixels [n, 3, h, w], float32 on `device`, of n frames of any sizes."""
        if not self.plain:
            made = self.processor(images=list(frames), return_tensors="pt")
            return made["pixel_values"].to(device)
        groups = (np.stack(list(group)) for _, group in groupby(frames, key=np.shape))
        return self.normalise(torch.cat([self.shape(group) for group in groups]).to(device))

    def shape(self, frames: Frame) -> Tensor:
        """Resize and crop frames [n, H, W, 3] to bytes [n, 3, h, w]."""
        pixels = torch.from_numpy(frames).permute(0, 3, 1, 2)  # channels last in memory
        if self.processor.do_resize:
            size = target_size(self.processor.size, pixels.shape[-2:])
            pixels = resize(pixels, size, MODES[int(self.processor.resample)])
        if getattr(self.processor, "do_center_crop", False):
            size = self.processor.crop_size
            pixels = self.crop(pixels, size["height"], size["width"])
        return pixels

    def normalise(self, pixels: Tensor) -> Tensor:
        """Rescale bytes to what the model was trained on, float32 of the same shape."""
        scale = self.processor.rescale_factor if self.processor.do_rescale else 1.0
        if not self.processor.do_normalize:
            return pixels.float() * scale
        mean, spread = (
            torch.tensor(value, device=pixels.device).view(-1, 1, 1)
            for value in (self.processor.image_mean, self.processor.image_std)
        )
        return pixels.float().mul_(scale / spread).sub_(mean / spread)


def is_plain(processor: Any) -> bool:
    """Whether `PixelMaker` can do what a processor does."""
    name = type(processor).__name__.removesuffix("Fast").removesuffix("Pil")
    resizes = not processor.do_resize or (
        int(processor.resample or 0) in MODES and known_size(processor.size)
    )
    return name in PLAIN and resizes and not getattr(processor, "do_pad", False)


def known_size(size: Any) -> bool:
    """Whether a size is a shorter side, or a height and a width."""
    wanted = {name for name, value in dict(size).items() if value is not None}
    return wanted in ({"shortest_edge"}, {"height", "width"})


def target_size(size: Any, given: Sequence[int]) -> tuple[int, int]:
    """Return the height and width to resize to, from those given."""
    wanted = dict(size)
    if shorter := wanted.get("shortest_edge"):
        low, high = sorted(given)
        longer = int(shorter * high / low)
        return (shorter, longer) if given[0] <= given[1] else (longer, shorter)
    return wanted["height"], wanted["width"]


def resize(pixels: Tensor, size: tuple[int, int], mode: str) -> Tensor:
    """Resize bytes [n, 3, H, W]; smoothed, unless the nearest pixel is wanted."""
    return interpolate(pixels, size, mode=mode, antialias=mode != "nearest-exact")


def crop_centre(pixels: Tensor, height: int, width: int) -> Tensor:
    """Cut the middle out of [n, 3, H, W]; black is added where there is too little."""
    rows, columns = pixels.shape[-2:]
    more = max(height - rows, 0), max(width - columns, 0)
    if any(more):
        sides = [side for extra in more[::-1] for side in (extra // 2, (extra + 1) // 2)]
        return crop_centre(pad(pixels, sides), height, width)
    top, left = (rows - height) // 2, (columns - width) // 2
    return pixels[..., top : top + height, left : left + width]


def read_pixel_maker(folder: Path, side: int, square: bool = False) -> PixelMaker:
    """Return what a model's folder asks for; CLIP's processing where it does not say.

    Args:
        folder: the model's folder.
        side: the side of the model's pictures, in pixels.
        square: where the folder does not say, whether frames are squeezed into a square; False
            cuts their middle out.
    """
    if not any((folder / name).is_file() for name in PROCESSOR_FILES):
        return PixelMaker(clip_processor(side, square))
    try:
        return PixelMaker(AutoImageProcessor.from_pretrained(folder, local_files_only=True))
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise ConfigurationError(f"{folder}: image processor: {one_line(error)}") from None


PROCESSOR_FILES = ("preprocessor_config.json", "processor_config.json")


def clip_processor(side: int, square: bool = False) -> CLIPImageProcessor:
    """Return CLIP's processor for frames of `side`; pressed into a square instead of cut."""
    if square:
        return CLIPImageProcessor(size={"height": side, "width": side}, do_center_crop=False)
    return CLIPImageProcessor(
        size={"shortest_edge": side}, crop_size={"height": side, "width": side}
    )
