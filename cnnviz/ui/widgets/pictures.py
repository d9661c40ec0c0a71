"""Still pictures for the page: digits and maps as PNG, enlarged without blur.

An address that holds the picture itself is drawn as it is; of bytes, Streamlit would read and scale the
picture again in every rerun.
"""

import base64
import functools

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
    """The same as an address that holds the picture itself."""
    pixels = to_bytes(torch.as_tensor(image)).numpy()
    return _uri(pixels.tobytes(), pixels.shape, factor)


@functools.lru_cache(maxsize=256)
def _uri(pixels: bytes, shape: tuple[int, ...], factor: int) -> str:
    return _address(enlarge(np.frombuffer(pixels, np.uint8).reshape(shape), factor))


def square_uri(image: NDArray[np.float32], side: int = 240) -> str:
    """A gray picture of any shape, as large as it fits, centered on a dark gray square."""
    factor = max(1, side // max(image.shape))
    pixels = enlarge(to_bytes(torch.from_numpy(image)).numpy(), factor)
    longest = max(pixels.shape)
    square = np.full((longest, longest), 60, np.uint8)
    top, left = (longest - pixels.shape[0]) // 2, (longest - pixels.shape[1]) // 2
    square[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return _address(square)


def _address(pixels: NDArray[np.uint8]) -> str:
    return PNG_URI + base64.b64encode(encode_png(pixels)).decode()
