"""What a network makes of a digit that moves, turns or changes its size.

    moved(images, kind, amount)                 the pictures, moved
    film(model, image, kind, amounts)           the probabilities of every frame
    accuracy_curve(model, digits, kind, ...)    -> Iterator of accuracies, one an amount
    layer_changes(model, image, shifts)         how much each layer's output changes: invariance
    equivariance(model, image, layer, ...)      whether a layer's maps move along with the digit

Invariant: the answer stays, f(T x) = f(x). Equivariant: the answer moves along, f(T x) = T f(x).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.data.checks import check_digits, check_image
from cnnviz.data.mnist import Digits
from cnnviz.errors import ConfigError, NetworkError
from cnnviz.evaluation.metrics import accuracy, logits_of
from cnnviz.interpret.receptive_fields import map_stride
from cnnviz.interpret.translation import shifted
from cnnviz.networks.network import CLASSES, Network
from cnnviz.networks.tracing import predict, trace


@dataclass(frozen=True)
class Change:
    """A way to change a digit. amounts: from the least to the most, `neutral` among them."""

    title: str
    unit: str
    neutral: float
    amounts: tuple[float, ...]


CHANGES = {
    "right": Change("Move right", "px", 0, tuple(range(-8, 9))),
    "down": Change("Move down", "px", 0, tuple(range(-8, 9))),
    "rotate": Change("Turn", "°", 0, tuple(range(-60, 61, 10))),
    "scale": Change("Size", "×", 1, (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5)),
}


def change_called(kind: str) -> Change:
    """Raises ConfigError for a kind not in CHANGES."""
    if kind not in CHANGES:
        raise ConfigError(f"Choose one of the changes {', '.join(CHANGES)}.")
    return CHANGES[kind]


def moved(images: Tensor, kind: str, amount: float) -> Tensor:
    """Pictures (N, H, W) moved by pixels, turned counterclockwise by degrees, or resized; zeros come in.

    Bilinear between pixels; whole pixels are moved exactly. Raises ConfigError.
    """
    if change_called(kind).neutral == amount:
        return images
    if kind == "scale" and amount <= 0:
        raise ConfigError("A size is larger than 0.")
    height, width = images.shape[-2:]
    right, down = (amount if kind == each else 0.0 for each in ("right", "down"))
    if (right + down).is_integer() and kind in ("right", "down"):
        return shifted(images, int(right), int(down))
    angle = math.radians(amount) if kind == "rotate" else 0.0
    size = amount if kind == "scale" else 1.0
    cosine, sine = math.cos(angle) / size, math.sin(angle) / size
    # From a place in the new picture to the one it shows of the old, in units of half a picture.
    theta = torch.tensor([[cosine, -sine, -2 * right / width], [sine, cosine, -2 * down / height]])
    grid = F.affine_grid(theta[None], [1, 1, height, width], align_corners=False)  # (1, H, W, 2)
    return F.grid_sample(images[None], grid, align_corners=False)[0]  # (N, H, W)


def frames(image: Tensor, kind: str, amounts: Sequence[float]) -> Tensor:
    """(A, 28, 28): the picture (28, 28) at each amount."""
    return torch.cat([moved(check_image(image)[None], kind, amount) for amount in amounts])


def film(model: Network, image: Tensor, kind: str, amounts: Sequence[float]) -> Tensor:
    """Probabilities (A, 10) of each frame, in one batch."""
    return predict(model, frames(image, kind, amounts).clamp(0, 1))


def accuracy_curve(model: Network, digits: Digits, kind: str, amounts: Sequence[float]) -> Iterator[float]:
    """The share read right when all digits are changed by each amount in turn."""
    digits = check_digits(digits, "test", CLASSES)
    images, labels = digits.pixels(), digits.labels
    for amount in amounts:
        yield accuracy(logits_of(model, moved(images, kind, amount)), labels)


def layer_changes(model: Network, image: Tensor, shifts: Sequence[tuple[int, int]]) -> dict[str, list[float]]:
    """Layer name -> ‖f(T x) − f(x)‖ / ‖f(x)‖ for each (right, down) shift T, in pixels.

    0 is perfect invariance; two unrelated outputs of equal length are about 1.4 apart.
    """
    before = trace(model, image)
    after = [trace(model, shifted(before.image, *shift)) for shift in shifts]
    return {
        record.name: [_relative(moved[record.name].output - record.output, record.output) for moved in after]
        for record in before
    }


@dataclass(frozen=True, eq=False)
class Equivariance:
    """T f(x) and f(T x) of one layer, (C, h, w) each, and where both are known, (h, w).

    error: ‖f(T x) − T f(x)‖ / ‖f(T x)‖ over the known cells, of each map and of all. stride: pixels
    a cell; cells: how far the maps should move, (right, down), not always whole cells.
    """

    expected: Tensor
    found: Tensor
    known: Tensor
    errors: Tensor
    error: float
    stride: int
    cells: tuple[float, float]


def equivariance(model: Network, image: Tensor, layer: str, right: int, down: int) -> Equivariance:
    """Move the digit by whole pixels and see whether the layer's maps move along.

    Raises NetworkError for a layer without maps.
    """
    before = trace(model, image)
    if layer not in before.layers or before[layer].output.ndim != 3:
        raise NetworkError(f"{layer} has no maps that could move; choose a convolution or pooling layer.")
    first = before[layer].output
    found = trace(model, shifted(before.image, right, down))[layer].output
    stride = map_stride(model, layer)
    cells = (right / stride, down / stride)
    expected = moved(moved(first, "right", cells[0]), "down", cells[1])
    inside = torch.ones(1, *first.shape[1:])
    known = moved(moved(inside, "right", cells[0]), "down", cells[1])[0] > 0.999
    difference = (found - expected)[:, known]  # (C, K)
    reached = found[:, known]
    errors = difference.norm(dim=1) / reached.norm(dim=1).clamp(min=1e-12)
    return Equivariance(expected, found, known, errors, _relative(difference, reached), stride, cells)


def _relative(difference: Tensor, whole: Tensor) -> float:
    return float(difference.norm() / whole.norm().clamp(min=1e-12))
