"""Pooling by hand against torch.nn.functional, ties included."""

import random

import pytest
import torch
import torch.nn.functional as F

from cnnviz.errors import ShapeError
from cnnviz.labs.convolution.kernels import POOLING_EXAMPLES
from cnnviz.labs.convolution.pooling import pool_average, pool_max, window_cells


def test_any_window_and_stride_is_pytorchs() -> None:
    source, compared = random.Random(0), 0
    for turn in range(300):
        generator = torch.Generator().manual_seed(turn)
        height, width, window = source.randint(1, 14), source.randint(1, 14), source.randint(1, 6)
        stride, channels = source.randint(1, 6), source.randint(1, 3)
        image = torch.randn(channels, height, width, dtype=torch.float64, generator=generator)
        if turn % 2:
            image = image.round()  # many ties
        if window > min(height, width):
            with pytest.raises(ShapeError, match="larger than the image"):
                pool_max(image, window, stride)
            continue
        value, place = F.max_pool2d(image[None], window, stride, return_indices=True)
        ours, won = pool_max(image, window, stride)
        assert torch.equal(ours, value[0])
        assert torch.equal(won, place[0])
        torch.testing.assert_close(
            pool_average(image, window, stride),
            F.avg_pool2d(image[None], window, stride)[0],
            rtol=0,
            atol=1e-6,
        )
        compared += 1
    assert compared > 150


def test_the_documents_examples() -> None:
    four, one = (POOLING_EXAMPLES[name].image[None] for name in ("four", "one"))
    assert pool_max(four, 2, 2)[0][0].tolist() == [[20, 30], [112, 37]]
    assert pool_average(four, 2, 2)[0].tolist() == [[13, 8], [79, 19.5]]
    assert pool_max(one, 2, 2)[0].item() == 9


def test_the_cells_of_a_window_are_row_by_row() -> None:
    image = torch.arange(12.0).reshape(1, 3, 4)
    assert window_cells(image, 2, 1)[0, 1, 2].tolist() == [6, 7, 10, 11]


def test_a_stride_of_zero_is_explained() -> None:
    with pytest.raises(ShapeError, match="never gets anywhere"):
        pool_average(torch.zeros(1, 4, 4), 2, 0)
