"""Convolution, written to be read: it equals PyTorch's, and uses none of it.

correlate(image, kernels, bias, sliding)   what deep learning calls convolution: (C, H, W) -> (K, H', W')
convolve(image, kernels, bias, sliding)    what mathematics calls so: the kernel turned by half first
partial_sums(image, kernel, sliding)       each channel's share of one filter's map
terms(image, kernel, row, column, sliding) the products behind one cell
flipped(kernel)                            turned by half, up-down and left-right

    O[k, i, j] = b[k] + sum over c, u, v of  I[c, S i + D u - P, S j + D v - P] * K[k, c, u, v]
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from cnnviz.errors import ShapeError
from cnnviz.labs.convolution.geometry import NOTHING, WindowGeometry, pad, sources

PLAIN = WindowGeometry()


@dataclass(frozen=True)
class Term:
    """One product: row and column of the image's cell, None where the border is zero."""

    channel: int
    row: int | None
    column: int | None
    value: float
    weight: float

    @property
    def product(self) -> float:
        return self.value * self.weight


def correlate(
    image: Tensor, kernels: Tensor, bias: Tensor | None = None, geometry: WindowGeometry = PLAIN
) -> Tensor:
    """K filters (K, C, h, w) over an image (C, H, W), plus bias (K,): maps (K, H', W').

    Raises ShapeError when channels differ or the kernel fits nowhere.
    """
    _check_channels(image, kernels)
    maps = torch.stack([partial_sums(image, kernel, geometry).sum(0) for kernel in kernels])  # (K, H', W')
    return maps if bias is None else maps + bias[:, None, None]


def convolve(
    image: Tensor, kernels: Tensor, bias: Tensor | None = None, geometry: WindowGeometry = PLAIN
) -> Tensor:
    """The same with every kernel flipped first: convolution as mathematics defines it."""
    return correlate(image, flipped(kernels), bias, geometry)


def flipped(kernel: Tensor) -> Tensor:
    """(..., h, w) turned by half: what was top left is bottom right."""
    return kernel.flip(-2, -1)


def partial_sums(image: Tensor, kernel: Tensor, geometry: WindowGeometry = PLAIN) -> Tensor:
    """(C, H', W'): what one filter (C, h, w) adds up on each channel of an image (C, H, W), without bias.

    Instead of visiting every place with all weights, each weight visits all places at once: it
    multiplies the image moved by its own place in the kernel. The products are the same.
    """
    _check_channels(image, kernel[None])
    down, across = kernel.shape[-2:]
    stride, dilation = geometry.stride, geometry.dilation
    height = geometry.output_size(image.shape[1], down)
    width = geometry.output_size(image.shape[2], across)
    padded = pad(image, geometry.padding, geometry.border)  # (C, H + 2P, W + 2P)
    sums = torch.zeros(len(image), height, width, dtype=torch.result_type(image, kernel))
    for u in range(down):
        for v in range(across):
            top, left = dilation * u, dilation * v
            seen = padded[:, top : top + stride * height : stride, left : left + stride * width : stride]
            sums += seen[:, :height, :width] * kernel[:, u, v, None, None]
    return sums


def terms(
    image: Tensor, kernel: Tensor, row: int, column: int, geometry: WindowGeometry = PLAIN
) -> list[Term]:
    """The C * h * w products whose sum, plus the bias, is cell (row, column) of one filter's map."""
    _check_channels(image, kernel[None])
    channels, down, across = kernel.shape
    rows = sources(image.shape[1], geometry.padding, geometry.border)
    columns = sources(image.shape[2], geometry.padding, geometry.border)
    found = []
    for c in range(channels):
        for u in range(down):
            for v in range(across):
                i = int(rows[geometry.stride * row + geometry.dilation * u])
                j = int(columns[geometry.stride * column + geometry.dilation * v])
                weight = float(kernel[c, u, v])
                if NOTHING in (i, j):
                    found.append(Term(c, None, None, 0.0, weight))
                else:
                    found.append(Term(c, i, j, float(image[c, i, j]), weight))
    return found


def _check_channels(image: Tensor, kernels: Tensor) -> None:
    if image.ndim != 3 or kernels.ndim != 4:
        raise ShapeError("An image is (C, H, W), and filters are (K, C, h, w).")
    if len(image) != kernels.shape[1]:
        raise ShapeError(
            f"The image has {len(image)} channels and the filter {kernels.shape[1]}: it needs one for each."
        )
