"""The ONNX file computes what PyTorch computes, by ONNX's own reference evaluator."""

import importlib.util

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator

from cnnviz.data.mnist import load_mnist
from cnnviz.errors import ExportError
from cnnviz.export import onnx as onnx_module
from cnnviz.export.onnx import onnx_file
from cnnviz.networks.network import ConvBlock, Network, NetworkConfig, Patches, build
from cnnviz.networks.zoo import NETWORKS

ODD = NetworkConfig(
    convs=(
        ConvBlock(3, kernel=4, stride=2, padding=3, pool="average", pool_size=3),
        ConvBlock(5, pool="none"),
    ),
    dense=(7,),
    normalize=True,
    activation="tanh",
    dropout=0.4,
)
HYBRID = NetworkConfig(
    convs=(ConvBlock(6, stride=2), ConvBlock(6, padding=1, pool="none", skip=True)),
    patches=Patches(side=3, width=12, rounds=1, heads=3),
    dense=(7,),
)


def shaken(config: NetworkConfig) -> Network:
    """A network whose batch normalization is not the identity."""
    network = build(config, seed=3).eval()
    generator = torch.Generator().manual_seed(4)
    for name, values in network.state_dict().items():
        if ("running" in name or "norm" in name or "places" in name) and values.is_floating_point():
            values.uniform_(0.5, 1.5, generator=generator)
    return network


@pytest.mark.parametrize("config", [*NETWORKS.values(), ODD, HYBRID], ids=[*NETWORKS, "odd", "hybrid"])
def test_same_logits(config: NetworkConfig) -> None:
    network = shaken(config)
    images = load_mnist().test.images[:3].unsqueeze(1).float() / 255
    with torch.no_grad():
        expected = network(images).numpy()

    model = onnx.load_from_string(onnx_file(network))
    (logits,) = ReferenceEvaluator(model).run(None, {"image": images.numpy()})

    np.testing.assert_allclose(logits, expected, atol=1e-4)
    assert {node.name for node in model.graph.node} >= {"logits", "flatten"}
    assert [value.name for value in model.graph.input] == ["image"]


def test_missing_extra_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_module, "find_spec", lambda _: None)

    assert not onnx_module.can_write_onnx()
    with pytest.raises(ExportError, match=r"pip install 'cnnviz\[onnx\]'"):
        onnx_file(build(NETWORKS["eight"]))
    assert importlib.util.find_spec("onnx")
