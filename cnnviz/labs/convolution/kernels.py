"""Kernels people wrote by hand, and the small images one meets them on.

CLASSIC          name -> ClassicKernel
EXAMPLES         name -> Example: small images of whole numbers
parse_kernel()   a kernel from text, cell by cell
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cnnviz.errors import ShapeError

KERNEL_LIMIT = 7  # cells a side
WEIGHT_LIMIT = 1e6

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class ClassicKernel:
    """A kernel, what to call it, and what it is for."""

    label: str
    rows: Rows
    use: str

    @property
    def kernel(self) -> Tensor:
        """float64 (h, w)."""
        return torch.tensor(self.rows, dtype=torch.float64)


@dataclass(frozen=True)
class Example:
    """A small image of whole numbers."""

    label: str
    rows: Rows

    @property
    def image(self) -> Tensor:
        """float64 (H, W)."""
        return torch.tensor(self.rows, dtype=torch.float64)


def _rows(values: Tensor) -> Rows:
    return tuple(map(tuple, values.tolist()))


def _box(side: int) -> Rows:
    return _rows(torch.full((side, side), 1 / side**2, dtype=torch.float64))


def _bell(side: int) -> Rows:
    """The binomial numbers, which approach a Gaussian: 1 2 1 along each axis for a side of 3."""
    line = torch.tensor([math.comb(side - 1, at) for at in range(side)], dtype=torch.float64)
    return _rows(torch.outer(line, line) / 4 ** (side - 1))


CLASSIC = {
    "sobel_left": ClassicKernel(
        "Sobel, left minus right", ((1, 0, -1), (2, 0, -2), (1, 0, -1)), "positive where the left is lighter"
    ),
    "sobel_x": ClassicKernel(
        "Sobel x, right minus left",
        ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
        "positive where the right is lighter",
    ),
    "sobel_y": ClassicKernel(
        "Sobel y, below minus above",
        ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
        "positive where it is lighter below",
    ),
    "column": ClassicKernel("Left column, 2 × 2", ((1, 0), (1, 0)), "adds two cells of a column"),
    "identity": ClassicKernel("Identity", ((0, 0, 0), (0, 1, 0), (0, 0, 0)), "changes nothing"),
    "box3": ClassicKernel("Box blur, 3 × 3", _box(3), "the plain mean of the window"),
    "box5": ClassicKernel("Box blur, 5 × 5", _box(5), "the plain mean of a larger window"),
    "gauss3": ClassicKernel("Gaussian blur, 3 × 3", _bell(3), "a mean in which near cells count more"),
    "gauss5": ClassicKernel("Gaussian blur, 5 × 5", _bell(5), "a wider mean in which near cells count more"),
    "gauss7": ClassicKernel("Gaussian blur, 7 × 7", _bell(7), "a wide mean in which near cells count more"),
    "sharpen": ClassicKernel(
        "Sharpen",
        ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
        "the cell plus how far it stands out from its neighbours",
    ),
    "laplacian": ClassicKernel(
        "Laplacian", ((0, 1, 0), (1, -4, 1), (0, 1, 0)), "how far the four neighbors lie above the middle"
    ),
    "high_pass": ClassicKernel(
        "High-pass",
        ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
        "how far the middle lies above its eight neighbours",
    ),
    "emboss": ClassicKernel(
        "Emboss", ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)), "light from the upper left on a relief"
    ),
}

EXAMPLES = {
    "edge": Example("Dark to light, 6 × 6", ((10, 10, 10, 100, 100, 100),) * 6),
    "tiny": Example("Three by three", ((1, 5, 2), (8, 1, 6), (3, 4, 7))),
    "nine": Example("1 to 9, 3 × 3", _rows(torch.arange(1.0, 10).reshape(3, 3))),
    "count": Example("1 to 25, 5 × 5", _rows(torch.arange(1.0, 26).reshape(5, 5))),
}
POOLING_EXAMPLES = {
    "four": Example(
        "Feature map, 4 × 4", ((12, 20, 30, 0), (8, 12, 2, 0), (34, 70, 37, 4), (112, 100, 25, 12))
    ),
    "one": Example("One window, 2 × 2", ((1, 9), (5, 4))),
}


def parse_kernel(cells: Sequence[Sequence[str]]) -> Tensor:
    """float64 (h, w) from the text of each cell; an empty cell is 0, "1/9" a fraction.

    Raises ShapeError for a kernel of more than 7 × 7 cells and for text that is no number.
    """
    sides = {len(row) for row in cells}
    if not 1 <= len(cells) <= KERNEL_LIMIT or len(sides) != 1 or not 1 <= min(sides) <= KERNEL_LIMIT:
        raise ShapeError(f"A kernel has 1 to {KERNEL_LIMIT} rows and columns, all equally long.")
    rows = [[_weight(text, (r, c)) for c, text in enumerate(row)] for r, row in enumerate(cells)]
    return torch.tensor(rows, dtype=torch.float64)


def _weight(text: str, place: tuple[int, int]) -> float:
    above, _, below = text.strip().replace("−", "-")[:40].partition("/")
    try:
        weight = float(above or 0) / float(below or 1)
    except (ValueError, ZeroDivisionError):
        weight = math.nan
    if not abs(weight) <= WEIGHT_LIMIT:
        shown = f"“{text.strip()[:12]}” in row {place[0]}, column {place[1]} of the kernel"
        raise ShapeError(
            f"{shown} is not a number a weight can be; write it in digits, such as −2, 0.5 or 1/9."
        )
    return weight


CHANNELS = ("Red", "Green", "Blue")
BRIGHTNESS = (0.299, 0.587, 0.114)  # how bright red, green and blue look (ITU-R BT.601)


@dataclass(frozen=True)
class ColorKernel:
    """A classic kernel, and how much of it each color gets."""

    label: str
    shape: str  # of CLASSIC
    shares: tuple[float, float, float]
    use: str

    @property
    def kernel(self) -> Tensor:
        """float64 (3, h, w)."""
        shares = torch.tensor(self.shares, dtype=torch.float64)
        return shares[:, None, None] * CLASSIC[self.shape].kernel


COLOR_KERNELS = {
    "red_green": ColorKernel("Red minus green", "box3", (1, -1, 0), "positive on what is redder than green"),
    "blue_yellow": ColorKernel(
        "Blue minus yellow", "box3", (-0.5, -0.5, 1), "positive on what is bluer than yellow"
    ),
    "brightness": ColorKernel("Brightness", "identity", BRIGHTNESS, "the picture in grey"),
    "edges": ColorKernel("Edges in any colour", "sobel_x", (1, 1, 1), "positive where the right is lighter"),
    "colour_edge": ColorKernel(
        "Red-green edges", "sobel_x", (1, -1, 0), "sees an edge between red and green of equal brightness"
    ),
    "blue_detail": ColorKernel("Detail in blue", "high_pass", (0, 0, 1), "listens to one color alone"),
}


def gray(photo: Tensor) -> Tensor:
    """(3, H, W) -> (H, W): brightness, as eyes weigh the colors."""
    shares = torch.tensor(BRIGHTNESS, dtype=photo.dtype)
    return torch.einsum("c,chw->hw", shares, photo)
