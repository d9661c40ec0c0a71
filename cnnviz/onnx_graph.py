"""A network as an ONNX graph, written layer by layer.

    onnx_file(network)   the bytes of a .onnx file

Our layers are few and have the same meaning in ONNX, so the graph is written directly: every node
bears its layer's name, and no tracing of PyTorch stands between the weights and the file.
Needs the extra: pip install 'cnnviz[onnx]'.
"""

from importlib.util import find_spec
from typing import Any

import numpy as np
from torch import nn

from cnnviz.data import MEAN, STD
from cnnviz.errors import ExportError
from cnnviz.networks import CLASSES, SIZE, Network, Normalize

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

    nodes, value = [], "image"
    constants: dict[str, Any] = {}
    for name, module in network.named_children():
        steps = _nodes(name, module)
        for number, (operator, extra_inputs, attributes) in enumerate(steps):
            output = name if number == len(steps) - 1 else f"{name}.{number}"
            nodes.append(
                helper.make_node(operator, [value, *extra_inputs], [output], name=output, **attributes)
            )
            constants |= extra_inputs
            value = output
    graph = helper.make_graph(
        nodes,
        "cnnviz",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, SIZE, SIZE])],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, ["N", CLASSES])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, producer_name="cnnviz", opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString()
    return content


def _nodes(name: str, module: nn.Module) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(operator, its constant inputs by name, its attributes) of each node a layer becomes."""
    weights = {f"{name}.{key}": value.detach().numpy() for key, value in module.state_dict().items()}
    if isinstance(module, Normalize):
        mean, std = {f"{name}.mean": np.float32(MEAN)}, {f"{name}.std": np.float32(STD)}
        return [("Sub", _arrays(mean), {}), ("Div", _arrays(std), {})]
    if isinstance(module, nn.Conv2d):
        padding = [int(side) for side in module.padding] * 2  # top, left, bottom, right
        return [("Conv", weights, {"strides": list(module.stride), "pads": padding})]
    if isinstance(module, nn.BatchNorm2d):
        weights.pop(f"{name}.num_batches_tracked")
        return [("BatchNormalization", weights, {"epsilon": module.eps})]
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        operator = "MaxPool" if isinstance(module, nn.MaxPool2d) else "AveragePool"
        size, stride = int(module.kernel_size), int(module.stride)  # type: ignore[arg-type]
        return [(operator, {}, {"kernel_shape": [size, size], "strides": [stride, stride]})]
    if isinstance(module, nn.Linear):
        return [("Gemm", weights, {"transB": 1})]
    if isinstance(module, nn.Dropout):
        return []
    return [({nn.ReLU: "Relu", nn.Tanh: "Tanh", nn.Flatten: "Flatten"}[type(module)], {}, {})]


def _arrays(values: dict[str, np.float32]) -> dict[str, Any]:
    return {name: np.asarray(value) for name, value in values.items()}
