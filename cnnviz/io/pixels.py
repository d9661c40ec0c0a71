"""Pixels: bytes as pictures are kept and sent, floats in [0, 1] as they are computed with.

    to_floats(pixels)   whole numbers 0 to 255 -> float32 in [0, 1]; floats keep their values
    to_bytes(values)    and back, to the nearest of the 256 gray levels
    as_tensor(values)   whatever holds numbers, as a tensor

No other module divides or multiplies by 255.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnnviz.errors import ImageError


def to_floats(pixels: Tensor) -> Tensor:
    """float32 of the same shape: uint8 0..255 becomes 0..1, other types keep their values."""
    return pixels.float() / 255 if pixels.dtype == torch.uint8 else pixels.float()


def to_bytes(values: Tensor) -> Tensor:
    """uint8 of the same shape for floats in [0, 1]."""
    return (values * 255).round().to(torch.uint8)


def as_tensor(values: Any) -> Tensor:
    """A tensor as it is, without its graph; a copy of anything NumPy can read, views of any stride too.

    Raises ImageError for what holds no real numbers, or rows of different length.
    """
    try:
        # A copy, because PyTorch takes no view with negative strides and no memory it may not write.
        found = values.detach() if isinstance(values, Tensor) else torch.from_numpy(np.array(values))
    except (TypeError, ValueError, RuntimeError) as error:
        kind = type(values).__name__
        raise ImageError(f"Numbers are needed, as a tensor or an array; this is {kind!r}.") from error
    if found.is_complex():
        raise ImageError("Real numbers are needed; these are complex.")
    return found
