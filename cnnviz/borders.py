"""What lies beyond the edge of an image: five answers.

zero       nothing: the cells are 0
replicate  the nearest cell of the image goes on ("extend")
reflect    the image is mirrored at its outermost cells
circular   the image begins again from the other side
crop       no cells are added at all: the window stays inside (padding 0)

pad(image, padding, border)       the padded image
sources(size, padding, border)    which cell each padded place repeats
"""

from typing import Literal, get_args

import torch
from torch import Tensor

from cnnviz.errors import ShapeError

Border = Literal["zero", "replicate", "reflect", "circular"]
BORDERS: tuple[Border, ...] = get_args(Border)
PADDING_LIMIT = 64
NOTHING = -1  # the source of a padded zero


def check_border(size: int, padding: int, border: Border) -> None:
    """Raises ShapeError when an axis of `size` cells cannot be padded like this."""
    if border not in BORDERS:
        raise ShapeError(f"There is no border called {border!r}; choose one of {', '.join(BORDERS)}.")
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


def sources(size: int, padding: int, border: Border) -> Tensor:
    """int64 (size + 2 * padding,): the cell each place repeats, NOTHING for a zero. Raises ShapeError."""
    check_border(size, padding, border)
    place = torch.arange(-padding, size + padding)  # (size + 2 * padding,)
    if border == "replicate":
        return place.clamp(0, size - 1)
    if border == "circular":
        return place % size
    if border == "reflect":
        last = size - 1
        return last - (last - place.abs()).abs()  # folded at 0, then at the last cell
    return torch.where((place < 0) | (place >= size), NOTHING, place)


def pad(image: Tensor, padding: int, border: Border = "zero") -> Tensor:
    """(..., H, W) -> (..., H + 2 * padding, W + 2 * padding). Raises ShapeError."""
    rows, columns = (sources(size, padding, border) for size in image.shape[-2:])
    padded = image[..., rows.clamp(min=0)[:, None], columns.clamp(min=0)]  # (..., H + 2P, W + 2P)
    outside = (rows == NOTHING)[:, None] | (columns == NOTHING)  # (H + 2P, W + 2P)
    return padded.masked_fill(outside, 0)
