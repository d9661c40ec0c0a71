"""Shapes and parameters by arithmetic, against PyTorch's modules run for real."""

import random

import pytest
import torch
from torch import nn

from cnnviz.errors import NetworkError
from cnnviz.labs.architectures.layer_arithmetic import EXERCISE, LayerSpec, walk


def module(layer: LayerSpec, given: tuple[int, ...]) -> nn.Module:
    if layer.kind == "flatten":
        return nn.Flatten()
    if layer.kind == "dense":
        return nn.Linear(given[1], layer.filters)
    if layer.kind == "convolution":
        return nn.Conv2d(given[1], layer.filters, layer.size, layer.stride, layer.padding)
    kind = nn.MaxPool2d if layer.kind == "max pooling" else nn.AvgPool2d
    return kind(layer.size, layer.stride, layer.padding)


def test_the_flattening_exercise() -> None:
    rows = walk((130, 130, 3), EXERCISE)
    assert [row.shape for row in rows] == [(128, 128, 10), (32, 32, 10), (32, 32, 20), (16, 16, 20), (5_120,)]


def test_random_stacks_are_what_pytorch_makes_of_them() -> None:
    generator, tried = random.Random(0), 0
    while tried < 60:
        pick = generator.randrange
        layers = [
            LayerSpec("convolution", pick(1, 6), pick(1, 6), pick(1, 4), pick(0, 3)),
            LayerSpec(
                generator.choice(("max pooling", "average pooling")), 0, pick(2, 4), pick(1, 4), pick(0, 2)
            ),
            LayerSpec("convolution", pick(1, 6), pick(1, 4), pick(1, 3), pick(0, 3)),
            LayerSpec("flatten"),
            LayerSpec("dense", pick(1, 20)),
        ]
        shape = (pick(5, 30), pick(5, 30), pick(1, 4))
        try:
            rows = walk(shape, layers)
        except NetworkError:
            continue
        tried += 1
        x = torch.zeros(1, shape[2], *shape[:2])
        for row in rows:
            part = module(row.layer, tuple(x.shape))
            x = part(x)
            expected = (*x.shape[2:], x.shape[1]) if x.ndim == 4 else (x.shape[1],)
            assert row.shape == expected
            assert row.parameters == sum(value.numel() for value in part.parameters())
            weights = getattr(part, "weight", torch.zeros(0))
            places = x.shape[2] * x.shape[3] if x.ndim == 4 else 1
            assert row.multiply_adds == weights.numel() * places


def test_formulas_hold_the_numbers() -> None:
    row = walk((28, 28, 1), [LayerSpec("convolution", 16, 3, 1, 1)])[0]
    assert row.shape_formula == "(28 − 3 + 2·1) / 1 + 1 = 28"
    assert row.parameter_formula == "16·3·3·1 + 16 = 160"


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([LayerSpec("convolution", 4, 3, 0)], "never move on"),
        ([LayerSpec("convolution", 4, 29)], "does not fit on 28"),
        ([LayerSpec("convolution", 0, 3)], "at least one filter"),
        ([LayerSpec("convolution", 4, 3, 1, -1)], "cannot be negative"),
        ([LayerSpec("max pooling", 0, 0)], "at least 1 wide"),
        ([LayerSpec("max pooling", 0, 2, 2, 2)], "nothing but padding"),
        ([LayerSpec("dense", 10)], "flatten the maps first"),
        ([LayerSpec("flatten"), LayerSpec("convolution", 4, 3)], "Layer 2, convolution: it needs maps"),
        ([LayerSpec("flatten"), LayerSpec("dense")], "at least one unit"),
    ],
)
def test_what_cannot_be_is_explained(layers: list[LayerSpec], words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        walk((28, 28, 1), layers)
    with pytest.raises(NetworkError, match="height, a width"):
        walk((0, 28, 1), layers)
