"""How a picture became the network's 28x28, and what each stage is good for."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.data.preprocessing import STAGES, to_digit
from cnnviz.networks.tracing import predict
from cnnviz.numbers import percent
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import CurrentModel, current_model
from cnnviz.ui.state.prediction import read
from cnnviz.ui.widgets.pictures import digit_uri, square_uri

Row = list[tuple[str, str, str]]  # alternative text, caption and address of each picture

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
    key = b"/".join(picture.tobytes() for picture in steps.values())
    st.subheader("From your picture to the network's 28 × 28", anchor=False)
    _row(_stages(key, steps))
    good_for = "  \n".join(f"**{_TITLES[stage]}**: {STAGES[stage]}" for stage in STAGES)
    heading = "**And with one stage left out?**"
    if measured := chosen.card.get("preparation"):
        digits = f"{measured['n']:,} pen digits by writers it never saw, drawn anywhere, any size"
        heading += f"  \n:small[:gray[Accuracy: this model on {digits}.]]"
    st.markdown(heading, help=good_for)
    _row(_left_out(key, chosen.digest, steps["grey"], chosen))


def _row(row: Row) -> None:
    """In one message to the browser."""
    titles, captions, pictures = zip(*row, strict=True)
    st.image(list(pictures), list(captions), width=_WIDTH, alt=list(titles))


@st.cache_data(max_entries=32, show_spinner=False)
def _stages(key: bytes, _steps: dict[str, NDArray[np.float32]]) -> Row:  # noqa: ARG001
    return [(title, title, square_uri(_steps[name])) for name, title in _STEPS.items()]


@st.cache_data(max_entries=32, show_spinner=False)
def _left_out(key: bytes, digest: str, _gray: NDArray[np.float32], _chosen: CurrentModel) -> Row:  # noqa: ARG001
    return [_without(stage, to_digit(_gray, without=stage).image, _chosen) for stage in STAGES]


def _without(stage: str, digit: Tensor, chosen: CurrentModel) -> tuple[str, str, str]:
    """How the network reads the digit (28, 28) that was made without this stage."""
    title, prediction = _TITLES[stage], read(predict(chosen.model, digit)[0])
    caption = f"{title}  \nreads **{prediction.digit}**, {percent(prediction.probability, 0)}"
    if measured := chosen.card.get("preparation"):
        caption += f"  \naccuracy {percent(measured['all stages'])} → {percent(measured[stage])}"
    return title, caption, digit_uri(digit, 8)
