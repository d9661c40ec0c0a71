"""The scrambled-parts test: a digit's four quarters change places; every part is there, nothing fits.

    scramble(images, order)      the quarters moved
    still_claimed(...)           how often a network goes on claiming the same digit

Also called the Picasso test, after faces whose parts are all present and all in the wrong place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

import torch
from torch import Tensor

from cnnviz.errors import ImageError

SURE = 0.5  # a claim is a confidence above this
# The nine ways to move four quarters so that none stays; order[k] is the quarter that comes to place k.
ORDERS = tuple(order for order in permutations(range(4)) if all(k != part for k, part in enumerate(order)))

Confidence = Callable[[Tensor], Tensor]  # images (N, 28, 28) -> (N, 10) in [0, 1]


@dataclass(frozen=True)
class Claims:
    """Of n digits, how many were claimed whole (confidence above 0.5), and of those, scrambled as well."""

    n: int
    whole: int
    scrambled: int

    @property
    def share(self) -> float:
        """Of the digits claimed whole, those still claimed to be the same digit."""
        return self.scrambled / max(self.whole, 1)


def scramble(images: Tensor, order: tuple[int, ...]) -> Tensor:
    """Images (..., H, W), even sides, with quarter order[k] at place k; quarters count row by row."""
    height, width = images.shape[-2:]
    if sorted(order) != [0, 1, 2, 3] or height % 2 or width % 2:
        raise ImageError("Four quarters of an even-sided picture are put in an order of 0, 1, 2, 3.")
    halves = [half.split(width // 2, -1) for half in images.split(height // 2, -2)]
    quarters = [halves[part // 2][part % 2] for part in order]
    return torch.cat([torch.cat(quarters[:2], -1), torch.cat(quarters[2:], -1)], -2)


def scramble_each(images: Tensor) -> Tensor:
    """Images (N, H, W), the nine orders taken in turn."""
    return torch.stack([scramble(image, ORDERS[k % len(ORDERS)]) for k, image in enumerate(images)])


def still_claimed(confidence: Confidence, images: Tensor) -> Claims:
    """Whether the digit a network claims to see in an image is claimed again when its quarters move."""
    sure, digits = confidence(images).max(1)  # (N,), (N,)
    after = confidence(scramble_each(images)).gather(1, digits[:, None])[:, 0]  # (N,)
    whole = sure > SURE
    return Claims(len(images), int(whole.sum()), int((whole & (after > SURE)).sum()))
