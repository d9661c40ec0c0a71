"""Layers with an inside, where a plain list of PyTorch's own modules does not reach.

    Residual             x + F(x): two convolutions and the way round them
    PositionEmbedding    adds to every cell what its place stands for
    TransformerBlock     attention between all cells, then an MLP in each of them
    attention_weights    how much every cell attends to every other, head by head

Each takes maps float32 (N, C, H, W) and returns maps of that shape, so that a trace shows it like
any other layer. Self-contained: programs that leave the app carry these classes as they stand here.
"""

import math

import torch
from torch import Tensor, nn

from cnnviz.data.mnist import MEAN, STD


class Residual(nn.Module):
    """x + F(x), F two convolutions of odd kernel with an activation in between (He et al. 2015)."""

    def __init__(self, width: int, kernel: int, batch_norm: bool, activation: type[nn.Module]):
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, kernel, padding=kernel // 2, bias=not batch_norm)
        self.norm1 = nn.BatchNorm2d(width) if batch_norm else nn.Identity()
        self.activation = activation()
        self.conv2 = nn.Conv2d(width, width, kernel, padding=kernel // 2, bias=not batch_norm)
        self.norm2 = nn.BatchNorm2d(width) if batch_norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = x + self.norm2(self.conv2(self.between(x)))
        return result

    def between(self, x: Tensor) -> Tensor:
        """What the second convolution sees."""
        inside: Tensor = self.activation(self.norm1(self.conv1(x)))
        return inside


class PositionEmbedding(nn.Module):
    """Learnt numbers for every place, (C, H, W): attention alone would not know where a cell is."""

    def __init__(self, width: int, side: int):
        super().__init__()
        self.places = nn.Parameter(torch.zeros(width, side, side))

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.places)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.places


class TransformerBlock(nn.Module):
    """Multi-head attention and an MLP over the cells of its maps, each a token of C numbers.

    Vaswani et al. 2017. Normalization comes first, as in ViT (Dosovitskiy et al. 2020); the hidden
    layer is four times as wide.
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)  # query, key and value of every head
        self.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, 4 * width)
        self.activation = nn.GELU()
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.flatten(2).transpose(1, 2)  # (N, H * W, C)
        tokens = tokens + self.proj(self.attend(self.norm1(tokens)))
        tokens = tokens + self.fc2(self.activation(self.fc1(self.norm2(tokens))))
        result: Tensor = tokens.transpose(1, 2).reshape(x.shape)
        return result

    def attend(self, tokens: Tensor) -> Tensor:
        """(N, P, C) -> (N, P, C): of each head the values of all tokens, by their attention weights."""
        query, key, value = self.split_heads(tokens)
        attended: Tensor = self.weights(query, key) @ value  # (N, heads, P, C / heads)
        return attended.transpose(1, 2).reshape(tokens.shape)

    def split_heads(self, tokens: Tensor) -> Tensor:
        """(N, P, C) -> (3, N, heads, P, C / heads): each token's query, key and value."""
        shape = (*tokens.shape[:2], 3, self.heads, -1)
        heads: Tensor = self.qkv(tokens).reshape(shape).permute(2, 0, 3, 1, 4)  # (3, N, heads, P, C / heads)
        return heads

    def weights(self, query: Tensor, key: Tensor) -> Tensor:
        """(N, heads, P, P): how much token i attends to token j; each row sums to 1."""
        return (query @ key.transpose(2, 3) / math.sqrt(query.shape[3])).softmax(3)


class Normalize(nn.Module):
    """(x - mean) / std with the training pixels' mean and standard deviation."""

    def forward(self, x: Tensor) -> Tensor:
        return (x - MEAN) / STD

    def extra_repr(self) -> str:
        return f"mean={MEAN}, std={STD}"


class Dropout(nn.Dropout):
    """nn.Dropout that draws from `generator` when it has one, so that a run can be repeated."""

    generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.generator is None:
            return super().forward(x)
        keep = torch.empty_like(x).bernoulli_(1 - self.p, generator=self.generator)
        return x * keep / (1 - self.p)


def attention_weights(layer: TransformerBlock, maps: Tensor) -> Tensor:
    """For the layer's input, maps (C, H, W): how much cell (i, j) attends to cell (k, l).

    (heads, H, W, H, W), in [0, 1]: softmax(q k^T / sqrt(d)) of Vaswani et al. 2017.
    """
    _, height, width = maps.shape
    with torch.no_grad():
        tokens = layer.norm1(maps.flatten(1).T[None])  # (1, H * W, C)
        query, key, _ = layer.split_heads(tokens)
        shares = layer.weights(query, key)[0]  # (heads, H * W, H * W)
    return shares.reshape(-1, height, width, height, width)  # (heads, H, W, H, W)
