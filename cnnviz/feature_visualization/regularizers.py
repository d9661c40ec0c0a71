"""What a picture is charged for: ink, contrast, roughness. Each is images (N, C, H, W) -> (N,).

    L1(0.05)  L2(0.05)  TotalVariation(0.25)  Blur(1.0)

Charges are means over the pixels, so a weight means the same at every size.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

Regularizer = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class L1:
    """weight × mean |pixel − towards|: many pixels become exactly empty."""

    weight: float
    towards: float = 0.0

    def __call__(self, images: Tensor) -> Tensor:
        return self.weight * (images - self.towards).abs().flatten(1).mean(1)


@dataclass(frozen=True)
class L2:
    """weight × mean (pixel − towards)²: large values are charged most."""

    weight: float
    towards: float = 0.0

    def __call__(self, images: Tensor) -> Tensor:
        return self.weight * (images - self.towards).square().flatten(1).mean(1)


@dataclass(frozen=True)
class TotalVariation:
    """weight × mean |difference of neighbors|, horizontal plus vertical: patches instead of specks."""

    weight: float

    def __call__(self, images: Tensor) -> Tensor:
        across = images.diff(dim=3).abs().flatten(1).mean(1)
        down = images.diff(dim=2).abs().flatten(1).mean(1)
        return self.weight * (across + down)


@dataclass(frozen=True)
class Blur:
    """weight × half the mean squared difference from the picture's own blurred copy.

    The copy is held fixed, so every step pulls towards it: as blurring a little at each step.
    """

    weight: float
    side: int = 5

    def __call__(self, images: Tensor) -> Tensor:
        kernel = _bell(self.side).expand(images.shape[1], 1, -1, -1)  # (C, 1, k, k)
        padded = F.pad(images.detach(), [self.side // 2] * 4, mode="replicate")
        smooth = F.conv2d(padded, kernel, groups=images.shape[1])
        return self.weight * 0.5 * (images - smooth).square().flatten(1).mean(1)


def _bell(side: int) -> Tensor:
    """(k, k) that sums to 1: a Gaussian whose standard deviation is a quarter of its side.

    torchvision's gaussian_blur equals it, but takes two seconds to be imported.
    """
    steps = torch.arange(side) - (side - 1) / 2
    line = torch.exp(-0.5 * (steps / (side / 4)) ** 2)
    kernel = torch.outer(line, line)
    return kernel / kernel.sum()
