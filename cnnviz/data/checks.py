"""Whether pictures, labels and data sets are what they must be; if not, one sentence says why.

check_images(images)      uint8 or float32, of the shape they came in but for a channel of one
check_image(image)        float32 (28, 28)
check_labels(labels, ...) int64 (N,)
check_digits(digits, ...) Digits that can be trained on or measured with
"""

from typing import Any

import torch
from torch import Tensor

from cnnviz.data.mnist import Digits
from cnnviz.data.preprocessing import SIDE
from cnnviz.errors import DataError, ImageError
from cnnviz.io.pixels import as_tensor, to_floats


def check_images(images: Any) -> Tensor:
    """One image (28, 28) or many, (N, 28, 28) or (N, 1, 28, 28): as (28, 28) or (N, 28, 28).

    uint8 from 0 to 255 stays uint8; everything else becomes float32 and must lie in [0, 1].
    Raises ImageError for other shapes, other ranges, NaN, and no image at all.
    """
    found = as_tensor(images)
    if found.ndim == 4 and found.shape[1] == 1:
        found = found[:, 0]  # (N, 28, 28)
    if found.ndim not in (2, 3) or found.shape[-2:] != (SIDE, SIDE):
        raise ImageError(
            f"Images are (28, 28), (N, 28, 28) or (N, 1, 28, 28), not {tuple(found.shape)}; "
            "to_digit() makes them of other pictures."
        )
    if not len(found):
        raise ImageError("There is no image among these.")
    if found.dtype == torch.uint8:
        return found
    found = found.float()
    check_range(found)
    return found


def check_range(pixels: Tensor) -> None:
    """Raises ImageError unless all floats of a picture lie in [0, 1]."""
    low, high = pixels.aminmax()  # NaN if there is one
    if low >= 0 and high <= 1:
        return
    if not torch.isfinite(pixels).all():
        raise ImageError("The image holds values that are not numbers (NaN or infinite).")
    raise ImageError("Pixel values must lie in 0..1, or be bytes (uint8) from 0 to 255.")


def check_image(image: Any) -> Tensor:
    """The one image that is there, as float32 (28, 28) in [0, 1]. Raises ImageError."""
    images = check_images(image)
    if images.numel() != SIDE * SIDE:
        raise ImageError(f"One (28, 28) image is wanted here, not {len(images)}.")
    return to_floats(images.reshape(SIDE, SIDE))


def check_labels(labels: Any, count: int, classes: int) -> Tensor:
    """int64 (count,), each from 0 to classes - 1. Raises DataError."""
    try:
        found = as_tensor(labels)
    except ImageError as error:
        raise DataError(f"Labels must be whole numbers. {error}") from error
    if found.is_floating_point() or found.dtype == torch.bool:
        raise DataError(f"Labels are whole numbers, not {str(found.dtype).removeprefix('torch.')}.")
    if found.ndim != 1:
        raise DataError(f"Labels are (N,), one number an image, not {tuple(found.shape)}.")
    if len(found) != count:
        raise DataError(f"There are {count:,} images and {len(found):,} labels; each image needs one.")
    found = found.long()
    wrong = found[(found < 0) | (found >= classes)]
    if len(wrong):
        raise DataError(f"Labels are from 0 to {classes - 1}, and there is a {int(wrong[0])}.")
    return found


def check_digits(digits: Any, what: str, classes: int, empty: bool = False) -> Digits:
    """Digits with images (N, 28, 28) and labels int64 (N,). what: they are for, as "training".

    empty: none at all will do as well. Raises DataError.
    """
    if not isinstance(digits, Digits):
        raise DataError(f"The {what} digits must be Digits(images, labels), not {type(digits).__name__}.")
    try:
        if empty and as_tensor(digits.images).numel() == as_tensor(digits.labels).numel() == 0:
            return digits
        images = check_images(digits.images)
        images = images.reshape(-1, SIDE, SIDE)  # (N, 28, 28)
        return Digits(images, check_labels(digits.labels, len(images), classes))
    except (ImageError, DataError) as error:
        raise DataError(f"The {what} digits cannot be used. {error}") from error
