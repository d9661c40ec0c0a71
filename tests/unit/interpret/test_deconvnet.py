"""Oracle: autograd through the same network with a ReLU whose gradient is itself rectified,
which is the deconvnet's rule (Zeiler and Fergus 2014; Springenberg et al. 2015, table 1)."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnviz.data.mnist import load_mnist
from cnnviz.errors import NetworkError
from cnnviz.interpret.deconvnet import strongest, unpool
from cnnviz.interpret.pooling import pooling_layers
from cnnviz.interpret.receptive_fields import receptive_field
from cnnviz.networks.layers import Residual
from cnnviz.networks.network import ConvBlock, Network, NetworkConfig, build
from cnnviz.networks.tracing import trace
from cnnviz.networks.zoo import NETWORKS

ODD = NetworkConfig(
    convs=(
        ConvBlock(4, kernel=3, stride=2, batch_norm=True, pool="none"),
        ConvBlock(5, kernel=4, stride=3, padding=2, pool="average"),
        ConvBlock(3, kernel=2, padding=1, pool="max"),
    ),
    normalize=True,
)
CONFIGS = {**{name: config for name, config in NETWORKS.items() if name not in ("mlp", "vit")}, "odd": ODD}


class DeconvnetReLU(torch.autograd.Function):
    """Forward: ReLU. Backward: the ReLU of what comes back, whatever the input was."""

    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:
        return x.clamp(min=0)

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> Tensor:
        return gradient.clamp(min=0)


def by_autograd(model: Network, image: Tensor, layer: str, keep: Tensor) -> Tensor:
    leaf = image.clone().requires_grad_()
    x = leaf[None, None]
    for name, module in model.named_children():
        if isinstance(module, nn.ReLU):
            x = DeconvnetReLU.apply(x)
        elif isinstance(module, Residual):
            inside = DeconvnetReLU.apply(module.norm1(module.conv1(x)))
            x = x + module.norm2(module.conv2(inside))
        elif isinstance(module, nn.Tanh):
            x = x + (module(x) - x).detach()  # its value, and a gradient of one
        else:
            x = module(x)
        if name == layer:
            break
    (gradient,) = torch.autograd.grad((x[0] * x[0].detach() * keep).sum(), leaf)
    return gradient


def trained_looking(config: NetworkConfig) -> Network:
    """Random weights, and batch statistics that are not just 0 and 1."""
    model = build(config, 6)
    generator = torch.Generator().manual_seed(2)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean = torch.randn(module.num_features, generator=generator) * 0.1
            module.running_var = torch.rand(module.num_features, generator=generator) + 0.1
            nn.init.uniform_(module.weight, -1, 2, generator=generator)
    return model.eval()


@pytest.mark.parametrize("name", CONFIGS)
def test_equals_autograd_with_the_deconvnets_relu(name: str) -> None:
    model = trained_looking(CONFIGS[name])
    image = load_mnist().test.images[4].float() / 255
    passed = trace(model, image)
    for layer in pooling_layers(model):
        output = passed[layer].output
        for keep in (strongest(output, 1), strongest(output, 7, channel=2), torch.ones_like(output).bool()):
            expected = by_autograd(model, image, layer, keep)
            found = unpool(model, passed, layer, keep)

            scale = float(expected.abs().max())
            assert found.shape == (28, 28)
            assert torch.allclose(found, expected, atol=1e-5 * max(scale, 1)), layer


def test_one_winner_reaches_no_further_than_its_receptive_field() -> None:
    model = build(NETWORKS["default"], 3).eval()
    passed = trace(model, load_mnist().test.images[18].float() / 255)
    keep = strongest(passed["pool2"].output, 1)
    (_, row, column) = keep.nonzero()[0].tolist()
    picture = unpool(model, passed, "pool2", keep)

    box = receptive_field(model, "pool2", row, column)
    inside = torch.zeros(28, 28, dtype=torch.bool)
    inside[box.row : box.row + box.height, box.column : box.column + box.width] = True
    assert picture[inside].count_nonzero() > 0
    assert picture[~inside].count_nonzero() == 0


def test_attention_has_no_way_back() -> None:
    model = build(NETWORKS["vit"], 3).eval()
    passed = trace(model, load_mnist().test.images[18].float() / 255)
    keep = torch.ones_like(passed["attention1"].output).bool()

    assert unpool(model, passed, "places", keep).count_nonzero() > 0
    with pytest.raises(NetworkError, match="cannot be taken back"):
        unpool(model, passed, "attention1", keep)


def test_nothing_kept_gives_nothing() -> None:
    model = build(NETWORKS["classic"]).eval()
    passed = trace(model, torch.rand(28, 28, generator=torch.Generator().manual_seed(0)))
    keep = torch.zeros(passed["pool1"].output.shape, dtype=torch.bool)

    assert unpool(model, passed, "pool1", keep).count_nonzero() == 0


def test_strongest_takes_the_largest_positive_values() -> None:
    values = torch.tensor([[[1.0, 5.0], [0.0, 3.0]], [[4.0, 5.0], [-1.0, 0.0]]])

    assert strongest(values, 2).nonzero().tolist() == [[0, 0, 1], [1, 0, 1]]
    assert strongest(values, 2, channel=0).nonzero().tolist() == [[0, 0, 1], [0, 1, 1]]
    assert strongest(values, 99).sum() == 5
    assert strongest(values, 99, channel=1).sum() == 2
    assert strongest(values, 0).sum() == 0


def test_refusals() -> None:
    model = build(NETWORKS["classic"]).eval()
    passed = trace(model, torch.zeros(28, 28))
    with pytest.raises(NetworkError, match="no layer called"):
        unpool(model, passed, "pool7", torch.ones(1))
    with pytest.raises(NetworkError, match="pool1 has outputs"):
        unpool(model, passed, "pool1", torch.ones(32, 12, 12, dtype=torch.bool))
    with pytest.raises(NetworkError, match="logits has outputs"):
        unpool(model, passed, "logits", torch.ones(10, dtype=torch.bool))
