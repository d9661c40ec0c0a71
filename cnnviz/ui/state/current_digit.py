"""The digit every page shows, and the canvas it is drawn on.

Digits are kept in 256 gray levels, as MNIST's are, so that a link reproduces them exactly.
"""

import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.data.preprocessing import Digit, to_digit
from cnnviz.io.pixels import to_bytes, to_floats
from cnnviz.ui.state import cache

FIRST_DIGIT = 200  # a 3 that every shipped model reads with over 98%: on screen before anything is chosen

_DIGIT, _PAD = "_digit", "_pad"


@dataclass(frozen=True, eq=False)
class CurrentDigit:
    """The digit every page shows. image: float32 (28, 28) in [0, 1]."""

    image: Tensor
    caption: str
    source: str  # "default", "test", "set" (another data set), "drawing", "upload" or "link"
    index: int | None = None  # in the test set
    label: int | None = None
    steps: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    strokes: tuple[NDArray[np.float32], ...] = ()  # canvas pixels, (P, 2) each

    @property
    def chosen(self) -> bool:
        """Whether the visitor chose it, rather than finding it on screen."""
        return self.source != "default"


@dataclass(frozen=True)
class Pad:
    """The canvas: its Fabric.js drawing, and a version that changes when Python redraws it."""

    drawing: dict[str, Any] | None = None
    mounted: dict[str, Any] | None = None  # what the present version began with
    version: int = 0


def current_digit() -> CurrentDigit:
    return cache.remember(_DIGIT, lambda: _test_digit(FIRST_DIGIT, "default"))


def choose_test_digit(index: int) -> None:
    """Show a digit of the test set; the number is wrapped into 0..9,999."""
    st.session_state[_DIGIT] = _test_digit(index % len(cache.test_digits()), "test")


def choose_random_digit() -> None:
    choose_test_digit(random.randrange(len(cache.test_digits())))


def show_picture(
    pixels: NDArray[np.generic], source: str, strokes: tuple[NDArray[np.float32], ...] = ()
) -> None:
    """Make a drawing or an upload the current digit. Raises ImageError, NothingDrawn."""
    digit = to_digit(pixels)
    st.session_state[_DIGIT] = _from_digit(digit, source, strokes)


def show_image(image: Tensor, caption: str, label: int) -> None:
    """A digit (28, 28) of a data set other than MNIST's test set becomes the current one."""
    st.session_state[_DIGIT] = CurrentDigit(image, caption, "set", label=label)


def forget_digit() -> None:
    """Back to the digit that is on screen before anything is chosen."""
    st.session_state.pop(_DIGIT, None)


def _test_digit(index: int, source: str) -> CurrentDigit:
    digits = cache.test_digits()
    image = to_floats(digits.images[index])
    return CurrentDigit(image, f"test digit {index:,}", source, index=index, label=int(digits.labels[index]))


def _from_digit(digit: Digit, source: str, strokes: tuple[NDArray[np.float32], ...]) -> CurrentDigit:
    image = to_floats(to_bytes(digit.image))
    caption = {"drawing": "your drawing", "upload": "your picture"}[source]
    return CurrentDigit(image, caption, source, steps=digit.steps, strokes=strokes)


def pad() -> Pad:
    return cache.remember(_PAD, Pad)


def keep_drawing(drawing: dict[str, Any] | None) -> None:
    """Remember what the canvas holds now, without redrawing it."""
    now = pad()
    st.session_state[_PAD] = Pad(drawing, now.mounted, now.version)


def remount_pad(drawing: dict[str, Any] | None) -> None:
    """Have the canvas begin anew, with this drawing."""
    st.session_state[_PAD] = Pad(drawing, drawing, pad().version + 1)


UPLOAD = "upload"  # what the visitor's own picture is called among others
