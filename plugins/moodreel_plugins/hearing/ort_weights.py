"""The weights of a network in onnxruntime's own format (.ort), by the names of its layers."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensors = dict[str, NDArray[Any]]

# The numbers of element types in ONNX (onnx.proto, TensorProto.DataType).
ELEMENTS = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32, 7: np.int64, 11: np.float64}
QUANTIZED = "_quantized"  # how onnxruntime calls a weight of 8 bits
LAYER = re.compile(r"/(.+)/(?:MatMul|Add)_output_\d+$")
PRODUCTS = ("MatMulIntegerToFloat", "DynamicQuantizeMatMul")


def read_graph(path: Path) -> Any:
    """Return the graph of a file, by the bindings that onnxruntime brings along."""
    import onnxruntime.tools.ort_format_model  # noqa: F401  # puts the bindings on the path
    from ort_flatbuffers_py.fbs.InferenceSession import InferenceSession

    return InferenceSession.GetRootAs(path.read_bytes(), 0).Model().Graph()


def read_tensors(graph: Any) -> Tensors:
    """Return every constant of a graph by its name."""
    tensors = {}
    for place in range(graph.InitializersLength()):
        held = graph.Initializers(place)
        shape = [held.Dims(axis) for axis in range(held.DimsLength())]
        raw = held.RawDataAsNumpy() if held.RawDataLength() else np.zeros(0, np.uint8)
        tensors[held.Name().decode()] = raw.view(ELEMENTS[held.DataType()]).reshape(shape)
    return tensors


def read_products(graph: Any, tensors: Tensors) -> Tensors:
    """Return the weights of matrix products in 8 bits as floats [out, in], by layer.

    A weight is (quantized - zero point) * scale. Graphs name it by a number: its layer is known by
    what the product is called.
    """
    weights = {}
    for place in range(graph.NodesLength()):
        node = graph.Nodes(place)
        if node.OpType().decode() in PRODUCTS:
            inputs = [node.Inputs(at).decode() for at in range(node.InputsLength())]
            name = next(name for name in inputs if name.endswith(QUANTIZED) and name in tensors)
            layer = LAYER.match(node.Outputs(0).decode())
            if layer is not None:
                weights[layer[1].replace("/", ".")] = dequantized(tensors, name)
    return weights


def dequantized(tensors: Tensors, name: str) -> NDArray[np.float32]:
    """Return a weight [in, out] of 8 bits as floats [out, in]."""
    base = name.removesuffix(QUANTIZED)
    shifted = tensors[name].astype(np.float32) - tensors[f"{base}_zero_point"].astype(np.float32)
    return np.ascontiguousarray((shifted * tensors[f"{base}_scale"]).T)
