"""Still pictures for the page: digits and maps as PNG bytes, enlarged without blur."""

import numpy as np
import streamlit as st
from torch import Tensor

from cnnviz.images import encode_png, enlarge
from cnnviz.palette import Theme, colour


def theme() -> Theme:
    """The theme the visitor looks at."""
    return "dark" if st.context.theme.type == "dark" else "light"


def digit_png(image: Tensor, factor: int = 8) -> bytes:
    """A grey picture (H, W) in [0, 1], white ink on black."""
    pixels = (np.asarray(image) * 255).round().astype(np.uint8)
    return encode_png(enlarge(pixels, factor))


def map_png(values: Tensor, limit: float, factor: int = 4) -> bytes:
    """A signed map (H, W) in the current theme's colours."""
    return encode_png(enlarge(colour(np.asarray(values), limit, theme=theme()), factor))
