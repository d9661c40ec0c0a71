"""Pooling with any window and stride, written to be read: every window becomes one number.

pool_max(image, window, stride)       the largest value, and which cell it was
pool_average(image, window, stride)   the mean
window_cells(image, window, stride)   the cells of every window

Windows may overlap (stride < window) or leave cells out (stride > window). Ties go to the first cell
in reading order, as in PyTorch.
"""

import torch
from torch import Tensor

from cnnviz.interpret.pooling import windows
from cnnviz.labs.convolution.geometry import WindowGeometry


def window_cells(image: Tensor, window: int, stride: int) -> Tensor:
    """(C, H, W) -> (C, H', W', window * window), each window's cells row by row. Raises ShapeError."""
    for size in image.shape[1:]:
        WindowGeometry(stride).output_size(size, window)  # says why there is no place
    return windows(image, window, stride)


def pool_max(image: Tensor, window: int, stride: int) -> tuple[Tensor, Tensor]:
    """Largest values (C, H', W') and the winners' places int64 (C, H', W') in the flattened (H, W)."""
    cells = window_cells(image, window, stride)
    value = cells.amax(-1)  # (C, H', W')
    reading_order = torch.arange(window * window, 0, -1)  # the earliest of equals weighs most
    corner = ((cells == value[..., None]) * reading_order).argmax(-1)  # (C, H', W')
    rows = torch.arange(cells.shape[1])[:, None] * stride + corner // window
    columns = torch.arange(cells.shape[2]) * stride + corner % window
    return value, rows * image.shape[2] + columns


def pool_average(image: Tensor, window: int, stride: int) -> Tensor:
    """Means (C, H', W')."""
    return window_cells(image, window, stride).mean(-1)
