"""Reading pictures people send, within limits, and writing small ones.

decode(content)    bytes of a PNG, JPEG or WEBP -> uint8 pixels
encode_png(pixels) the reverse
"""

import io
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from cnnviz.errors import ImageError

FORMATS = ("PNG", "JPEG", "WEBP")
SIZE_LIMIT = 10_000_000  # bytes
PIXEL_LIMIT = 16_000_000
SIDE_LIMIT = 8192
WORKING_SIDE = 1024  # larger pictures are reduced to this, which a digit never misses


def decode(content: bytes) -> NDArray[np.uint8]:
    """The picture as uint8 (H, W), (H, W, 3) or (H, W, 4), upright, longer side at most 1,024.

    Size and format are checked before a pixel is decoded. Raises ImageError.
    """
    if not content:
        raise ImageError("The file is empty.")
    if len(content) > SIZE_LIMIT:
        raise ImageError(f"The file is larger than {SIZE_LIMIT // 1_000_000} MB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _check_size(*image.size)
                return _pixels(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"The picture has more than {PIXEL_LIMIT // 1_000_000} megapixels.") from error
    except (OSError, ValueError, SyntaxError, MemoryError) as error:
        raise ImageError("This is not a readable PNG, JPEG or WEBP picture.") from error


def read_picture(path: Path) -> NDArray[np.uint8]:
    """decode() of a file. Raises ImageError, also when there is no such file."""
    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise ImageError(f"The picture {path} cannot be read: {error.strerror}.") from error


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """PNG bytes of uint8 (H, W), (H, W, 3) or (H, W, 4)."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def enlarge(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Each pixel as a factor x factor square, so that a browser does not blur it."""
    return np.repeat(np.repeat(pixels, factor, axis=0), factor, axis=1)


def _check_size(width: int, height: int) -> None:
    if width * height > PIXEL_LIMIT or max(width, height) > SIDE_LIMIT:
        raise ImageError(
            f"The picture is {width:,} x {height:,}; at most {PIXEL_LIMIT // 1_000_000} megapixels "
            f"and {SIDE_LIMIT:,} a side can be read."
        )


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    upright = ImageOps.exif_transpose(image)
    has_alpha = "A" in upright.mode or "transparency" in upright.info
    mode = "RGBA" if has_alpha else "L" if upright.mode in ("1", "L") else "RGB"
    converted = upright.convert(mode)
    converted.thumbnail((WORKING_SIDE, WORKING_SIDE))
    return np.asarray(converted)
