"""The maximize page: pictures that excite a unit as much as anything can, in three views."""

import streamlit as st

from cnnviz.ui.pages.maximize.ablation import ablation
from cnnviz.ui.pages.maximize.classes import classes
from cnnviz.ui.pages.maximize.filters import filters
from cnnviz.ui.pages.maximize.request import FRAGMENT
from cnnviz.ui.state.current_model import current_model

VIEW = "view"
VIEWS = {"filters": filters, "digits": classes, "bench": ablation}


@st.fragment(key=FRAGMENT)
def maximize_page() -> None:
    """One fragment: other choices rerun nothing else; growing pictures have one within it."""
    chosen = current_model()
    config = chosen.model.config
    hidden = config.convs or config.patches or config.dense
    views = list(VIEWS) if hidden else ["digits"]  # the other two ask for a unit that is no output
    if st.session_state.get(VIEW, st.query_params.get(VIEW)) not in views:
        st.session_state[VIEW] = views[0]
    view = st.segmented_control(
        "View", views, key=VIEW, bind="query-params", required=True, label_visibility="collapsed"
    )
    VIEWS[view or views[0]](chosen)
