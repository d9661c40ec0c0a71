"""Images and kernels as sums of waves.

split(image, radius)           the slow part and the fast part of an image; together they are the image
amplitudes(image)              how much of each wave is in it, the constant in the middle
frequencies(height, width)     each wave's frequency in cycles a pixel, laid out like amplitudes
gain(kernel, size)             |H(f)|: by how much a kernel multiplies each wave
gain_by_frequency(kernel)      the same along the distance from the middle: mean, least and most

The fastest wave a grid of pixels can carry changes at every pixel: half a cycle a pixel along a row
or column, 0.71 along the diagonal. The Fourier transform takes images as going round at their edges.
"""

from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor

from cnnviz.errors import ConfigError
from cnnviz.interpret.filters import spectrum

FASTEST = sqrt(0.5)  # cycles a pixel, along the diagonal
GAIN_SIZE = 64


@dataclass(frozen=True, eq=False)
class Parts:
    """low + high is the image. energy: the share of its squared deviations from the mean that low holds."""

    low: Tensor  # (H, W)
    high: Tensor  # (H, W)
    mask: Tensor  # bool (H, W): the waves in low, the constant in the middle
    energy: float


@dataclass(frozen=True, eq=False)
class GainCurve:
    """frequency: cycles a pixel (B,); over all directions the mean, least and largest gain, (B,) each."""

    frequency: Tensor
    mean: Tensor
    least: Tensor
    most: Tensor


def split(image: Tensor, radius: float) -> Parts:
    """Waves of an image (H, W) up to `radius` cycles a pixel, and those beyond. Raises ConfigError."""
    if not 0 <= radius <= 1:
        raise ConfigError(f"A radius is 0 to 1 cycles a pixel, not {radius:g}.")
    mask = frequencies(*image.shape) <= radius  # (H, W)
    waves = torch.fft.fft2(image)  # (H, W)
    low = torch.fft.ifft2(waves * torch.fft.ifftshift(mask)).real
    fine = (image - image.mean()).square().sum()
    rest = (low - image.mean()).square().sum()
    return Parts(low, image - low, mask, float(rest / fine) if fine > 1e-12 else 1.0)


def amplitudes(image: Tensor) -> Tensor:
    """(H, W): the magnitude of each wave's share of an image (H, W), a pixel; the constant in the middle."""
    waves: Tensor = torch.fft.fftshift(torch.fft.fft2(image))
    return waves.abs() / image.numel()


def frequencies(height: int, width: int) -> Tensor:
    """float64 (height, width): cycles a pixel of each place of amplitudes()."""
    down = torch.fft.fftshift(torch.fft.fftfreq(height, dtype=torch.float64))
    across = torch.fft.fftshift(torch.fft.fftfreq(width, dtype=torch.float64))
    return torch.hypot(down[:, None], across[None])  # (height, width)


def gain(kernel: Tensor, size: int = GAIN_SIZE) -> Tensor:
    """(size, size): |H(f)| of a kernel (h, w); the middle is the sum of its weights, without sign."""
    return spectrum(kernel, size)


def gain_by_frequency(kernel: Tensor, bins: int = 24, size: int = GAIN_SIZE) -> GainCurve:
    """|H(f)| of a kernel (h, w) gathered in rings of equal width around the middle."""
    values, distance = gain(kernel, size).flatten(), frequencies(size, size).flatten()
    ring = (distance / FASTEST * (bins - 1)).round().long()  # (size * size,)
    rings = [values[ring == at] for at in range(bins)]
    return GainCurve(
        torch.arange(bins, dtype=torch.float64) * FASTEST / (bins - 1),
        torch.stack([each.mean() for each in rings]),
        torch.stack([each.amin() for each in rings]),
        torch.stack([each.amax() for each in rings]),
    )
