"""What single units of the ImageNet network would love to see.

    unit_pictures(network, layer, channels)   -> Iterator[Frame], one color picture a channel

The recipe is that of Olah, Mordvintsev and Schubert, *Feature Visualization* (Distill 2017): waves
instead of pixels, colors that do not move together, and small shifts, turns and changes of scale.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cnnviz.feature_visualization.activation_maximization import Frame, maximize
from cnnviz.feature_visualization.objectives import channel
from cnnviz.feature_visualization.parameterization import Decode, Fourier, Size
from cnnviz.feature_visualization.transforms import Jitter, Pad, Rotate, Scale, Transform
from cnnviz.networks.imagenet import ImageNetwork

SIDE = 96
STEPS = 64
GRAY = 0.5
# Square root of the covariance of ImageNet's colors, as in Lucid: brightness varies most, green
# against magenta least. Columns are scaled by the longest, so that noise starts as plausible colors.
_COLORS = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
CONTRAST = 3.0

TRANSFORMS: tuple[Transform, ...] = (
    Pad(8, GRAY),
    Jitter(6),
    Scale(0.92, 1.08, GRAY),
    Rotate(6, GRAY),
    Jitter(4),
)


@dataclass(frozen=True)
class ColorFourier:
    """Fourier in colors as they vary in photographs: brightness, blue to yellow, green to magenta."""

    decay: float = 1.0

    def begin(self, seeds: Sequence[int], size: Size) -> tuple[Tensor, Decode]:
        values, decode = Fourier(self.decay).begin(seeds, size)
        mixing = CONTRAST * _COLORS / _COLORS.norm(dim=0).max()

        def colored(values: Tensor) -> Tensor:
            waves = torch.logit(decode(values), 1e-6)  # what Fourier had before its sigmoid
            return torch.sigmoid(torch.einsum("oc,nchw->nohw", mixing, waves))

        return values, colored


def unit_pictures(
    network: ImageNetwork,
    layer: str,
    channels: Sequence[int],
    *,
    side: int = SIDE,
    steps: int = STEPS,
    every: int = 8,
    seed: int = 0,
) -> Iterator[Frame]:
    """Frames with one picture (3, side, side) a channel. Raises NetworkError, ConfigError."""
    return maximize(
        network,
        channel(layer, list(channels)),
        images=ColorFourier(),
        transforms=TRANSFORMS,
        steps=steps,
        every=every,
        seed=seed,
        size=(3, side, side),
    )
