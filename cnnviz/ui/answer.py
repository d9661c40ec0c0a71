"""The network's answer on the draw page: the digit, ten probabilities, and how the 28x28 came about."""

import streamlit as st
import torch

from cnnviz.reading import read
from cnnviz.ui import session
from cnnviz.ui.charts import probability_bars
from cnnviz.ui.pictures import square_png

_STAGES = {
    "grey": "1 · grey levels",
    "ink": "2 · ink on paper",
    "cropped": "3 · cropped to the ink",
    "shrunk": "4 · shrunk to 20 × 20",
    "centred": "5 · centre of mass in the middle",
}


def answer() -> None:
    """The digit, large, and a sentence; empty when nothing is drawn."""
    digit = session.current_digit()
    with st.container(key="prediction"):
        if digit.chosen:
            reading = read(session.current_trace().probabilities)
            st.html(f"<div class='answer'>{reading.digit}</div>")
            truth = f" It is a {digit.label}." if digit.label not in (None, reading.digit) else ""
            st.markdown(f"{reading.probability:.1%} · **{reading.words}**.{truth}")
        else:
            st.html("<div></div>")  # keeps the place; Streamlit drops a container with nothing in it
    if not digit.chosen:
        st.info("Draw a digit on the black board; the answer appears here.", icon=":material/draw:")


def probabilities() -> None:
    """Ten bars."""
    with st.container(key="probabilities"):
        st.markdown("How likely is each digit?")
        chosen = session.current_digit().chosen
        values = session.current_trace().probabilities if chosen else torch.zeros(10)
        st.plotly_chart(
            probability_bars(values),
            config={"displayModeBar": False},
            key="probability_chart",
            alt="Ten probabilities, one a digit",
        )


def stages() -> None:
    """Every stage from the drawing to the 28x28, as a strip of small pictures."""
    steps = session.current_digit().steps
    if not steps:
        return
    st.markdown("From your picture to the network's 28 × 28")
    for column, (name, title) in zip(st.columns(len(_STAGES)), _STAGES.items(), strict=True):
        column.image(square_png(steps[name]), caption=title, width="stretch", alt=title, output_format="PNG")
