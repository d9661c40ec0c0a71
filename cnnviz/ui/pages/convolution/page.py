"""The convolution page: six views of one operation, one calm screen each.

The page is one fragment: choosing within it reruns nothing else. The address names view and choices.
"""

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.ui.pages.convolution.color import color
from cnnviz.ui.pages.convolution.exercises import convolution_exercises
from cnnviz.ui.pages.convolution.flip import flip
from cnnviz.ui.pages.convolution.frequency import frequency
from cnnviz.ui.pages.convolution.padding import borders
from cnnviz.ui.pages.convolution.pooling import pool
from cnnviz.ui.pages.convolution.sliding_window import slide
from cnnviz.ui.state.query_params import linked

VIEW = "lesson"
VIEWS = {
    "slide": ("Slide", slide),
    "borders": ("Borders", borders),
    "flip": ("Flip", flip),
    "colour": ("Colour", color),
    "frequency": ("Frequency", frequency),
    "pooling": ("Pooling", pool),
}


@st.fragment
def convolution_page() -> None:
    """All of the page; what is wrong is said in place of a view."""
    linked(VIEW, list(VIEWS), "slide")
    view = st.segmented_control(
        "View",
        list(VIEWS),
        format_func=lambda name: VIEWS[name][0],
        key=VIEW,
        persist_state="session",
        required=True,
        label_visibility="collapsed",
    )
    try:
        VIEWS[view or "slide"][1]()
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")
    convolution_exercises()
