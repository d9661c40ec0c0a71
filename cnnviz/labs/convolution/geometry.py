"""Where a sliding window may stand: sizes, strides, paddings and dilations, checked and explained.

WindowGeometry(stride, padding, dilation, border)   how a window moves
geometry.output_size(size, kernel)                  how many places it has along one axis
size_formula(size, kernel, geometry)                the formula with these numbers in it, as LaTeX

    output = floor((W + 2P - D (F - 1) - 1) / S) + 1        (with D = 1: (W - F + 2P) / S + 1, rounded down)
"""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from cnnviz.errors import ShapeError
from cnnviz.networks.config import output_size

PaddingMode = Literal["zero", "replicate", "reflect", "circular"]
PADDING_MODES: tuple[PaddingMode, ...] = get_args(PaddingMode)
PADDING_LIMIT = 64
NOTHING = -1  # the source of a padded zero


def check_padding(size: int, padding: int, border: PaddingMode) -> None:
    """Raises ShapeError when an axis of `size` cells cannot be padded like this."""
    if border not in PADDING_MODES:
        raise ShapeError(f"There is no border called {border!r}; choose one of {', '.join(PADDING_MODES)}.")
    if not 0 <= padding <= PADDING_LIMIT:
        raise ShapeError(f"The padding must be 0 to {PADDING_LIMIT} cells, not {padding}.")
    if border == "reflect" and padding >= size:
        raise ShapeError(
            f"Reflecting {padding} cells needs an image of more than {padding}, and this one has {size}: "
            f"choose a padding of at most {size - 1}, or another border."
        )
    if border == "circular" and padding > size:
        raise ShapeError(
            f"Going round by {padding} cells would pass the whole image of {size} more than once: "
            f"choose a padding of at most {size}, or another border."
        )


def sources(size: int, padding: int, border: PaddingMode) -> Tensor:
    """int64 (size + 2 * padding,): the cell each place repeats, NOTHING for a zero. Raises ShapeError."""
    check_padding(size, padding, border)
    place = torch.arange(-padding, size + padding)  # (size + 2 * padding,)
    if border == "replicate":
        return place.clamp(0, size - 1)
    if border == "circular":
        return place % size
    if border == "reflect":
        last = size - 1
        return last - (last - place.abs()).abs()  # folded at 0, then at the last cell
    return torch.where((place < 0) | (place >= size), NOTHING, place)


def pad(image: Tensor, padding: int, border: PaddingMode = "zero") -> Tensor:
    """(..., H, W) -> (..., H + 2 * padding, W + 2 * padding). Raises ShapeError."""
    rows, columns = (sources(size, padding, border) for size in image.shape[-2:])
    padded = image[..., rows.clamp(min=0)[:, None], columns.clamp(min=0)]  # (..., H + 2P, W + 2P)
    outside = (rows == NOTHING)[:, None] | (columns == NOTHING)  # (H + 2P, W + 2P)
    return padded.masked_fill(outside, 0)


@dataclass(frozen=True)
class WindowGeometry:
    """stride: cells from one place to the next; padding: cells added on each side, as `border` says;
    dilation: cells from one weight to the next (1: no gaps)."""

    stride: int = 1
    padding: int = 0
    dilation: int = 1
    border: PaddingMode = "zero"

    def reach(self, kernel: int) -> int:
        """Cells between the first and the last that a kernel with `kernel` weights touches, both counted."""
        return self.dilation * (kernel - 1) + 1

    def output_size(self, size: int, kernel: int) -> int:
        """Places along one axis of `size` cells. Raises ShapeError when there is none, and says why."""
        self._check(size, kernel)
        places = output_size(size, kernel, self.stride, self.padding, self.dilation)
        if places < 1:
            raise ShapeError(_too_large(size, kernel, self))
        return places

    def left_over(self, size: int, kernel: int) -> int:
        """Cells at the end that no window covers, because another stride does not fit."""
        self.output_size(size, kernel)
        return (size + 2 * self.padding - self.reach(kernel)) % self.stride

    def _check(self, size: int, kernel: int) -> None:
        if size < 1 or kernel < 1:
            raise ShapeError("Image and kernel need at least one cell.")
        if self.stride < 1:
            raise ShapeError(
                f"With a stride of {self.stride} the window never gets anywhere: it would stay on its first "
                "place forever. The stride must be at least 1."
            )
        if self.dilation < 1:
            raise ShapeError(
                f"With a dilation of {self.dilation} all weights would lie on the same cell. "
                "The dilation must be at least 1, which leaves no gaps."
            )
        check_padding(size, self.padding, self.border)


def size_formula(size: int, kernel: int, geometry: WindowGeometry) -> str:
    """LaTeX of the output size with the live numbers; also for choices that leave no place."""
    padding, dilation, stride = geometry.padding, geometry.dilation, geometry.stride
    over = rf"\frac{{{size} + 2 \cdot {padding} - {dilation} \cdot ({kernel} - 1) - 1}}{{{stride}}}"
    formula = rf"\left\lfloor {over} \right\rfloor + 1"
    try:
        return f"{formula} = {geometry.output_size(size, kernel)}"
    except ShapeError:
        return rf"{formula} \;\text{{: no place}}"


def _too_large(size: int, kernel: int, geometry: WindowGeometry) -> str:
    reach, room = geometry.reach(kernel), size + 2 * geometry.padding
    spread = (
        f" with a dilation of {geometry.dilation} reaches over {reach} cells and"
        if geometry.dilation > 1
        else ""
    )
    padded = f"{size} + 2 · {geometry.padding} = {room} cells" if geometry.padding else f"{size} cells"
    enough = -(-(reach - size) // 2)
    return (
        f"A kernel of {kernel}{spread} is larger than the {'padded ' if geometry.padding else ''}image "
        f"({padded}), so it fits nowhere. Choose a smaller kernel or dilation, or a padding of at least "
        f"{enough}."
    )
