"""The network's answer on the draw page: the digit, in words, and ten probabilities."""

import streamlit as st
import torch

from cnnviz.reading import read
from cnnviz.ui import session
from cnnviz.ui.charts import probability_chart


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
        probability_chart(values, key="probability_chart", height=330)
