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
from cnnviz.ui.state.query_params import Convolution
from cnnviz.ui.widgets.choice_controls import show_view

VIEWS = {
    "slide": slide,
    "borders": borders,
    "flip": flip,
    "colour": color,
    "frequency": frequency,
    "pooling": pool,
}


@st.fragment
def convolution_page() -> None:
    """All of the page; what is wrong is said in place of a view."""
    try:
        show_view(VIEWS, Convolution.lesson, title=str.capitalize)
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")
    convolution_exercises()
