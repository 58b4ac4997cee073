"""A mini-Xception for faces, with weights that were trained in Keras."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, pad

from moodreel.errors import ConfigurationError

WIDTHS = (16, 32, 64, 128)
CLASSES = ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral")
EPSILON = 1e-3  # Keras's default for batch normalisation


class SeparableConv(nn.Sequential):
    """A depthwise 3x3 convolution and a pointwise one, normalised."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(
            nn.Conv2d(before, before, 3, padding=1, groups=before, bias=False),
            nn.Conv2d(before, after, 1, bias=False),
            nn.BatchNorm2d(after, EPSILON),
        )


class Module(nn.Module):
    """Two separable convolutions, halved, beside a strided shortcut."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = SeparableConv(before, after)
        self.second = SeparableConv(after, after)
        self.shortcut = nn.Sequential(
            nn.Conv2d(before, after, 1, stride=2, bias=False), nn.BatchNorm2d(after, EPSILON)
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps [B, after, H/2, W/2]."""
        return halve(self.second(self.first(maps).relu())) + self.shortcut(maps)


class MiniXception(nn.Module):
    """Faces into seven classes (Arriaga et al. 2017, "mini-Xception")."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.ModuleList(
            nn.Sequential(nn.Conv2d(before, 8, 3, bias=False), nn.BatchNorm2d(8, EPSILON))
            for before in (1, 8)
        )
        pairs = zip((8, *WIDTHS), WIDTHS, strict=False)
        self.modules_ = nn.ModuleList(Module(before, after) for before, after in pairs)
        self.head = nn.Conv2d(WIDTHS[-1], len(CLASSES), 3, padding=1)

    def forward(self, faces: Tensor) -> Tensor:
        """Return the logits [B, 7] of faces [B, 1, 64, 64] in [-1, 1], in the order of CLASSES."""
        maps = faces
        for layer in self.stem:
            maps = layer(maps).relu()
        for module in self.modules_:
            maps = module(maps)
        return self.head(maps).mean((2, 3))


def halve(maps: Tensor) -> Tensor:
    """Max-pool 3x3 with stride 2 and Keras's "same" padding: even sides grow right and below."""
    above, left = maps.shape[2] % 2, maps.shape[3] % 2
    return max_pool2d(pad(maps, (left, 1, above, 1), value=float("-inf")), 3, 2)


def load_network(path: Path) -> MiniXception:
    """Read the network from Keras's HDF5 file, or from a .safetensors state dict of this module.

    Raises:
        ConfigurationError: the file cannot be read, or holds another network.
    """
    network = MiniXception()
    try:
        network.load_state_dict(read_state(path))
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise ConfigurationError(f"{path}: not the face network's weights: {reason}") from None
    return network.eval()


def read_state(path: Path) -> Mapping[str, Tensor]:
    """Return a state dict for `MiniXception`."""
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import h5py

    with h5py.File(path) as file:
        weights = file["model_weights"] if "model_weights" in file else file
        return dict(keras_state(weights))


def keras_state(weights: "Mapping") -> "list[tuple[str, Tensor]]":
    """Name Keras's weights as this module does; its layers are numbered as they were made."""
    state = []
    for index in (0, 1):
        state += conv_state(weights, f"stem.{index}.0", f"conv2d_{index + 1}")
        state += norm_state(weights, f"stem.{index}.1", index + 1)
    for index in range(len(WIDTHS)):
        place, norm = f"modules_.{index}", 3 * index + 3
        state += conv_state(weights, f"{place}.shortcut.0", f"conv2d_{index + 3}")
        state += norm_state(weights, f"{place}.shortcut.1", norm)
        for number, part in enumerate(("first", "second"), 1):
            name = f"separable_conv2d_{2 * index + number}"
            state += separable_state(weights, f"{place}.{part}", name)
            state += norm_state(weights, f"{place}.{part}.2", norm + number)
    return state + conv_state(weights, "head", f"conv2d_{len(WIDTHS) + 3}")


def array(weights: "Mapping", layer: str, name: str) -> Tensor:
    """Return one of a layer's arrays; Keras puts them one group down, under a name with _1."""
    return torch.from_numpy(only_group(weights[layer])[f"{name}:0"][()])


def only_group(layer: "Mapping") -> "Mapping":
    """Return the one group inside a layer's group."""
    (group,) = layer.values()
    return group


def conv_state(weights: "Mapping", place: str, layer: str) -> "list[tuple[str, Tensor]]":
    """Return a convolution's weights; Keras holds them as [H, W, in, out]."""
    state = [(f"{place}.weight", array(weights, layer, "kernel").permute(3, 2, 0, 1))]
    if "bias:0" in only_group(weights[layer]):
        state.append((f"{place}.bias", array(weights, layer, "bias")))
    return state


def separable_state(weights: "Mapping", place: str, layer: str) -> "list[tuple[str, Tensor]]":
    """Return a separable convolution's two kernels; the depthwise one is [H, W, in, 1]."""
    return [
        (f"{place}.0.weight", array(weights, layer, "depthwise_kernel").permute(2, 3, 0, 1)),
        (f"{place}.1.weight", array(weights, layer, "pointwise_kernel").permute(3, 2, 0, 1)),
    ]


def norm_state(weights: "Mapping", place: str, number: int) -> "list[tuple[str, Tensor]]":
    """Return a batch normalisation's weights and statistics."""
    names = {
        "weight": "gamma",
        "bias": "beta",
        "running_mean": "moving_mean",
        "running_var": "moving_variance",
    }
    layer = f"batch_normalization_{number}"
    state = [(f"{place}.{ours}", array(weights, layer, theirs)) for ours, theirs in names.items()]
    return [*state, (f"{place}.num_batches_tracked", torch.tensor(0))]
