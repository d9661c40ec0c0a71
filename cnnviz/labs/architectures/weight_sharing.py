"""Dense, locally connected, convolutional: the same picture, fewer and fewer weights.

    count_weights(...)       weights and biases of each kind of layer
    matrices(side, kernel)   the three as matrices: one row an output, one column a pixel

A convolution is a matrix product like any other; its matrix is mostly zero, and repeats itself.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from cnnviz.errors import ConfigError
from cnnviz.networks.config import output_size


@dataclass(frozen=True)
class Count:
    """outputs: numbers the layer gives; weights without biases; biases."""

    outputs: int
    weights: int
    biases: int

    @property
    def parameters(self) -> int:
        return self.weights + self.biases


def count_weights(side: int, units: int, filters: int, kernel: int, depth: int = 1) -> dict[str, Count]:
    """A side × side × depth picture into `units` dense units, or `filters` maps of kernel × kernel windows.

    "dense": every output sees every pixel. "local": each output sees its window, with weights of its
    own. "shared": all outputs of a map use the same weights, K·F·F·D and K biases. Raises ConfigError.
    """
    if not 1 <= kernel <= side:
        raise ConfigError(f"A {kernel} × {kernel} window does not fit on a {side} × {side} picture.")
    if min(side, units, filters, depth) < 1:
        raise ConfigError("Sides, units, filters and depth are whole numbers from 1.")
    places = output_size(side, kernel) ** 2
    window = kernel * kernel * depth
    return {
        "dense": Count(units, side * side * depth * units, units),
        "local": Count(filters * places, filters * places * window, filters * places),
        "shared": Count(filters * places, filters * window, filters),
    }


def matrices(side: int, kernel: int, seed: int = 0) -> dict[str, Tensor]:
    """One map's weights as (P, side * side) matrices, P windows: dense, local, shared.

    Random values from one generator; 0 where an output does not see a pixel. Raises ConfigError.
    """
    count_weights(side, 1, 1, kernel)
    generator = torch.Generator().manual_seed(seed)
    places = output_size(side, kernel) ** 2
    dense = torch.randn(places, side * side, generator=generator)
    own = torch.randn(places, kernel * kernel, generator=generator)
    one = torch.randn(1, kernel * kernel, generator=generator).expand(places, -1)
    return {"dense": dense, "local": _placed(own, side, kernel), "shared": _placed(one, side, kernel)}


def _placed(weights: Tensor, side: int, kernel: int) -> Tensor:
    """Each window's weights (P, F*F) at the pixels it sees, (P, side * side)."""
    across = output_size(side, kernel)
    matrix = torch.zeros(across, across, side, side)
    for row in range(across):
        for column in range(across):
            window = weights[row * across + column].view(kernel, kernel)
            matrix[row, column, row : row + kernel, column : column + kernel] = window
    return matrix.view(across * across, side * side)  # (P, side * side)
