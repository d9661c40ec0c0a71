"""The image the convolution page is about: an example, the current digit, or a photograph in grey.

choose_image()      the control; its value is in the address
current_picture()   what it chose last, where it is not on screen
"""

from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from cnnviz.classic_kernels import EXAMPLES
from cnnviz.colour_kernels import grey
from cnnviz.photos import PHOTOS, SMALLEST, load_photo
from cnnviz.ui import session
from cnnviz.ui.link import select

IMAGE, FIRST, DIGIT = "image", "edge", "digit"
PHOTO_SIDE = 48  # pixels of the longer side: few enough to point at


@dataclass(frozen=True, eq=False)
class Picture:
    """image: float64 (H, W), white at `limit`; program: Python that makes it."""

    name: str
    label: str
    image: Tensor
    limit: float
    program: str


def choose_image(key: str = IMAGE, first: str = FIRST, side: int = PHOTO_SIDE) -> Picture:
    """One of the examples, the current digit, or a carried photograph in grey."""
    return _picture(select("Image", [*EXAMPLES, DIGIT, *PHOTOS], key, first, _image_label), side)


def current_picture() -> Picture:
    """What choose_image() chose last, also where it is not on screen."""
    return _picture(st.session_state.get(IMAGE, FIRST), PHOTO_SIDE)


def _image_label(name: str) -> str:
    if name == DIGIT:
        return "The current digit"
    return EXAMPLES[name].label if name in EXAMPLES else f"Photograph: {PHOTOS[name].label}"


def _picture(name: str, side: int) -> Picture:
    if name in EXAMPLES:
        program = (
            f"from cnnviz.classic_kernels import EXAMPLES\n\nimage = EXAMPLES[{name!r}].image  # (H, W)\n"
        )
        return Picture(
            name, EXAMPLES[name].label, EXAMPLES[name].image, float(EXAMPLES[name].image.max()), program
        )
    if name == DIGIT:
        digit = session.current_digit()
        return Picture(name, digit.caption, digit.image.double(), 1.0, "")
    side = fitting_side(name, side)
    program = (
        "from cnnviz.colour_kernels import grey\nfrom cnnviz.photos import load_photo\n\n"
        f"image = grey(load_photo({name!r}, {side}).double())  # (H, W)\n"
    )
    label = f"{PHOTOS[name].label}, in grey"
    return Picture(name, label, grey(photograph(name, side)), 1.0, program)


@st.cache_data(max_entries=32, show_spinner=False)
def photograph(name: str, side: int) -> Tensor:
    """A carried photograph, float64 (3, H, W) in [0, 1]."""
    return load_photo(name, side).double()


@st.cache_data(max_entries=32, show_spinner=False)
def fitting_side(name: str, side: int) -> int:
    """`side`, or the least longer side that a photograph of this shape can be reduced to."""
    shape = load_photo(name).shape[1:]
    return max(side, -(-(SMALLEST + 1) * max(shape) // min(shape)))
