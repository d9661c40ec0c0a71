"""The layers with an inside, against PyTorch's own functions and its own transformer layer."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.networks.layers import PositionEmbedding, Residual, TransformerBlock
from cnnviz.networks.network import build
from cnnviz.networks.tracing import trace
from cnnviz.networks.zoo import NETWORKS


def shaken(module: nn.Module) -> nn.Module:
    """Every parameter and buffer drawn anew, so that no norm is the identity."""
    generator = torch.Generator().manual_seed(1)
    for values in module.state_dict().values():
        if values.is_floating_point():
            values.uniform_(0.1, 0.9, generator=generator)
    return module.eval()


@pytest.mark.parametrize(
    ("kernel", "activation", "function"), [(3, nn.ReLU, F.relu), (5, nn.Tanh, torch.tanh)]
)
def test_residual_is_two_convolutions_and_the_way_round_them(kernel, activation, function) -> None:
    block = shaken(Residual(4, kernel, batch_norm=True, activation=activation))
    x = torch.randn(3, 4, 7, 7)

    def half(x: Tensor, conv: nn.Conv2d, norm: nn.BatchNorm2d) -> Tensor:
        maps = F.conv2d(x, conv.weight, padding=kernel // 2)
        return F.batch_norm(maps, norm.running_mean, norm.running_var, norm.weight, norm.bias)

    inside = half(function(half(x, block.conv1, block.norm1)), block.conv2, block.norm2)
    torch.testing.assert_close(block(x), x + inside)


def test_residual_without_normalization_has_biases_instead() -> None:
    block = Residual(4, 3, batch_norm=False, activation=nn.ReLU)
    x = torch.randn(2, 4, 5, 5)

    first = F.relu(F.conv2d(x, block.conv1.weight, block.conv1.bias, padding=1))
    torch.testing.assert_close(block(x), x + F.conv2d(first, block.conv2.weight, block.conv2.bias, padding=1))


def test_attention_is_pytorchs_transformer_layer_on_the_cells_of_the_maps() -> None:
    ours = shaken(TransformerBlock(12, heads=3))
    theirs = nn.TransformerEncoderLayer(
        12, 3, 48, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    names = {
        "self_attn.in_proj_": "qkv.",
        "self_attn.out_proj.": "proj.",
        "linear1.": "fc1.",
        "linear2.": "fc2.",
        "norm1.": "norm1.",
        "norm2.": "norm2.",
    }
    state = ours.state_dict()
    theirs.load_state_dict(
        {their + part: state[our + part] for their, our in names.items() for part in ("weight", "bias")}
    )
    x = torch.randn(2, 12, 3, 5)

    words = theirs(x.flatten(2).transpose(1, 2))  # (2, 15, 12)
    torch.testing.assert_close(ours(x), words.transpose(1, 2).reshape(x.shape))


def test_places_add_the_same_to_every_picture() -> None:
    places = shaken(PositionEmbedding(2, 3))
    x = torch.randn(4, 2, 3, 3)

    torch.testing.assert_close(places(x) - x, places.places.detach().expand(4, 2, 3, 3))


@pytest.mark.parametrize("name", ["resnet", "vit"])
def test_a_trace_shows_each_block_as_one_layer(name: str) -> None:
    network = shaken(build(NETWORKS[name], 2))
    image = torch.rand(28, 28)

    passed = trace(network, image)

    assert torch.equal(passed.logits, network(image[None, None])[0].detach())
    for record in passed:
        expected = network.get_submodule(record.name)(record.input[None])[0].detach()
        torch.testing.assert_close(record.output, expected)
