"""A mini-Xception for faces, with weights that were trained in Keras."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, pad

from moodreel import ConfigurationError

WIDTHS = (16, 32, 64, 128)
OUTPUTS = 7
EPSILON = 1e-3  # Keras's default for batch normalisation

# Keras's names of a layer's arrays and ours, with the order of our axes among Keras's: a kernel
# is [H, W, in, out] there, a depthwise one [H, W, in, 1].
ARRAYS = {
    "kernel": ("weight", (3, 2, 0, 1)),
    "bias": ("bias", (0,)),
    "depthwise_kernel": ("depthwise.weight", (2, 3, 0, 1)),
    "pointwise_kernel": ("pointwise.weight", (3, 2, 0, 1)),
    "gamma": ("weight", (0,)),
    "beta": ("bias", (0,)),
    "moving_mean": ("running_mean", (0,)),
    "moving_variance": ("running_var", (0,)),
}


class MiniXception(nn.Module):
    """Faces into seven classes (Arriaga, Valdenegro-Toro & Plöger 2017, "mini-Xception")."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            *(nn.Conv2d(1, 8, 3, bias=False), nn.BatchNorm2d(8, EPSILON), nn.ReLU()),
            *(nn.Conv2d(8, 8, 3, bias=False), nn.BatchNorm2d(8, EPSILON), nn.ReLU()),
        )
        pairs = zip((8, *WIDTHS), WIDTHS, strict=False)
        self.blocks = nn.Sequential(*(Block(before, after) for before, after in pairs))
        self.head = nn.Conv2d(WIDTHS[-1], OUTPUTS, 3, padding=1)

    def forward(self, faces: Tensor) -> Tensor:
        """Return the logits [B, 7] of faces [B, 1, 64, 64] in [-1, 1]."""
        return self.features(faces)[:, :OUTPUTS]

    def features(self, faces: Tensor) -> Tensor:
        """Return the logits, and the means of the maps before them: [B, 7 + 128]."""
        faces = faces.contiguous(memory_format=torch.channels_last)  # three times as fast on CPUs
        maps = self.blocks(self.stem(faces))
        return torch.cat([self.head(maps).mean((2, 3)), maps.mean((2, 3))], dim=1)


class Block(nn.Module):
    """Two separable convolutions, halved, beside a strided shortcut."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.deep = nn.Sequential(
            *(SeparableConv(before, after), nn.BatchNorm2d(after, EPSILON), nn.ReLU()),
            *(SeparableConv(after, after), nn.BatchNorm2d(after, EPSILON)),
        )
        self.shortcut = nn.Sequential(
            nn.Conv2d(before, after, 1, stride=2, bias=False), nn.BatchNorm2d(after, EPSILON)
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps [B, after, H/2, W/2] of maps [B, before, H, W]; odd sides are rounded up."""
        return halve(self.deep(maps)) + self.shortcut(maps)


class SeparableConv(nn.Module):
    """A convolution in each map alone, then one across the maps in each pixel alone."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(before, before, 3, padding=1, groups=before, bias=False)
        self.pointwise = nn.Conv2d(before, after, 1, bias=False)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps [B, after, H, W] of maps [B, before, H, W]."""
        return self.pointwise(self.depthwise(maps))


def halve(maps: Tensor) -> Tensor:
    """Max-pool 3x3 with stride 2 and Keras's "same" padding: [B, C, H/2, W/2], rounded up.

    Keras pads as little as the last window needs, and the odd pixel goes right and below: a
    stride of 2 over an even side needs one pixel, after the end; over an odd side, one on each.
    """
    above, left = maps.shape[2] % 2, maps.shape[3] % 2
    return max_pool2d(pad(maps, (left, 1, above, 1), value=float("-inf")), 3, 2)


def load_network(path: Path) -> MiniXception:
    """Read the network from Keras's HDF5 file, or from a .safetensors state dict of this module.

    Raises:
        ConfigurationError: the file cannot be read, or holds another network.
    """
    from safetensors import SafetensorError

    network = MiniXception()
    try:
        network.load_state_dict(read_state(path))
    except (OSError, KeyError, RuntimeError, ValueError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:120]
        raise ConfigurationError(f"{path}: not the face network's weights: {reason}") from None
    return network.eval().to(memory_format=torch.channels_last)


def read_state(path: Path) -> Mapping[str, Tensor]:
    """Return a state dict for `MiniXception`."""
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import h5py

    with h5py.File(path) as file:
        weights = file.get("model_weights", file)
        return {
            f"{place}.{name}": tensor
            for place, layer in keras_layers().items()
            for name, tensor in layer_tensors(weights[layer]).items()
        }


def keras_layers() -> dict[str, str]:
    """Return the Keras layer of each place in `MiniXception`.

    Keras numbered each type of layer as it was made: in a block, the shortcut's first.
    """
    places = {"stem.0": "conv2d_1", "stem.1": "batch_normalization_1"}
    places |= {"stem.3": "conv2d_2", "stem.4": "batch_normalization_2", "head": "conv2d_7"}
    for index in range(len(WIDTHS)):
        block, separable, norm = f"blocks.{index}", 2 * index + 1, 3 * index + 3
        places |= {
            f"{block}.shortcut.0": f"conv2d_{index + 3}",
            f"{block}.shortcut.1": f"batch_normalization_{norm}",
            f"{block}.deep.0": f"separable_conv2d_{separable}",
            f"{block}.deep.1": f"batch_normalization_{norm + 1}",
            f"{block}.deep.3": f"separable_conv2d_{separable + 1}",
            f"{block}.deep.4": f"batch_normalization_{norm + 2}",
        }
    return places


def layer_tensors(layer: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return a Keras layer's arrays by our names; they lie in the one group inside its group."""
    (arrays,) = layer.values()
    tensors = {}
    for name, array in arrays.items():
        ours, axes = ARRAYS[name.removesuffix(":0")]
        tensors[ours] = torch.from_numpy(array[()]).permute(axes)
    return tensors
