"""A convolutional network in NumPy alone, written to be read.

28 x 28 -> 8 filters 3 x 3, ReLU -> 2 x 2 max pooling -> dense 128, ReLU -> dense 10, softmax.

    forward(parameters, images)            everything computed on the way
    backward(parameters, passed, labels)   the gradient of the loss for every parameter
    adam(parameters, gradients, ...)       one update (Kingma and Ba 2015)

N images at a time. The same network made fast: numpy_fast.py; its training: numpy_training.py.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.floating]
Parameters = dict[str, Array]

FILTERS, KERNEL, HIDDEN, CLASSES = 8, 3, 128, 10
MAP = 28 - KERNEL + 1  # 26 cells a side, 13 after pooling
POOLED = FILTERS * (MAP // 2) ** 2  # 1,352 values go into the dense layer
SHAPES = {
    "filters": (FILTERS, KERNEL, KERNEL),
    "filter_bias": (FILTERS,),
    "dense": (HIDDEN, POOLED),
    "dense_bias": (HIDDEN,),
    "output": (CLASSES, HIDDEN),
    "output_bias": (CLASSES,),
}
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def initial_parameters(seed: int) -> Parameters:
    """Weights from a normal distribution of variance 2 / inputs (He et al. 2015), biases 0; float32."""
    generator = np.random.default_rng(seed)
    inputs = {"filters": KERNEL**2, "dense": POOLED, "output": HIDDEN}
    return {
        name: generator.normal(0, np.sqrt(2 / inputs[name]), shape).astype(np.float32)
        if name in inputs
        else np.zeros(shape, np.float32)
        for name, shape in SHAPES.items()
    }


# ---- forward ----


def patches_of(images: Array) -> Array:
    """Every 3 x 3 patch of images (N, 28, 28): a view, nothing is copied."""
    return sliding_window_view(images, (KERNEL, KERNEL), axis=(1, 2))  # (N, 26, 26, 3, 3)


def convolve(patches: Array, filters: Array, bias: Array) -> Array:
    """Every patch times every filter, cell by cell, summed; plus the filter's bias."""
    sums: Array = np.einsum("nijkl,fkl->nfij", patches, filters)  # (N, 8, 26, 26)
    return sums + bias[:, None, None]


def relu(values: Array) -> Array:
    """What is below zero becomes zero."""
    return np.asarray(np.maximum(values, 0))


def pool(maps: Array) -> tuple[Array, NDArray[np.bool_]]:
    """The largest of every 2 x 2 window, and a mask of the cell that won: the first of equals."""
    n, count, side, _ = maps.shape
    half = side // 2
    windows = maps.reshape(n, count, half, 2, half, 2).swapaxes(3, 4)  # (N, 8, 13, 13, 2, 2)
    windows = windows.reshape(n, count, half, half, 4)  # (N, 8, 13, 13, 4)
    winners = windows.argmax(-1)[..., None] == np.arange(4)  # (N, 8, 13, 13, 4)
    return windows.max(-1), winners


def dense(values: Array, weights: Array, bias: Array) -> Array:
    """Every unit: the sum of all values, each with a weight of its own; plus the unit's bias."""
    return values @ weights.T + bias


def softmax(logits: Array) -> Array:
    """Logits (N, 10) to probabilities; the largest is subtracted first, so that exp cannot overflow."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))


def cross_entropy(probabilities: Array, labels: NDArray[np.integer]) -> float:
    """The mean of -log(probability of the true digit), in nats."""
    true = probabilities[np.arange(len(labels)), labels]  # (N,)
    return float(-np.log(np.maximum(true, 1e-30)).mean())


@dataclass(frozen=True, eq=False)
class Pass:
    """Everything one forward pass computes."""

    patches: Array  # (N, 26, 26, 3, 3)
    convolved: Array  # (N, 8, 26, 26)
    maps: Array  # (N, 8, 26, 26) after ReLU
    pooled: Array  # (N, 8, 13, 13)
    winners: NDArray[np.bool_]  # (N, 8, 13, 13, 4)
    flat: Array  # (N, 1352)
    summed: Array  # (N, 128) before ReLU
    hidden: Array  # (N, 128) after it
    logits: Array  # (N, 10)
    probabilities: Array  # (N, 10)


def forward(parameters: Parameters, images: Array) -> Pass:
    """Images (N, 28, 28) in [0, 1] to probabilities, with every step kept."""
    patches = patches_of(images)
    convolved = convolve(patches, parameters["filters"], parameters["filter_bias"])
    maps = relu(convolved)
    pooled, winners = pool(maps)
    flat = pooled.reshape(len(images), -1)  # (N, 1352)
    summed = dense(flat, parameters["dense"], parameters["dense_bias"])
    hidden = relu(summed)
    logits = dense(hidden, parameters["output"], parameters["output_bias"])
    return Pass(patches, convolved, maps, pooled, winners, flat, summed, hidden, logits, softmax(logits))


# ---- backward: the same steps in reverse; an "error" is the loss's derivative there ----


def logit_error(probabilities: Array, labels: NDArray[np.integer]) -> Array:
    """Softmax and cross-entropy together: what was said minus what is true, p - y."""
    error = probabilities.copy()
    error[np.arange(len(labels)), labels] -= 1
    return error / len(labels)  # the loss is a mean


def dense_gradients(values: Array, error: Array) -> tuple[Array, Array]:
    """A weight's share: the value it was multiplied by, times the error of its unit."""
    return error.T @ values, error.sum(0)


