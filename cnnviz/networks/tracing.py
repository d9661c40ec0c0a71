"""One forward pass with everything the network computed on the way.

    trace(model, image)   -> Trace: every layer's input, output and pool winners, by name

No hooks: hooks on a shared model would fire for other people's passes. A Network is an
ordered list of layers, so the trace simply walks it and keeps what it sees.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.data.checks import check_image, check_images
from cnnviz.io.pixels import to_floats
from cnnviz.networks.layers import Residual
from cnnviz.networks.network import SIZE, Network, evaluated, taking


@dataclass(frozen=True, eq=False)
class LayerRecord:
    """What one layer did with one image; tensors carry no batch dimension.

    winners: for max-pooling, int64 of the output's shape: each winner's index into the
    flattened (H, W) input map; the first in row-major order wins a tie, as in PyTorch.
    """

    name: str
    kind: str
    input: Tensor
    output: Tensor
    winners: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Trace:
    """All layers of one forward pass, in order; by name also the convolutions inside its blocks."""

    image: Tensor  # (28, 28) in [0, 1]
    layers: dict[str, LayerRecord]
    inside: dict[str, LayerRecord] = field(default_factory=dict)  # "block2.conv1"

    def __getitem__(self, name: str) -> LayerRecord:
        return self.layers[name] if name in self.layers else self.inside[name]

    def __iter__(self) -> Iterator[LayerRecord]:
        return iter(self.layers.values())

    @property
    def logits(self) -> Tensor:
        """(10,)"""
        return next(reversed(self.layers.values())).output

    @property
    def probabilities(self) -> Tensor:
        """(10,), sums to 1."""
        return self.logits.softmax(0)


def trace(model: Network, image: Tensor) -> Trace:
    """Run one image (28, 28), floats in [0, 1] or uint8, through the model and keep everything.

    The logits are bit for bit those of `model.eval()(image[None, None])`. The model is left as it is,
    also in training mode. Raises ImageError for other images, NetworkError for other models.
    """
    image = check_image(image)
    x = image[None, None]  # (1, 1, 28, 28)
    layers: dict[str, LayerRecord] = {}
    inside: dict[str, LayerRecord] = {}
    with torch.no_grad(), taking(x):
        for name, module in evaluated(model, nn.Sequential).named_children():
            output, winners = _apply(module, x)
            record = LayerRecord(name, type(module).__name__, x[0], output[0], winners)
            if isinstance(module, Residual):
                inside |= {each.name: each for each in _convolutions(name, module, x)}
            layers[name], x = record, output
    return Trace(image, layers, inside)


def predict(model: nn.Module, images: Tensor) -> Tensor:
    """Probabilities (N, 10) for images (N, 28, 28), (N, 1, 28, 28) or (28, 28), floats in [0, 1] or uint8.

    The model's own normalization is applied inside; it is left as it is, also in training mode.
    Raises ImageError for other shapes, other ranges and NaN, NetworkError for other models.
    """
    batch = to_floats(check_images(images)).reshape(-1, 1, SIZE, SIZE)  # (N, 1, 28, 28)
    model = evaluated(model)
    with torch.no_grad(), taking(batch):
        return torch.cat([model(part).softmax(1) for part in batch.split(250)])  # 250 fit the cache


def _convolutions(name: str, block: Residual, x: Tensor) -> Iterator[LayerRecord]:
    """Both of a block; what the block adds them to is its own record's business."""
    for inner, seen in (("conv1", x), ("conv2", block.between(x))):
        output = block.get_submodule(inner)(seen)
        yield LayerRecord(f"{name}.{inner}", "Conv2d", seen[0], output[0])


def _apply(module: nn.Module, x: Tensor) -> tuple[Tensor, Tensor | None]:
    """The layer's output, and for max-pooling the winners of image 0."""
    if not isinstance(module, nn.MaxPool2d):
        return module(x), None
    output, winners = F.max_pool2d(x, module.kernel_size, module.stride, module.padding, return_indices=True)
    return output, winners[0]
