"""Uploaded pictures: a digit to read, or a photograph of the visitor's own, the same on every page.

upload(key)               the picture becomes the current digit
upload_photo(key, then)   it becomes own_photo(), and `then` is called
own_photo()               its pixels, None before there is one
"""

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.errors import ImageError
from cnnviz.io.images import decode
from cnnviz.io.photos import to_photo
from cnnviz.ui.state.current_digit import UPLOAD, show_picture

_PHOTO = "_own_photo"
_PROBLEM = "_upload_problem"
Pixels = NDArray[np.uint8]  # (H, W), (H, W, 3) or (H, W, 4)


def upload(key: str) -> None:
    """An uploader whose picture becomes the current digit, or says in one sentence why not."""
    _uploader("Upload a picture of a digit", key, lambda pixels: show_picture(pixels, UPLOAD))


def upload_photo(key: str, then: Callable[[], None]) -> None:
    """An uploader whose picture is kept for this visit, or says in one sentence why not."""

    def keep(pixels: Pixels) -> None:
        to_photo(pixels)  # too small or too narrow a picture ends here
        st.session_state[_PHOTO] = pixels
        then()

    tip = "PNG, JPEG or WEBP. It stays on this server's memory until you close the page."
    _uploader("Your photograph", key, keep, tip)


def own_photo() -> Pixels | None:
    photo: Pixels | None = st.session_state.get(_PHOTO)
    return photo


def _uploader(label: str, key: str, take: Callable[[Pixels], None], tip: str | None = None) -> None:
    st.file_uploader(
        label,
        type=["png", "jpg", "jpeg", "webp"],
        max_upload_size=10,
        key=key,
        on_change=_read,
        args=(key, take),
        help=tip,
    )
    if st.session_state.get(_PROBLEM, ("", ""))[0] == key:
        st.error(st.session_state[_PROBLEM][1], icon=":material/error:")


def _read(key: str, take: Callable[[Pixels], None]) -> None:
    """Once per upload, before the page is drawn; a bad file leaves everything as it was."""
    st.session_state.pop(_PROBLEM, None)
    file = st.session_state[key]
    if file is None:
        return
    try:
        take(decode(file.getvalue()))
    except ImageError as error:
        st.session_state[_PROBLEM] = (key, str(error))
