"""Who hears whom, against PyTorch's own multi-head attention."""

import pytest
import torch
from torch import nn

from cnnviz.networks.layers import TransformerBlock, attention_weights
from cnnviz.networks.network import build
from cnnviz.networks.tracing import trace
from cnnviz.networks.zoo import NETWORKS


@pytest.mark.parametrize(("heads", "height", "width"), [(1, 3, 5), (4, 4, 4)])
def test_shares_are_those_of_pytorchs_own_attention(heads: int, height: int, width: int) -> None:
    layer = TransformerBlock(12, heads)
    theirs = nn.MultiheadAttention(12, heads, batch_first=True)
    theirs.load_state_dict(
        {
            "in_proj_weight": layer.qkv.weight,
            "in_proj_bias": layer.qkv.bias,
            "out_proj.weight": layer.proj.weight,
            "out_proj.bias": layer.proj.bias,
        }
    )
    maps = torch.randn(12, height, width)
    words = layer.norm1(maps.flatten(1).T[None])  # (1, H * W, 12)
    _, expected = theirs(words, words, words, average_attn_weights=False)  # (1, heads, H * W, H * W)

    found = attention_weights(layer, maps)

    assert found.shape == (heads, height, width, height, width)
    torch.testing.assert_close(found.flatten(3).flatten(1, 2), expected[0])


def test_every_cell_of_a_real_networks_layer_hears_one_whole() -> None:
    model = build(NETWORKS["vit"], 0).eval()
    record = trace(model, torch.rand(28, 28))["attention1"]

    shares = attention_weights(model.attention1, record.input)

    assert shares.shape == (4, 4, 4, 4, 4)
    torch.testing.assert_close(shares.sum((3, 4)), torch.ones(4, 4, 4))
