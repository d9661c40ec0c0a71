"""Draw: canvas left, answer right; under it every stage from the drawing to the 28x28."""

import streamlit as st
import torch

from cnnviz.ui.pages.draw.answer import answer, probabilities
from cnnviz.ui.pages.draw.corrections import corrections
from cnnviz.ui.pages.draw.preprocessing_steps import preprocessing_steps
from cnnviz.ui.pages.draw.stroke_replay import stroke_replay
from cnnviz.ui.shell.frame import require_frame
from cnnviz.ui.state.current_digit import choose_random_digit, current_digit
from cnnviz.ui.state.current_model import current_model
from cnnviz.ui.state.prediction import ood_detector
from cnnviz.ui.widgets.calibration import when_it_abstains
from cnnviz.ui.widgets.canvas import canvas, clear, undo
from cnnviz.ui.widgets.pictures import digit_uri
from cnnviz.ui.widgets.upload import upload

require_frame()

digit = current_digit()
left, middle, right = st.columns([1.15, 0.9, 1.15], gap="large")

with left:
    width = st.session_state.get("brush", 20)
    canvas(width)
    st.slider("Brush width, pixels", 8, 36, 20, key="brush", persist_state="session")
    with st.container(horizontal=True):
        st.button("Undo", icon=":material/undo:", on_click=undo, key="undo")
        st.button("Clear", icon=":material/delete:", on_click=clear, key="clear")
        st.button("Random test digit", icon=":material/casino:", on_click=choose_random_digit, key="random")
    panel = st.expander("Upload a picture instead", on_change="rerun", key="draw_upload_panel")
    if panel.open:
        with panel:
            upload("draw_upload")

with middle:
    answer()
    with st.container(key="digit28"):
        seen = digit.image if digit.chosen else torch.zeros(28, 28)
        st.image(
            digit_uri(seen, 8),
            "What the network sees: 28 × 28 pixels, 0 (black) to 1 (white)",
            width=224,
            alt=f"28 by 28 pixels: {digit.caption}",
        )

with right:
    probabilities()
    corrections()

preprocessing_steps()
stroke_replay()
when_it_abstains()
if current_model().snapshot is None:  # a moment of a training is never asked
    ood_detector(current_model())  # before the first stroke asks for it
