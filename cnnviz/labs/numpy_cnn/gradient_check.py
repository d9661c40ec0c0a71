"""Whether the NumPy network's gradients are those PyTorch finds.

torch_gradients(...)   the same network in PyTorch's layers, differentiated by its autograd
compare(...)           the largest differences, one row a parameter
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from cnnviz.labs.numpy_cnn.fast import FastNetwork, Floats
from cnnviz.labs.numpy_cnn.readable import Parameters, backward, forward


@dataclass(frozen=True)
class Difference:
    """One parameter: its name and shape, its largest gradient, and how far the two versions are off."""

    name: str
    shape: tuple[int, ...]
    largest: float  # |gradient|
    readable: float  # largest |difference| from PyTorch's
    fast: float


def compare(parameters: Parameters, images: Floats, labels: NDArray[np.integer]) -> list[Difference]:
    """Gradients for images float32 (N, 28, 28) in [0, 1], labels (N,), computed three ways."""
    wanted = torch_gradients(parameters, images, labels)
    readable, _ = backward(parameters, forward(parameters, images), labels)
    network = FastNetwork(parameters)
    network.compute_gradients(images, labels)
    fast = network.gradients()
    return [
        Difference(
            name,
            gradient.shape,
            float(np.abs(gradient).max()),
            float(np.abs(readable[name] - gradient).max()),
            float(np.abs(fast[name] - gradient).max()),
        )
        for name, gradient in wanted.items()
    ]


def torch_gradients(parameters: Parameters, images: Floats, labels: NDArray[np.integer]) -> Parameters:
    """The gradient of the mean cross-entropy for every parameter, by PyTorch's layers and autograd."""
    leaves = {name: torch.from_numpy(values).requires_grad_() for name, values in parameters.items()}
    x = torch.from_numpy(images)[:, None]  # (N, 1, 28, 28)
    x = F.conv2d(x, leaves["filters"][:, None], leaves["filter_bias"])  # (N, 8, 26, 26)
    x = F.max_pool2d(F.relu(x), 2).flatten(1)  # (N, 1352)
    x = F.relu(F.linear(x, leaves["dense"], leaves["dense_bias"]))  # (N, 128)
    logits = F.linear(x, leaves["output"], leaves["output_bias"])  # (N, 10)
    loss = F.cross_entropy(logits, torch.from_numpy(labels).long())
    found = torch.autograd.grad(loss, list(leaves.values()))
    return {name: gradient.numpy() for name, gradient in zip(leaves, found, strict=True)}
