"""Pictures that are exactly the best there are, without any climbing.

Up to the first activation function a network is affine: a unit's value is a weighted sum of the
pixels plus a constant. With pixels in [0, 1] its maximum has every pixel at 1 whose weight is
positive and at 0 where it is negative. So a first-layer filter's favorite is its own kernel's
sign, and a climb can be checked against it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnviz.errors import NetworkError
from cnnviz.feature_visualization.activation_maximization import DIGIT
from cnnviz.feature_visualization.objectives import (
    Units,
    before_activation,
    channel,
    evaluate_objective,
    neuron,
)
from cnnviz.feature_visualization.parameterization import Size
from cnnviz.networks.layers import Normalize

_AFFINE = (Normalize, nn.Conv2d, nn.BatchNorm2d, nn.Flatten, nn.Linear, nn.Dropout)


@dataclass(frozen=True, eq=False)
class Optimum:
    """images: (N, C, H, W) of zeros and ones; values: (N,), the objective there.

    weights: (N, C, H, W), what each pixel counts; where it is zero the pixel does not matter.
    """

    images: Tensor
    values: Tensor
    weights: Tensor


def is_affine(model: nn.Module, layer: str) -> bool:
    """Whether nothing but weighted sums lies between the picture and `layer` (before its activation)."""
    last = before_activation(model, layer)
    for name, module in model.named_children():
        if not isinstance(module, _AFFINE):
            return False
        if name == last:
            return True
    return False


def optimum(
    model: nn.Module, layer: str, channels: Units, *, one_cell: bool = True, size: Size = DIGIT
) -> Optimum:
    """The best pictures for channels of an affine layer: of their middle cell, or of the whole map.

    An eval-mode batch normalization may turn a filter's sign round; its weights are part of the sum.
    Raises NetworkError for a layer behind an activation function or a pooling.
    """
    if not is_affine(model, layer):
        raise NetworkError(f"{layer} is not a weighted sum of the pixels; only a climb finds its maximum.")
    objective = neuron(layer, channels) if one_cell else channel(layer, channels)
    start = torch.zeros(objective.count or 1, *size, requires_grad=True)  # any picture has this gradient
    with torch.enable_grad():
        (weights,) = torch.autograd.grad(evaluate_objective(model, objective, start).sum(), start)
    images = (weights > 0).float()
    with torch.no_grad():
        return Optimum(images, evaluate_objective(model, objective, images), weights)
