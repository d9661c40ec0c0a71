"""How a picture became the network's 28x28, and what each stage is good for."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.data.preprocessing import STAGES, to_digit
from cnnviz.networks.tracing import predict
from cnnviz.numbers import percent
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import CurrentModel, current_model
from cnnviz.ui.state.prediction import prediction_of
from cnnviz.ui.widgets.pictures import digit_png, square_png

_WIDTH = 160
_STEPS = {
    "grey": "1 · gray levels",
    "ink": "2 · ink on paper",
    "cropped": "3 · cropped to the ink",
    "shrunk": "4 · shrunk to 20 × 20",
    "centred": "5 · centered by mass",
}
_TITLES = {
    "crop": "without cropping",
    "aspect": "without keeping the aspect",
    "antialias": "without antialiasing",
    "centre": "without centering the mass",
}


def preprocessing_steps() -> None:
    """Every stage as a picture; below, the result with one stage left out, read again."""
    steps, chosen = current_digit().steps, current_model()
    if not steps:
        return
    st.subheader("From your picture to the network's 28 × 28", anchor=False)
    with st.container(horizontal=True):
        for name, title in _STEPS.items():
            with st.container(width=_WIDTH):
                st.image(square_png(steps[name]), width=_WIDTH, alt=title, output_format="PNG")
                st.caption(title)
    st.markdown("**And with one stage left out?**")
    with st.container(horizontal=True):
        for stage in STAGES:
            with st.container(width=_WIDTH):
                _left_out(stage, steps["grey"], chosen)
    if "preparation" in chosen.card:
        n = chosen.card["preparation"]["n"]
        st.caption(
            f"Accuracy: this model on {n:,} pen digits by writers it never saw, drawn anywhere, any size."
        )


def _left_out(stage: str, gray: NDArray[np.float32], chosen: CurrentModel) -> None:
    digit = to_digit(gray, without=stage)
    prediction = prediction_of(predict(chosen.model, digit.image)[0])
    st.image(digit_png(digit.image), width=_WIDTH, alt=_TITLES[stage], output_format="PNG")
    st.markdown(
        f"{_TITLES[stage]}  \nreads **{prediction.digit}**, {percent(prediction.probability, 0)}",
        help=STAGES[stage],
    )
    measured = chosen.card.get("preparation")
    if measured:
        st.caption(f"accuracy {percent(measured['all stages'])} → {percent(measured[stage])}")
