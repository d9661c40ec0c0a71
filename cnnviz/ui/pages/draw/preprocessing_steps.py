"""How a picture became the network's 28x28, and what each stage is good for."""

import streamlit as st
from torch import Tensor

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
    _row({title: square_png(steps[name]) for name, title in _STEPS.items()}, list(_STEPS.values()))
    good_for = "  \n".join(f"**{_TITLES[stage]}**: {STAGES[stage]}" for stage in STAGES)
    st.markdown("**And with one stage left out?**", help=good_for)
    digits = [to_digit(steps["grey"], without=stage).image for stage in STAGES]
    captions = [_left_out(stage, digit, chosen) for stage, digit in zip(STAGES, digits, strict=True)]
    _row(dict(zip(_TITLES.values(), map(digit_png, digits), strict=True)), captions)
    if "preparation" in chosen.card:
        n = chosen.card["preparation"]["n"]
        st.caption(
            f"Accuracy: this model on {n:,} pen digits by writers it never saw, drawn anywhere, any size."
        )


def _row(pictures: dict[str, bytes], captions: list[str]) -> None:
    """Pictures by their alternative text, in one message to the browser."""
    st.image(list(pictures.values()), captions, width=_WIDTH, alt=list(pictures), output_format="PNG")


def _left_out(stage: str, digit: Tensor, chosen: CurrentModel) -> str:
    """How the network reads the digit (28, 28) that was made without this stage."""
    prediction = prediction_of(predict(chosen.model, digit)[0])
    read = f"{_TITLES[stage]}  \nreads **{prediction.digit}**, {percent(prediction.probability, 0)}"
    measured = chosen.card.get("preparation")
    if not measured:
        return read
    return f"{read}  \naccuracy {percent(measured['all stages'])} → {percent(measured[stage])}"
