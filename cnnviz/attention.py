"""What an attention layer listens to: how much every cell hears of every other, head by head.

attention_weights(layer, maps)   (heads, H, W, H, W), each cell's weights summing to 1
"""

import torch
from torch import Tensor

from cnnviz.blocks import Attention


def attention_weights(layer: Attention, maps: Tensor) -> Tensor:
    """For the layer's input, maps (C, H, W): of cell (i, j) the share it hears of cell (k, l).

    (heads, H, W, H, W), in [0, 1]: softmax(q k^T / sqrt(d)) of Vaswani et al. 2017.
    """
    _, height, width = maps.shape
    with torch.no_grad():
        words = layer.norm1(maps.flatten(1).T[None])  # (1, H * W, C)
        query, key, _ = layer.parts(words)
        shares = layer.weigh(query, key)[0]  # (heads, H * W, H * W)
    return shares.reshape(-1, height, width, height, width)  # (heads, H, W, H, W)
