"""The row under the navigation: the current digit and its answer, the model and its training.

A page shows what it uses (PageInfo.uses), and no row at all when it uses none of it.
"""

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.numbers import probability
from cnnviz.ui.shell.page_registry import PageInfo, page
from cnnviz.ui.shell.time_machine import machine, training_film
from cnnviz.ui.state.current_digit import (
    CurrentDigit,
    choose_random_digit,
    choose_test_digit,
    current_digit,
    pad,
    remount_pad,
)
from cnnviz.ui.state.current_model import model_keys
from cnnviz.ui.state.model_catalogue import model_title
from cnnviz.ui.state.prediction import current_prediction
from cnnviz.ui.widgets.canvas import canvas, clear, collect
from cnnviz.ui.widgets.model_upload import model_upload
from cnnviz.ui.widgets.pictures import digit_uri
from cnnviz.ui.widgets.upload import upload

WITH_BOARD = ("draw", "finetune")  # pages with a canvas of their own
_OPEN = "_change_digit_open"  # on this page; the dialog stays until it is dismissed
_PEN = 20  # canvas pixels


def context_row(info: PageInfo) -> None:
    """What of digit, model and training this page uses, in one row."""
    if not info.uses:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="context"):
        if "digit" in info.uses:
            _digit()
        if "model" in info.uses:
            _model()
        if "history" in info.uses:
            machine()
        if "model" in info.uses:
            _model_tools()
    if st.session_state.get(_OPEN) == page():
        _dialog(current_digit())


def _digit() -> None:
    digit = current_digit()
    # The button is the digit's picture; a label cannot carry one of this size.
    st.html(
        f"<style>.st-key-change_digit button {{background-image: url({digit_uri(digit.image, 2)})}}</style>"
    )
    st.button("Change digit", "change_digit", on_click=_change)
    with st.container(key="frame_digit", width="content", gap=None):
        _prediction()


def _prediction() -> None:
    try:
        prediction = current_prediction()
    except CnnvizError:  # said in full where the model is chosen
        return
    claim = f"Nearest to **{prediction.digit}**" if prediction.ood else f"Reads **{prediction.digit}**"
    sure = "" if prediction.ood else f" · {probability(prediction.probability)}"
    st.markdown(f"{claim}{sure}")
    st.caption(f"{current_digit().caption} · {prediction.words}")


def _model() -> None:
    st.selectbox(
        "Model",
        model_keys(),
        format_func=model_title,
        key="model_choice",
        persist_state="session",
        label_visibility="collapsed",
        width=230,
    )


def _model_tools() -> None:
    training_film()
    with st.popover("Upload", icon=":material/upload:", key="model_tools", type="tertiary"):
        model_upload()


def _change() -> None:
    st.session_state[_OPEN] = page()
    remount_pad(pad().drawing)


@st.dialog("The digit on every page", width="medium", on_dismiss=lambda: st.session_state.pop(_OPEN, None))
def _dialog(shown: CurrentDigit) -> None:
    """Draw one, take a test digit, or bring a picture. shown: what the page around shows."""
    collect()
    if current_digit() is not shown:
        st.rerun()
    drawing, others = st.columns(2, gap="medium")
    with drawing:
        if page() in WITH_BOARD:
            st.markdown("Draw on this page's own board, or:")
        else:
            canvas(_PEN)
            st.button("Clear", "pad_clear", icon=":material/delete:", on_click=clear)
    with others:
        st.button("Random test digit", "frame_random", icon=":material/casino:", on_click=choose_random_digit)
        st.number_input(
            "Test digit number",
            0,
            9_999,
            value=current_digit().index,
            placeholder="0 to 9,999",
            key="frame_index",
            on_change=_choose_index,
        )
        upload("frame_upload")


def _choose_index() -> None:
    index = st.session_state["frame_index"]
    if index is not None:
        choose_test_digit(int(index))
