"""Questions about convolution and pooling, made from the numbers on screen.

what_is_this_cell(...)      one window, multiplied and added up
what_shape_comes_out(...)   the output size for another padding, stride and dilation
which_cell_wins(...)        one window of max pooling
what_gives_zero(...)        the weight that makes flat ground vanish
"""

import random

import torch
from torch import Tensor

from cnnviz.errors import ShapeError
from cnnviz.labs.convolution.geometry import WindowGeometry, size_formula
from cnnviz.labs.convolution.kernels import CLASSIC
from cnnviz.labs.convolution.operations import correlate, terms
from cnnviz.labs.convolution.pooling import pool_max, window_cells
from cnnviz.labs.quiz import Exercise, in_words
from cnnviz.numbers import number

BY_HAND = 9  # weights at most that one can be asked to add up
ROUNDING = 0.01  # of the sum of all terms: numbers are shown with three digits


def what_is_this_cell(
    source: random.Random, name: str, image: Tensor, kernel: Tensor, geometry: WindowGeometry, bias: float
) -> Exercise:
    """One cell of the result of a kernel (h, w) over the image (H, W) called `name`. Raises ShapeError."""
    if kernel.numel() > BY_HAND:
        kernel = CLASSIC["sobel_left"].kernel
    total = correlate(image[None], kernel[None, None], None, geometry)[0] + bias  # (H', W')
    row, column = _interesting(source, total)
    found = terms(image[None], kernel[None], row, column, geometry)
    values = torch.tensor([term.value for term in found]).reshape(kernel.shape)
    products = " + ".join(
        f"{_short(term.value)} × {_bracketed(term.weight)}" for term in found if term.product
    )
    answer = float(total[row, column])
    size = sum(abs(term.product) for term in found)
    extra = f" The bias is {_short(bias)}." if bias else ""
    return Exercise(
        "convolution/cell",
        f"{name}: the window at row {row}, column {column} lies over ${_matrix(values)}$ and the kernel is "
        f"${_matrix(kernel)}$.{extra} What is this cell of the result?",
        answer,
        f"{products or 'All products are 0'}{f' + {_bracketed(bias)}' if bias else ''} = {_short(answer)}.",
        tolerance=max(1e-3, ROUNDING * size),
    )


def what_shape_comes_out(source: random.Random, height: int, width: int, kernel: tuple[int, int]) -> Exercise:
    """Rows and columns for a padding, stride and dilation drawn at random, as long as the kernel fits."""
    for _ in range(100):
        geometry = WindowGeometry(source.randint(1, 3), source.randint(0, 3), source.choice((1, 1, 2)))
        try:
            shape = geometry.output_size(height, kernel[0]), geometry.output_size(width, kernel[1])
        except ShapeError:
            continue
        break
    else:
        raise ShapeError("This kernel is too large for this image, whatever one chooses; take a smaller one.")
    gaps = f", dilation {geometry.dilation}" if geometry.dilation > 1 else ""
    axes = ((height, kernel[0]), (width, kernel[1]))
    worked = "; ".join(f"${size_formula(size, side, geometry)}$" for size, side in dict.fromkeys(axes))
    return Exercise(
        "convolution/shape",
        f"An image of {height} × {width} meets a kernel of {kernel[0]} × {kernel[1]} with padding "
        f"{geometry.padding} and stride {geometry.stride}{gaps}. What shape comes out (rows × columns)?",
        tuple(map(float, shape)),
        f"Along each axis: {worked}.",
    )


def which_cell_wins(source: random.Random, image: Tensor, window: int, stride: int) -> Exercise:
    """The winner of one window of max pooling over (H, W). Raises ShapeError."""
    window = window if 1 < window * window <= BY_HAND else 2
    stride = max(1, stride)
    total, places = pool_max(image[None], window, stride)
    row, column = _interesting(source, total[0])
    values = window_cells(image[None], window, stride)[0, row, column].reshape(window, window)
    winner = divmod(int(places[0, row, column]), image.shape[1])
    corner = row * stride, column * stride
    cells = [(corner[0] + u, corner[1] + v) for u in range(window) for v in range(window)]
    tie = (
        " Several are as large; the first in reading order wins."
        if int((values == values.max()).sum()) > 1
        else ""
    )
    return Exercise(
        "convolution/winner",
        f"Max pooling looks at rows {corner[0]} to {corner[0] + window - 1}, columns {corner[1]} to "
        f"{corner[1] + window - 1}: ${_matrix(values)}$. Which cell wins?",
        _place(winner),
        f"Its value, {_short(float(values.max()))}, is the largest.{tie}",
        choices=tuple(map(_place, cells)),
    )


def what_gives_zero(source: random.Random, kernel: Tensor) -> Exercise:
    """The hidden weight of a kernel (h, w) for which flat ground gives zero."""
    row, column = source.randrange(kernel.shape[0]), source.randrange(kernel.shape[1])
    others = float(kernel.sum() - kernel[row, column])
    hidden = _matrix(kernel, (row, column))
    return Exercise(
        "convolution/zero",
        f"One weight of this kernel is hidden: ${hidden}$. What must it be so that flat ground, where all "
        "cells are equal, gives 0?",
        -others + 0.0,
        f"On flat ground the result is the cell's value times the sum of all weights, so they must sum to 0. "
        f"The others sum to {in_words(others)}: the hidden one must be {in_words(-others)}.",
        tolerance=max(1e-3, ROUNDING * float(kernel.abs().sum())),
    )


def _interesting(source: random.Random, total: Tensor) -> tuple[int, int]:
    """A place at random; three times of four one where something happens."""
    strong = (total.abs() >= 0.25 * total.abs().max()).nonzero().tolist()
    places = strong if source.random() < 0.75 else torch.ones_like(total).nonzero().tolist()
    row, column = source.choice(places)
    return row, column


def _matrix(values: Tensor, hidden: tuple[int, int] | None = None) -> str:
    rows = [[_short(value).replace("−", "-") for value in row] for row in values.tolist()]
    if hidden is not None:
        rows[hidden[0]][hidden[1]] = "?"
    lines = r" \\ ".join(" & ".join(row) for row in rows)
    return rf"\begin{{pmatrix}} {lines} \end{{pmatrix}}"


def _short(value: float) -> str:
    return number(value) if abs(value) < 1000 else in_words(value)


def _bracketed(value: float) -> str:
    return f"({_short(value)})" if value < 0 else _short(value)


def _place(cell: tuple[int, int]) -> str:
    return f"row {cell[0]}, column {cell[1]}"
