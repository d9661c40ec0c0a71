"""The sidebar: the current digit and its reading, the model and its past."""

import streamlit as st
from streamlit.navigation.page import Page

from cnnviz.errors import CnnvizError
from cnnviz.numbers import probability
from cnnviz.ui.shell.time_machine import machine, training_film
from cnnviz.ui.state.current_digit import choose_random_digit, choose_test_digit, current_digit
from cnnviz.ui.state.current_model import model_keys
from cnnviz.ui.state.model_catalogue import model_title
from cnnviz.ui.state.prediction import current_prediction, two_percentages
from cnnviz.ui.widgets.model_upload import model_upload
from cnnviz.ui.widgets.pictures import digit_uri
from cnnviz.ui.widgets.upload import upload


def sidebar(pages: dict[str, Page]) -> None:
    """Draw it; `pages` are this run's pages by name. Streamlit adds the list of pages below."""
    with st.sidebar:
        st.page_link(pages["home"], label="**cnnviz**", icon=":material/blur_on:")
        _digit(pages["draw"])
        _model()
        machine()
        with st.container(horizontal=True, gap="medium", key="model_tools"):
            training_film()
            model_upload()


def _digit(draw: Page) -> None:
    digit = current_digit()
    with st.container(key="frame_digit", border=True):
        picture, words = st.columns([1, 1.4], vertical_alignment="center")
        picture.image(
            digit_uri(digit.image, 4),
            alt=f"The current digit, {digit.caption}",
            width="stretch",
        )
        with words, st.container(key="frame_reading"):
            _prediction()
        with st.popover("Change digit", width="stretch", key="change_digit"):
            _change(draw)


def _prediction() -> None:
    try:
        prediction = current_prediction()
    except CnnvizError:  # said in full where the model is chosen
        return
    claim = f"Nearest to **{prediction.digit}**" if prediction.ood else f"Reads **{prediction.digit}**"
    sure = "" if prediction.ood else f"{probability(prediction.probability)} · "
    st.markdown(f"{claim}  \n{sure}{prediction.words}")
    st.caption(current_digit().caption, help=None if prediction.ood else two_percentages())


def _change(draw: Page) -> None:
    st.page_link(draw, label="Draw one", icon=":material/draw:")
    st.button(
        "Random test digit",
        icon=":material/casino:",
        on_click=choose_random_digit,
        key="frame_random",
    )
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


def _model() -> None:
    st.selectbox(
        "Model",
        model_keys(),
        format_func=model_title,
        key="model_choice",
        persist_state="session",
    )
