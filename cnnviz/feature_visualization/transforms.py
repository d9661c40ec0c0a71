"""Small disturbances a picture must survive; what only works at one exact place and angle is lost.

    Pad(4)  Jitter(2)  Rotate(5)  Scale(0.95, 1.05)

`draw(generator)` fixes one step's disturbance, the same for all pictures of a batch: a function of
pictures (N, C, H, W). The ascent crops the middle out afterwards, so Pad gives room for the others.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.errors import ConfigError

Disturb = Callable[[Tensor], Tensor]


class Transform(Protocol):
    def draw(self, generator: torch.Generator) -> Disturb: ...


@dataclass(frozen=True)
class Pad:
    """A margin of this many pixels in the background's value: 0 for digits, 0.5 for photographs."""

    pixels: int
    background: float = 0.0

    def __post_init__(self) -> None:
        _check(self.pixels >= 0, "A margin has at least 0 pixels.")

    def draw(self, generator: torch.Generator) -> Disturb:  # noqa: ARG002 - always the same margin
        return lambda images: F.pad(images, [self.pixels] * 4, value=self.background)


@dataclass(frozen=True)
class Jitter:
    """A shift by up to `pixels` each way; what leaves on one side comes in on the other."""

    pixels: int

    def __post_init__(self) -> None:
        _check(self.pixels >= 0, "The jitter is at least 0 pixels.")

    def draw(self, generator: torch.Generator) -> Disturb:
        down, right = torch.randint(-self.pixels, self.pixels + 1, (2,), generator=generator).tolist()
        return lambda images: torch.roll(images, (down, right), (2, 3))


@dataclass(frozen=True)
class Rotate:
    """A turn by up to `degrees` each way about the middle."""

    degrees: float
    background: float = 0.0

    def draw(self, generator: torch.Generator) -> Disturb:
        angle = math.radians(_between(-self.degrees, self.degrees, generator))
        cosine, sine = math.cos(angle), math.sin(angle)
        return lambda images: _resample(images, [[cosine, -sine], [sine, cosine]], self.background)


@dataclass(frozen=True)
class Scale:
    """Larger or smaller by a factor from `low` to `high` about the middle, evenly on a log scale."""

    low: float
    high: float
    background: float = 0.0

    def __post_init__(self) -> None:
        _check(0 < self.low <= self.high, "Scales are positive and in order.")

    def draw(self, generator: torch.Generator) -> Disturb:
        step = math.exp(-_between(math.log(self.low), math.log(self.high), generator))
        return lambda images: _resample(images, [[step, 0.0], [0.0, step]], self.background)


def crop_middle(images: Tensor, height: int, width: int) -> Tensor:
    """The middle (height, width) of pictures at least that large."""
    top, left = (images.shape[2] - height) // 2, (images.shape[3] - width) // 2
    return images[:, :, top : top + height, left : left + width]


def _resample(images: Tensor, matrix: list[list[float]], background: float) -> Tensor:
    """Bilinear sampling of square pixels; beyond the edge lies the background.

    torchvision's affine counts the background twice at the edge, where a pixel is part of both.
    """
    height, width = images.shape[2:]
    (a, b), (c, d) = matrix  # on pixels; grid_sample counts in half widths and heights
    theta = torch.tensor([[a, b * height / width, 0.0], [c * width / height, d, 0.0]])
    grid = F.affine_grid(theta[None], [1, 1, height, width], align_corners=False)  # (1, H, W, 2)
    grid = grid.expand(len(images), -1, -1, -1)
    return F.grid_sample(images - background, grid, align_corners=False) + background


def _between(low: float, high: float, generator: torch.Generator) -> float:
    return low + (high - low) * float(torch.rand((), generator=generator))


def _check(fine: bool, message: str) -> None:
    if not fine:
        raise ConfigError(message)
