"""Layers with an inside, where a plain list of PyTorch's own modules does not reach.

    Residual     x + F(x): two convolutions and the way round them
    Places       adds to every cell what its place stands for
    Attention    every cell asks all others, then thinks by itself

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


class Places(nn.Module):
    """Learnt numbers for every place, (C, H, W): attention alone would not know where a cell is."""

    def __init__(self, width: int, side: int):
        super().__init__()
        self.places = nn.Parameter(torch.zeros(width, side, side))

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.places)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.places


class Attention(nn.Module):
    """A transformer's layer over the cells of its maps, each a word of C numbers (Vaswani et al. 2017).

    Normalisation comes first, as in ViT (Dosovitskiy et al. 2020); the hidden layer is four times as wide.
    """

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.ask = nn.Linear(width, 3 * width)  # query, key and value of every head
        self.answer = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 4 * width)
        self.activation = nn.GELU()
        self.narrow = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        words = x.flatten(2).transpose(1, 2)  # (N, H * W, C)
        words = words + self.answer(self.hear(self.norm1(words)))
        words = words + self.narrow(self.activation(self.widen(self.norm2(words))))
        result: Tensor = words.transpose(1, 2).reshape(x.shape)
        return result

    def hear(self, words: Tensor) -> Tensor:
        """(N, P, C) -> (N, P, C): of each head the values of all words, weighed by likeness."""
        query, key, value = self.parts(words)
        heard: Tensor = self.weigh(query, key) @ value  # (N, heads, P, C / heads)
        return heard.transpose(1, 2).reshape(words.shape)

    def parts(self, words: Tensor) -> Tensor:
        """(N, P, C) -> (3, N, heads, P, C / heads): what each word asks for, answers to and tells."""
        shape = (*words.shape[:2], 3, self.heads, -1)
        parts: Tensor = self.ask(words).reshape(shape).permute(2, 0, 3, 1, 4)  # (3, N, heads, P, C / heads)
        return parts

    def weigh(self, query: Tensor, key: Tensor) -> Tensor:
        """(N, heads, P, P): how much word i hears of word j; each row sums to 1."""
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
