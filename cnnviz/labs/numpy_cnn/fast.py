"""The network of numpy_cnn.py made fast, still in NumPy alone.

Three ideas:

1. A pooled cell sees a 4 x 4 window. One (32, 16) matrix holds the 8 filters at the 4 places they
   take in it, so convolution and pooling are one matrix product and a maximum of four planes.
2. Samples lie along the columns. Every product is then large, every copy contiguous, and the pooled
   maps (8, 169, n) are the dense layer's input (1352, n) as they are.
3. All parameters lie in one vector and all buffers exist beforehand, so Adam is a dozen passes
   over 0.7 MB that stays in the processor's cache.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.labs.numpy_cnn.readable import (
    BETA1,
    BETA2,
    EPSILON,
    FILTERS,
    KERNEL,
    POOLED,
    SHAPES,
    Parameters,
    softmax,
)

Floats = NDArray[np.float32]

WINDOW, HALF = KERNEL + 1, 13  # what a pooled cell sees; pooled cells a side
CELLS = HALF * HALF
# A window's four cells in row-major order, each where its patch begins.
PHASES = ((0, 0), (0, 1), (1, 0), (1, 1))


@dataclass(frozen=True, eq=False)
class _Buffers:
    """Working memory for n samples; every array is written before it is read."""

    windows: Floats  # (4, 4, 13, 13, n): pixel (r, c) of every window
    planes: Floats  # (4, 8, 169 n): the maps, one plane for each cell of a pooling window
    largest: Floats  # (8, 169 n): of the four planes
    pooled: Floats  # (8, 169 n): with bias, after ReLU
    routed: Floats  # (4, 8, 169 n): the error of each plane
    where: NDArray[np.bool_]  # (8, 169 n)


class FastNetwork:
    """The network with parameters of its own, stepped in place."""

    def __init__(self, parameters: Parameters):
        sizes = [int(np.prod(shape)) for shape in SHAPES.values()]
        self._vectors = np.zeros((4, sum(sizes)), np.float32)  # values, gradients, means, squares
        self._scratch = np.zeros(sum(sizes), np.float32)
        self._buffers: dict[int, _Buffers] = {}
        self._steps = 0
        ends = np.cumsum(sizes)
        self._values, self._gradients = (
            {
                name: vector[end - size : end].reshape(shape)
                for (name, shape), size, end in zip(SHAPES.items(), sizes, ends, strict=True)
            }
            for vector in self._vectors[:2]
        )
        for name, values in parameters.items():
            self._values[name][...] = values

    def parameters(self) -> Parameters:
        """A copy, under the names of numpy_cnn."""
        return {name: values.copy() for name, values in self._values.items()}

    def gradients(self) -> Parameters:
        """A copy of the last step's."""
        return {name: values.copy() for name, values in self._gradients.items()}

    def probabilities(self, images: Floats) -> Floats:
        """(N, 28, 28) in [0, 1] -> (N, 10)."""
        _, logits = self._forward(images, self._buffers_for(len(images)))
        return np.asarray(softmax(logits.T), np.float32)

    def step(self, images: Floats, labels: NDArray[np.integer], rate: float) -> tuple[float, int]:
        """One update on images (n, 28, 28) in [0, 1]; returns (mean loss in nats, how many were right)."""
        figures = self.compute_gradients(images, labels)
        self._adam(rate)
        return figures

    def compute_gradients(self, images: Floats, labels: NDArray[np.integer]) -> tuple[float, int]:
        n = len(images)
        buffers = self._buffers_for(n)
        hidden, logits = self._forward(images, buffers)  # (128, n), (10, n)
        probabilities = softmax(logits.T).T  # (10, n)
        true = probabilities[labels, np.arange(n)]  # (n,)
        right = int((logits.argmax(0) == labels).sum())
        error = probabilities
        error[labels, np.arange(n)] -= 1
        error /= np.float32(n)
        self._backward(error, hidden, buffers)
        return float(-np.log(np.maximum(true, 1e-30)).mean()), right

    def _buffers_for(self, n: int) -> _Buffers:
        if n not in self._buffers:
            columns = CELLS * n
            windows = np.empty((WINDOW, WINDOW, HALF, HALF, n), np.float32)
            planes, routed = (np.empty((len(PHASES), FILTERS, columns), np.float32) for _ in range(2))
            largest, pooled = (np.empty((FILTERS, columns), np.float32) for _ in range(2))
            where = np.empty((FILTERS, columns), np.bool_)
            self._buffers[n] = _Buffers(windows, planes, largest, pooled, routed, where)
        return self._buffers[n]

    def _forward(self, images: Floats, buffers: _Buffers) -> tuple[Floats, Floats]:
        """(hidden (128, n), logits (10, n)); the rest is left in the buffers."""
        pixels = np.ascontiguousarray(images.reshape(len(images), -1).T).reshape(28, 28, -1)  # (28, 28, n)
        for row in range(WINDOW):
            for column in range(WINDOW):
                seen = pixels[row : row + 2 * HALF : 2, column : column + 2 * HALF : 2]  # (13, 13, n)
                buffers.windows[row, column] = seen
        np.matmul(
            _at_all_phases(self._values["filters"]),
            buffers.windows.reshape(WINDOW**2, -1),
            out=buffers.planes.reshape(len(PHASES) * FILTERS, -1),
        )
        planes, largest, pooled = buffers.planes, buffers.largest, buffers.pooled
        np.maximum(planes[0], planes[1], out=largest)
        np.maximum(largest, planes[2], out=largest)
        np.maximum(largest, planes[3], out=largest)
        # The bias moves all four cells alike and ReLU keeps their order: both can wait until now.
        np.add(largest, self._values["filter_bias"][:, None], out=pooled)
        np.maximum(pooled, 0, out=pooled)
        hidden = self._values["dense"] @ pooled.reshape(POOLED, -1)  # (128, n)
        hidden += self._values["dense_bias"][:, None]
        np.maximum(hidden, 0, out=hidden)
        logits = self._values["output"] @ hidden + self._values["output_bias"][:, None]  # (10, n)
        return hidden, logits

    def _backward(self, error: Floats, hidden: Floats, buffers: _Buffers) -> None:
        """From the error at the logits (10, n) to the gradients, each written into its place."""
        values, gradients = self._values, self._gradients
        pooled, routed = buffers.pooled, buffers.routed
        np.matmul(error, hidden.T, out=gradients["output"])
        error.sum(1, out=gradients["output_bias"])
        at_hidden = values["output"].T @ error  # (128, n)
        at_hidden *= hidden > 0
        np.matmul(at_hidden, pooled.reshape(POOLED, -1).T, out=gradients["dense"])
        at_hidden.sum(1, out=gradients["dense_bias"])
        rest = routed[3]  # (8, 169 n): what no winner has taken yet
        np.matmul(values["dense"].T, at_hidden, out=rest.reshape(POOLED, -1))
        rest *= np.greater(pooled, 0, out=buffers.where)
        rest.sum(1, out=gradients["filter_bias"])
        for phase in range(3):  # the first of equal cells takes all
            np.equal(buffers.planes[phase], buffers.largest, out=buffers.where)
            np.multiply(rest, buffers.where, out=routed[phase])
            rest -= routed[phase]
        products = routed.reshape(len(PHASES) * FILTERS, -1) @ buffers.windows.reshape(WINDOW**2, -1).T
        gradients["filters"][...] = _from_all_phases(products)

    def _adam(self, rate: float) -> None:
        """numpy_cnn.adam on all parameters at once, in place."""
        self._steps += 1
        values, gradient, mean, square = self._vectors
        scratch = self._scratch
        mean += np.multiply(np.subtract(gradient, mean, out=scratch), np.float32(1 - BETA1), out=scratch)
        np.subtract(np.multiply(gradient, gradient, out=scratch), square, out=scratch)
        square += np.multiply(scratch, np.float32(1 - BETA2), out=scratch)
        # Both means began at zero; undoing that is one factor for all.
        fair_mean, fair_square = 1 - BETA1**self._steps, 1 - BETA2**self._steps
        np.sqrt(square, out=scratch)
        scratch += np.float32(EPSILON * fair_square**0.5)
        np.divide(mean, scratch, out=scratch)
        scratch *= np.float32(rate * fair_square**0.5 / fair_mean)
        values -= scratch


def _at_all_phases(filters: Floats) -> Floats:
    """(8, 3, 3) -> (32, 16): each filter at the four places it takes in a 4 x 4 window."""
    placed = np.zeros((len(PHASES), FILTERS, WINDOW, WINDOW), np.float32)
    for plane, (row, column) in zip(placed, PHASES, strict=True):
        plane[:, row : row + KERNEL, column : column + KERNEL] = filters
    return placed.reshape(len(PHASES) * FILTERS, -1)


def _from_all_phases(products: Floats) -> Floats:
    """The reverse for gradients, (32, 16) -> (8, 3, 3): the four places add up."""
    placed = products.reshape(len(PHASES), FILTERS, WINDOW, WINDOW)
    total = np.zeros((FILTERS, KERNEL, KERNEL), np.float32)
    for plane, (row, column) in zip(placed, PHASES, strict=True):
        total += plane[:, row : row + KERNEL, column : column + KERNEL]
    return total
