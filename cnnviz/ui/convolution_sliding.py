"""How the convolution page's window slides: stride, padding, dilation, border, and the bias."""

import streamlit as st

from cnnviz.borders import BORDERS
from cnnviz.sliding import Sliding
from cnnviz.ui.link import number, select

_SLIDING = {"stride": 1, "padding": 0, "dilation": 1}
BORDER_NAMES = {
    "zero": "zeros",
    "replicate": "extend the edge",
    "reflect": "mirror",
    "circular": "go round",
}


def choose_sliding() -> tuple[Sliding, float]:
    """Stride, padding, dilation and border, also illegal ones; and the bias."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        stride, padding, dilation = (
            number(key.capitalize(), key, first, (0, 9), width=105) for key, first in _SLIDING.items()
        )
        border = select("Beyond the edge", BORDERS, "border", "zero", BORDER_NAMES.__getitem__, width=170)
        bias = number("Bias", "bias", 0.0, (-1000.0, 1000.0), step=0.5, width=120)
    return Sliding(stride, padding, dilation, border), bias


def current_sliding() -> tuple[Sliding, float]:
    """What choose_sliding() chose last, also where it is not on screen."""
    state = st.session_state
    stride, padding, dilation = (int(state.get(key, first)) for key, first in _SLIDING.items())
    return Sliding(stride, padding, dilation, state.get("border", "zero")), float(state.get("bias", 0.0))
