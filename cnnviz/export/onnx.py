"""A network as an ONNX graph, written layer by layer.

    onnx_file(network)   the bytes of a .onnx file

Our layers are few and have the same meaning in ONNX, so the graph is written directly, in milliseconds and
with every node under its layer's name; torch.onnx.export takes 2 to 5 seconds and loses the names.
Needs the extra: pip install 'cnnviz[onnx]'.
"""

import math
from importlib.util import find_spec
from typing import Any

import numpy as np
from torch import nn

from cnnviz.data.mnist import MEAN, STD
from cnnviz.errors import ExportError
from cnnviz.networks.layers import Normalize, PositionEmbedding, Residual, TransformerBlock
from cnnviz.networks.network import CLASSES, SIZE, Network

OPSET, IR_VERSION = 17, 8  # of 2022, so that runtimes a few years old read the file
INSTALL = "pip install 'cnnviz[onnx]'"


def can_write_onnx() -> bool:
    """Whether the extra is installed, without importing it."""
    return find_spec("onnx") is not None


def onnx_file(network: Network) -> bytes:
    """The network in eval mode: image float32 (N, 1, 28, 28) in [0, 1] -> logits float32 (N, 10).

    Dropout does nothing there and is left out. Raises ExportError when the extra is missing.
    """
    if not can_write_onnx():
        raise ExportError(f"ONNX files need one more package; install it with: {INSTALL}")
    from onnx import TensorProto, checker, helper, numpy_helper

    graph, value = _Graph(), "image"
    for name, module in network.named_children():
        value = graph.layer(name, module, value)
    constants = [numpy_helper.from_array(array, name) for name, array in graph.constants.items()]
    whole = helper.make_graph(
        [helper.make_node(kind, inputs, [out], name=out, **more) for kind, inputs, out, more in graph.nodes],
        "cnnviz",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, SIZE, SIZE])],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, ["N", CLASSES])],
        constants,
    )
    model = helper.make_model(whole, producer_name="cnnviz", opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString()
    return content


class _Graph:
    """Nodes (operator, inputs, output, attributes) in order, and the constants they read.

    Every method adds the nodes of a layer called `name` after a value, and returns the last one's output.
    """

    def __init__(self) -> None:
        self.nodes: list[tuple[str, list[str], str, dict[str, Any]]] = []
        self.constants: dict[str, Any] = {}

    def layer(self, name: str, module: nn.Module, value: str) -> str:
        if isinstance(module, Normalize):
            centered = self._add("Sub", f"{name}.0", value, self._constant(f"{name}.mean", np.float32(MEAN)))
            return self._add("Div", name, centered, self._constant(f"{name}.std", np.float32(STD)))
        if isinstance(module, Residual):
            inside = value
            for part, step in module.named_children():
                inside = self.layer(f"{name}.{part}", step, inside)
            return self._add("Add", name, value, inside)
        if isinstance(module, TransformerBlock):
            return self._attention(name, module, value)
        if isinstance(module, PositionEmbedding):
            return self._add("Add", name, value, *self._weights(name, module))
        if isinstance(module, nn.Dropout | nn.Identity):
            return value
        operator, attributes = _plain(module)
        return self._add(operator, name, value, *self._weights(name, module), **attributes)

    def _attention(self, name: str, module: TransformerBlock, value: str) -> str:
        width, heads = module.proj.in_features, module.heads
        flat = self._reshaped(f"{name}.flat", value, 0, width, -1)
        words = self._add("Transpose", f"{name}.words", flat, perm=[0, 2, 1])  # (N, P, C)
        asked = self._dense(f"{name}.qkv", module.qkv, self.layer(f"{name}.norm1", module.norm1, words))
        parts = self._reshaped(f"{name}.heads", asked, 0, 0, 3, heads, width // heads)
        parts = self._add("Transpose", f"{name}.parts", parts, perm=[2, 0, 3, 1, 4])  # (3, N, heads, P, d)
        query, key, told = (
            self._add(
                "Gather", f"{name}.{part}", parts, self._constant(f"{name}.{part}.place", np.int64(place))
            )
            for place, part in enumerate(("query", "key", "value"))
        )
        turned = self._add("Transpose", f"{name}.turned", key, perm=[0, 1, 3, 2])
        scale = self._constant(f"{name}.scale", np.float32(math.sqrt(width // heads)))
        scores = self._add("MatMul", f"{name}.products", query, turned)
        scores = self._add("Div", f"{name}.scaled_products", scores, scale)
        shares = self._add("Softmax", f"{name}.shares", scores, axis=-1)
        heard = self._add("MatMul", f"{name}.heard", shares, told)
        heard = self._add("Transpose", f"{name}.joined", heard, perm=[0, 2, 1, 3])
        heard = self._reshaped(f"{name}.merged", heard, 0, 0, width)
        answer = self._dense(f"{name}.proj", module.proj, heard)
        words = self._add("Add", f"{name}.first", words, answer)
        wide = self._dense(f"{name}.fc1", module.fc1, self.layer(f"{name}.norm2", module.norm2, words))
        thought = self._dense(f"{name}.fc2", module.fc2, self._gelu(f"{name}.gelu", wide))
        words = self._add("Add", f"{name}.second", words, thought)
        back = self._add("Transpose", f"{name}.back", words, perm=[0, 2, 1])
        return self._add("Reshape", name, back, self._add("Shape", f"{name}.shape", value))

    def _gelu(self, name: str, value: str) -> str:
        """x / 2 * (1 + erf(x / sqrt 2)); an operator of its own only came with opset 20."""
        root, one, half = (
            self._constant(f"{name}.{key}", np.float32(number))
            for key, number in (("root", math.sqrt(2)), ("one", 1), ("half", 0.5))
        )
        erf = self._add("Erf", f"{name}.erf", self._add("Div", f"{name}.scaled", value, root))
        gate = self._add("Mul", f"{name}.gate", self._add("Add", f"{name}.sum", erf, one), half)
        return self._add("Mul", name, value, gate)

    def _dense(self, name: str, module: nn.Linear, value: str) -> str:
        """Of every word; Gemm knows matrices only."""
        weight = self._constant(f"{name}.weight", module.weight.detach().numpy().T)
        product = self._add("MatMul", f"{name}.product", value, weight)
        return self._add("Add", name, product, self._constant(f"{name}.bias", module.bias.detach().numpy()))

    def _reshaped(self, name: str, value: str, *shape: int) -> str:
        """0 keeps a side, -1 takes what is left."""
        return self._add("Reshape", name, value, self._constant(f"{name}.to", np.array(shape, np.int64)))

    def _weights(self, name: str, module: nn.Module) -> list[str]:
        return [
            self._constant(f"{name}.{key}", values.detach().numpy())
            for key, values in module.state_dict().items()
            if key != "num_batches_tracked"
        ]

    def _constant(self, name: str, values: Any) -> str:
        self.constants[name] = np.asarray(values)
        return name

    def _add(self, operator: str, name: str, *inputs: str, **attributes: Any) -> str:
        self.nodes.append((operator, list(inputs), name, attributes))
        return name


def _plain(module: nn.Module) -> tuple[str, dict[str, Any]]:
    """Operator and attributes of a layer that is one node."""
    if isinstance(module, nn.Conv2d):
        padding = [int(side) for side in module.padding] * 2  # top, left, bottom, right
        return "Conv", {"strides": list(module.stride), "pads": padding}
    if isinstance(module, nn.BatchNorm2d):
        return "BatchNormalization", {"epsilon": module.eps}
    if isinstance(module, nn.LayerNorm):
        return "LayerNormalization", {"axis": -1, "epsilon": module.eps}
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        operator = "MaxPool" if isinstance(module, nn.MaxPool2d) else "AveragePool"
        size, stride = int(module.kernel_size), int(module.stride)  # type: ignore[arg-type]
        return operator, {"kernel_shape": [size, size], "strides": [stride, stride]}
    if isinstance(module, nn.Linear):
        return "Gemm", {"transB": 1}
    return {nn.ReLU: "Relu", nn.Tanh: "Tanh", nn.Flatten: "Flatten"}[type(module)], {}
