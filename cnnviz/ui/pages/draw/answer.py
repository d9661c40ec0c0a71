"""The network's answer on the draw page: the digit, in words, and ten probabilities."""

import streamlit as st
import torch

from cnnviz.numbers import probability
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import current_trace
from cnnviz.ui.state.prediction import current_prediction
from cnnviz.ui.widgets.charts import probability_chart


def answer() -> None:
    """The digit, large, and a sentence; pale for a picture that is none; empty when nothing is drawn."""
    digit = current_digit()
    with st.container(key="prediction"):
        if digit.chosen:
            prediction = current_prediction()
            st.html(f"<div class='answer{' doubted' * prediction.ood}'>{prediction.digit}</div>")
            if prediction.ood:
                st.markdown(f"**This does not look like a digit.** The nearest is a {prediction.digit}.")
            else:
                truth = f" It is a {digit.label}." if digit.label not in (None, prediction.digit) else ""
                st.markdown(f"{probability(prediction.probability)} · **{prediction.words}**.{truth}")
        else:
            st.html("<div></div>")  # keeps the place; Streamlit drops a container with nothing in it
    if not digit.chosen:
        st.info("Draw a digit on the black board; the answer appears here.", icon=":material/draw:")


def probabilities() -> None:
    """Ten bars."""
    with st.container(key="probabilities"):
        st.markdown("Probability of each digit (softmax)")
        chosen = current_digit().chosen
        values = current_trace().probabilities if chosen else torch.zeros(10)
        probability_chart(values, key="probability_chart", height=330)
