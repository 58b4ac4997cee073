"""The middle layers of Moonshine's speech encoder as frozen features of speech."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moodreel_plugins.hearing.ort_weights import read_graph, read_products, read_tensors
from moodreel_plugins.onnx_sessions import package_file

if TYPE_CHECKING:
    from torch import Tensor

RATE = 16_000  # samples a second that the network hears
STEP = 384  # samples from one of its frames to the next: three convolutions' strides, 64 * 3 * 2
CENTRE = 447  # samples from a frame's begin to the middle of what it hears
SHORTEST = 1_600  # samples; less makes no frame
LAYERS = 4
"""How many layers are used, from the first. Emotion is told best by the middle ones of six: layers
1 to 4 read unseen actors with 0.75 macro-accuracy, layer 3 alone with 0.73, the last with 0.52
(benchmarks/RESULTS.md, "Voices")."""


class MoonshineLayers:
    """The encoder of Moonshine tiny (Jeffries et al. 2024, arXiv:2410.15608), up to a layer.

    Its weights, 8 bit, come in the package moonshine-voice (MIT). They are read from its file
    and put into the network of transformers, since the file itself gives the last layer alone.
    """

    @cached_property
    def file(self) -> Path:
        """The file with the weights."""
        return package_file("moonshine_voice", "assets/tiny-en/encoder_model.ort")

    @cached_property
    def network(self) -> Any:
        """The network, loaded when something is first heard."""
        import torch
        from transformers import MoonshineConfig
        from transformers.models.moonshine.modeling_moonshine import MoonshineEncoder

        network = MoonshineEncoder(MoonshineConfig(encoder_num_hidden_layers=LAYERS))
        held = encoder_weights(self.file)
        wanted = {name: torch.from_numpy(held[name].copy()) for name in network.state_dict()}
        network.load_state_dict(wanted)
        return network.eval()

    def layers(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the outputs of the layers [LAYERS, T, 288] for samples at `RATE`."""
        import torch

        heard: list[Tensor] = []
        hooks = [
            layer.register_forward_hook(lambda _layer, _inputs, made: heard.append(first(made)))
            for layer in self.network.layers
        ]
        try:
            with torch.inference_mode():
                self.network(torch.from_numpy(samples)[None])
        finally:
            for hook in hooks:
                hook.remove()
        return torch.cat(heard).numpy()


def first(made: Any) -> "Tensor":
    """Return the hidden states among what a layer returns."""
    return made if not isinstance(made, tuple) else made[0]


def frame_times(count: int) -> NDArray[np.float64]:
    """Return the middles of the first `count` frames, in seconds."""
    return (STEP * np.arange(count) + CENTRE) / RATE


def encoder_weights(path: Path) -> Mapping[str, NDArray[Any]]:
    """Return the weights of Moonshine's encoder as transformers names them."""
    graph = read_graph(path)
    tensors = read_tensors(graph)
    named = {f"{layer}.weight": weight for layer, weight in read_products(graph, tensors).items()}
    for name, tensor in tensors.items():
        if not name.startswith(("/", "onnx::", "const_")):
            named[name.removesuffix("_add_tensor")] = tensor
    for name, kind in (("weight", "Mul"), ("bias", "Add")):
        named[f"groupnorm.{name}"] = group_norm(graph, tensors, kind)
    return named


def group_norm(graph: Any, tensors: Mapping[str, NDArray[Any]], kind: str) -> NDArray[Any]:
    """Return the weight ("Mul") or bias ("Add") of the group norm, nameless in the file."""
    for place in range(graph.NodesLength()):
        node = graph.Nodes(place)
        if node.Outputs(0).decode() == f"/groupnorm/{kind}_output_0":
            inputs = [node.Inputs(at).decode() for at in range(node.InputsLength())]
            return next(tensors[name].ravel() for name in inputs if name in tensors)
    raise KeyError(f"groupnorm: no {kind}")