def error_before(error: Array, weights: Array, values: Array) -> Array:
    """Each value hears from all units through its weights; where ReLU gave 0, nothing passes."""
    return (error @ weights) * (values > 0)


def route(error: Array, winners: NDArray[np.bool_]) -> Array:
    """The error of a pooled cell (N, 8, 13, 13) goes to the cell that won; the other three get 0."""
    n, count, half, _, _ = winners.shape
    spread = error[..., None] * winners  # (N, 8, 13, 13, 4)
    spread = spread.reshape(n, count, half, half, 2, 2).swapaxes(3, 4)  # (N, 8, 13, 2, 13, 2)
    return spread.reshape(n, count, 2 * half, 2 * half)  # (N, 8, 26, 26)


def filter_gradients(patches: Array, error: Array) -> tuple[Array, Array]:
    """Every patch times the error of the cell it made, summed over all places: a correlation."""
    return np.einsum("nijkl,nfij->fkl", patches, error), error.sum((0, 2, 3))  # (8, 3, 3), (8,)


@dataclass(frozen=True, eq=False)
class Errors:
    """The loss's derivative at every step of the way back."""

    logits: Array  # (N, 10)
    summed: Array  # (N, 128)
    pooled: Array  # (N, 8, 13, 13)
    maps: Array  # (N, 8, 26, 26)


def backward(parameters: Parameters, passed: Pass, labels: NDArray[np.integer]) -> tuple[Parameters, Errors]:
    """The gradient of the mean cross-entropy for every parameter, and the errors on the way."""
    at_logits = logit_error(passed.probabilities, labels)
    output, output_bias = dense_gradients(passed.hidden, at_logits)
    at_summed = error_before(at_logits, parameters["output"], passed.hidden)
    weights, dense_bias = dense_gradients(passed.flat, at_summed)
    at_pooled = error_before(at_summed, parameters["dense"], passed.flat).reshape(passed.pooled.shape)
    at_maps = route(at_pooled, passed.winners)
    filters, filter_bias = filter_gradients(passed.patches, at_maps)
    gradients = {
        "filters": filters,
        "filter_bias": filter_bias,
        "dense": weights,
        "dense_bias": dense_bias,
        "output": output,
        "output_bias": output_bias,
    }
    return gradients, Errors(at_logits, at_summed, at_pooled, at_maps)


# ---- the update ----


@dataclass(frozen=True, eq=False)
class Memory:
    """What Adam remembers: running means of each gradient and of its square."""

    step: int
    mean: Parameters
    square: Parameters


def no_memory(parameters: Parameters) -> Memory:
    """What Adam remembers before its first step: zeros of the parameters' shapes."""
    zeros = {name: np.zeros_like(values) for name, values in parameters.items()}
    return Memory(0, zeros, dict(zeros))


def adam(
    parameters: Parameters, gradients: Parameters, memory: Memory, rate: float
) -> tuple[Parameters, Memory]:
    """Every weight moves by about `rate` against its mean gradient, less where gradients quarrel."""
    step = memory.step + 1
    moved: Parameters = {}
    mean, square = dict(memory.mean), dict(memory.square)
    for name, gradient in gradients.items():
        mean[name] = BETA1 * mean[name] + (1 - BETA1) * gradient
        square[name] = BETA2 * square[name] + (1 - BETA2) * gradient**2
        fair_mean = mean[name] / (1 - BETA1**step)  # both began at zero: undo that
        fair_square = square[name] / (1 - BETA2**step)
        moved[name] = parameters[name] - rate * fair_mean / (np.sqrt(fair_square) + EPSILON)
    return moved, Memory(step, mean, square)
