"""Still pictures for the page: digits and maps as PNG bytes, enlarged without blur."""

import base64

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.colors import Theme
from cnnviz.io.images import encode_png, enlarge
from cnnviz.io.pixels import to_bytes

PNG_URI = "data:image/png;base64,"  # how an address that holds a PNG itself begins


def theme() -> Theme:
    """The theme the visitor looks at."""
    return "dark" if st.context.theme.type == "dark" else "light"


def digit_png(image: Tensor, factor: int = 8) -> bytes:
    """A gray picture (H, W) in [0, 1], white ink on black."""
    pixels = to_bytes(torch.as_tensor(image)).numpy()
    return encode_png(enlarge(pixels, factor))


def digit_uri(image: Tensor, factor: int = 2) -> str:
    """The same as an address that holds the picture itself, for tables."""
    return PNG_URI + base64.b64encode(digit_png(image, factor)).decode()


def square_png(image: NDArray[np.float32], side: int = 240) -> bytes:
    """A gray picture of any shape, as large as it fits, centered on a dark gray square."""
    factor = max(1, side // max(image.shape))
    pixels = enlarge(to_bytes(torch.from_numpy(image)).numpy(), factor)
    longest = max(pixels.shape)
    square = np.full((longest, longest), 60, np.uint8)
    top, left = (longest - pixels.shape[0]) // 2, (longest - pixels.shape[1]) // 2
    square[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return encode_png(square)
