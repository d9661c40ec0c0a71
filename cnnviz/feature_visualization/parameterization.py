"""How a picture is written in numbers an ascent may change; each way of writing favours other pictures.

    Pixels()              every pixel on its own: rises slowly, likes noise
    Fourier(decay=1)      waves, the long ones louder: all scales move together (Olah et al. 2017)
    Spectrum(magnitude)   the loudness of every wave is given, only its phase is free (MACO, Fel et al. 2023)
    GivenImage(images)    start from these pictures, pixel by pixel

`begin(seeds, size)` gives the start values, one picture a seed, and the function that turns values
into pictures (N, C, H, W) in [0, 1].
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from cnnviz.errors import ConfigError

Size = tuple[int, int, int]  # channels, height, width
Decode = Callable[[Tensor], Tensor]


class ImageParameters(Protocol):
    def begin(self, seeds: Sequence[int], size: Size) -> tuple[Tensor, Decode]:
        """Start values (N, ...), and values -> pictures (N, C, H, W) in [0, 1], differentiable."""


@dataclass(frozen=True)
class Pixels:
    """The logit of every pixel; starts as even gray with normal noise of this standard deviation."""

    standard_deviation: float = 0.01

    def begin(self, seeds: Sequence[int], size: Size) -> tuple[Tensor, Decode]:
        return self.standard_deviation * _noise(seeds, size), torch.sigmoid


@dataclass(frozen=True)
class Fourier:
    """Coefficients of waves, scaled by 1 / frequency^decay, then a sigmoid.

    A larger decay makes smoother pictures; 0 weighs all waves alike, as pixels do.
    """

    decay: float = 1.0
    standard_deviation: float = 0.01

    def begin(self, seeds: Sequence[int], size: Size) -> tuple[Tensor, Decode]:
        channels, height, width = size
        frequency = _frequencies(height, width)  # (H, W // 2 + 1) cycles a pixel
        scale = frequency.clamp(min=1 / max(height, width)) ** -self.decay
        scale = (scale * math.sqrt(height * width))[..., None]
        values = self.standard_deviation * _noise(seeds, (channels, *frequency.shape, 2))

        def decode(values: Tensor) -> Tensor:
            waves = torch.view_as_complex(values * scale)  # (N, C, H, W // 2 + 1)
            # A quarter keeps the noise at the start within the sigmoid's steep part (Lucid does the same).
            return torch.sigmoid(torch.fft.irfft2(waves, s=(height, width)) / 4)

        return values, decode


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Each wave as loud as in `magnitude` (H, W // 2 + 1), the mean |rfft2| of real pictures.

    Only the phases are free: where each wave has its crests. Pictures start with random ones.
    contrast × (picture − floor), cut to [0, 1]: a floor above 0 keeps the ripples between strokes
    from graying the paper.
    """

    magnitude: Tensor
    contrast: float = 1.5
    floor: float = 0.1

    def begin(self, seeds: Sequence[int], size: Size) -> tuple[Tensor, Decode]:
        channels, height, width = size
        if self.magnitude.shape != (height, width // 2 + 1):
            raise ConfigError(f"The spectrum is one of other pictures than {height} × {width}.")
        values = math.pi * (2 * _uniform(seeds, (channels, *self.magnitude.shape)) - 1)
        fixed = torch.ones_like(self.magnitude)
        fixed[0, 0] = 0  # the mean brightness has no phase

        def decode(phases: Tensor) -> Tensor:
            waves = torch.polar(self.magnitude.expand_as(phases), phases * fixed)  # (N, C, H, W // 2 + 1)
            images: Tensor = torch.fft.irfft2(waves, s=(height, width))
            return (self.contrast * (images - self.floor)).clamp(0, 1)

        return values, decode


@dataclass(frozen=True, eq=False)
class GivenImage:
    """Start from pictures (N, C, H, W) or one (C, H, W) in [0, 1]; values are the pixels themselves."""

    images: Tensor

    def begin(self, seeds: Sequence[int], size: Size) -> tuple[Tensor, Decode]:
        if self.images.shape[-3:] != size:
            raise ConfigError(f"The start picture is {tuple(self.images.shape[-3:])}, not {size}.")
        values = self.images.detach().reshape(-1, *size).expand(len(seeds), *size).clone()
        return values, _clip


def mean_magnitude(images: Tensor) -> Tensor:
    """(H, W // 2 + 1): the mean |rfft2| of pictures (N, H, W), what Spectrum needs."""
    waves: Tensor = torch.fft.rfft2(images)
    return waves.abs().mean(0)


def _clip(values: Tensor) -> Tensor:
    clipped: Tensor = _Clip.apply(values)
    return clipped


class _Clip(torch.autograd.Function):
    """Clamp to [0, 1] for an ascent: a pixel at the edge may come back, but is not pushed further out."""

    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        context.save_for_backward(values)
        return values.clamp(0, 1)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        (values,) = context.saved_tensors
        outwards = ((values <= 0) & (gradient < 0)) | ((values >= 1) & (gradient > 0))
        return gradient.masked_fill(outwards, 0.0)


def _noise(seeds: Sequence[int], shape: tuple[int, ...]) -> Tensor:
    """(N, *shape) normal numbers; each picture's own seed, so that it is the same in any batch."""
    return torch.stack([torch.randn(shape, generator=_generator(seed)) for seed in seeds])


def _uniform(seeds: Sequence[int], shape: tuple[int, ...]) -> Tensor:
    return torch.stack([torch.rand(shape, generator=_generator(seed)) for seed in seeds])


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _frequencies(height: int, width: int) -> Tensor:
    """(H, W // 2 + 1): each coefficient's frequency in cycles a pixel."""
    return torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None])
