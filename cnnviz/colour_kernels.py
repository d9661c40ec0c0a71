"""Filters for colour pictures, written by hand: one slice for red, one for green, one for blue.

COLOURED     name -> ColourKernel
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from cnnviz.classic_kernels import CLASSIC

CHANNELS = ("Red", "Green", "Blue")
BRIGHTNESS = (0.299, 0.587, 0.114)  # how bright red, green and blue look (ITU-R BT.601)


@dataclass(frozen=True)
class ColourKernel:
    """A classic kernel, and how much of it each colour gets."""

    label: str
    shape: str  # of CLASSIC
    shares: tuple[float, float, float]
    use: str

    @property
    def kernel(self) -> Tensor:
        """float64 (3, h, w)."""
        shares = torch.tensor(self.shares, dtype=torch.float64)
        return shares[:, None, None] * CLASSIC[self.shape].kernel


COLOURED = {
    "red_green": ColourKernel("Red minus green", "box3", (1, -1, 0), "positive on what is redder than green"),
    "blue_yellow": ColourKernel(
        "Blue minus yellow", "box3", (-0.5, -0.5, 1), "positive on what is bluer than yellow"
    ),
    "brightness": ColourKernel("Brightness", "identity", BRIGHTNESS, "the picture in grey"),
    "edges": ColourKernel("Edges in any colour", "sobel_x", (1, 1, 1), "positive where the right is lighter"),
    "colour_edge": ColourKernel(
        "Red-green edges", "sobel_x", (1, -1, 0), "sees an edge between red and green of equal brightness"
    ),
    "blue_detail": ColourKernel("Detail in blue", "high_pass", (0, 0, 1), "listens to one colour alone"),
}


def grey(photo: Tensor) -> Tensor:
    """(3, H, W) -> (H, W): brightness, as eyes weigh the colours."""
    shares = torch.tensor(BRIGHTNESS, dtype=photo.dtype)
    return torch.einsum("c,chw->hw", shares, photo)
