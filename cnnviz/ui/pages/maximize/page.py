"""The maximize page: pictures that excite a unit as much as anything can, in three views."""

from functools import partial

import streamlit as st

from cnnviz.ui.pages.maximize.ablation import ablation
from cnnviz.ui.pages.maximize.classes import classes
from cnnviz.ui.pages.maximize.filters import filters
from cnnviz.ui.pages.maximize.request import FRAGMENT
from cnnviz.ui.state.current_model import current_model
from cnnviz.ui.state.query_params import Maximize
from cnnviz.ui.widgets.choice_controls import show_view

VIEWS = {"filters": filters, "digits": classes, "bench": ablation}


@st.fragment(key=FRAGMENT)
def maximize_page() -> None:
    """One fragment: other choices rerun nothing else; growing pictures have one within it."""
    chosen = current_model()
    config = chosen.model.config
    hidden = config.convs or config.patches or config.dense
    views = list(VIEWS) if hidden else ["digits"]  # the other two ask for a unit that is no output
    show_view({name: partial(VIEWS[name], chosen) for name in views}, Maximize.view)
