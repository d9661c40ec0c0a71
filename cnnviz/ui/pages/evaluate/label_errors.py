"""Test digits that are not what their label says: a model that reads them right is counted wrong.

wrong_labels(name)        which, and why
wrong_labels_table(...)   them, with the model's reading
"""

import pandas as pd
import streamlit as st
import torch

from cnnviz.data.mnist import wrong_test_digits
from cnnviz.data.pen_digits import wrong_pen_test_digits
from cnnviz.numbers import probability
from cnnviz.ui.state.evaluation_results import Measured
from cnnviz.ui.widgets.pictures import digit_uri

SOURCES = {
    "MNIST test": "Digits that most of five people did not call what their label says (Northcutt, Athalye, "
    "Mueller 2021).",
    "Pen": "Half digits and stray strokes: the original cut them apart wrongly. Each was looked at.",
}


def wrong_labels(name: str) -> dict[int, str]:
    """Position in the set called so on screen -> why the digit is not, or not surely, what its label says."""
    return wrong_test_digits() if name == "MNIST test" else wrong_pen_test_digits()


def wrong_labels_table(measured: Measured, name: str) -> None:
    """measured: on the whole set called `name` on screen."""
    wrong = wrong_labels(name)
    places = torch.tensor(list(wrong))
    digits = measured.digits[places]
    confidence, read = measured.confidences[places].max(1)
    frame = pd.DataFrame(
        {
            "digit": [digit_uri(image) for image in digits.pixels()],
            "label": digits.labels.tolist(),
            "read as": read.tolist(),
            "confidence": [probability(value) for value in confidence.tolist()],
            "why the label is wrong": list(wrong.values()),
        }
    )
    columns = {
        "digit": st.column_config.ImageColumn(width=64),
        "confidence": st.column_config.TextColumn(alignment="right"),
        "why the label is wrong": st.column_config.TextColumn(width="large"),
    }
    st.dataframe(frame, hide_index=True, column_config=columns, row_height=56, height=420)
    agreed = int((read == digits.labels).sum())
    st.caption(f"{SOURCES[name]} {agreed} of these {len(wrong)} are read as their label all the same.")
