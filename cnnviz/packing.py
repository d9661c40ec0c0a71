"""A 28x28 picture as a short text, for links and files."""

import base64
import zlib

import numpy as np
import torch
from torch import Tensor

from cnnviz.drawing import SIDE
from cnnviz.errors import NothingDrawn

LIMIT = 4_000  # characters of a packed picture


def pack_image(image: Tensor) -> str:
    """(28, 28) in 256 grey levels as URL-safe text, about 300 characters."""
    content = (image * 255).round().to(torch.uint8).numpy().tobytes()
    return base64.urlsafe_b64encode(zlib.compress(content, 9)).decode().rstrip("=")


def unpack_image(text: str) -> Tensor:
    """Inverse of pack_image. Raises NothingDrawn when the text is not such a picture."""
    try:
        packed = base64.urlsafe_b64decode(text[:LIMIT] + "=" * (-len(text) % 4))
        content = zlib.decompressobj().decompress(packed, SIDE * SIDE + 1)
        pixels = np.frombuffer(content, np.uint8).reshape(SIDE, SIDE)
    except (ValueError, zlib.error) as error:
        raise NothingDrawn("The drawing in this link is damaged.") from error
    return torch.from_numpy(pixels.copy()).float() / 255
