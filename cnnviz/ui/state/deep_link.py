"""The address: which model, digit and moment it names, read once and kept true."""

import streamlit as st

from cnnviz.data.drawing_format import pack_image, unpack_image
from cnnviz.errors import NothingDrawn
from cnnviz.ui.state.current_digit import _DIGIT, CurrentDigit, choose_test_digit, current_digit
from cnnviz.ui.state.current_model import _STEP, current_model, model_key, playing, select_model
from cnnviz.ui.state.query_params import show

_LINK_READ = "_link_read"


def read_link() -> None:
    """Take model and digit from the address, once, when the session begins."""
    if st.session_state.get(_LINK_READ):
        return
    st.session_state[_LINK_READ] = True
    parameters = st.query_params
    if "model" in parameters:
        select_model(parameters["model"])
    if parameters.get("snapshot", "").isdecimal():
        st.session_state[_STEP] = (model_key(), int(parameters["snapshot"][:9]))
    if "drawing" in parameters:
        _read_drawing(parameters["drawing"])
    elif parameters.get("digit", "").isdecimal():
        choose_test_digit(int(parameters["digit"][:6]))


def write_link() -> None:
    """Keep the address such that it shows somebody else the same thing; a playing film leaves it alone."""
    if playing():
        return
    digit, chosen, snapshot = current_digit(), model_key(), current_model().snapshot
    wanted = {
        "model": None if chosen == "default" else chosen,
        "digit": str(digit.index) if digit.source == "test" else None,
        "drawing": pack_image(digit.image) if digit.chosen and digit.index is None else None,
        "snapshot": None if snapshot is None else str(snapshot.step),
    }
    show(wanted)


def _read_drawing(text: str) -> None:
    try:
        st.session_state[_DIGIT] = CurrentDigit(unpack_image(text), "the drawing in this link", "link")
    except NothingDrawn as error:
        st.warning(str(error))
