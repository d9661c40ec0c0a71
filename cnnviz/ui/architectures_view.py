"""The architectures lab: shared weights, a calculator, the famous networks, skip connections, a race."""

import streamlit as st

from cnnviz.ui.architectures_calculator import calculator_view
from cnnviz.ui.architectures_exercises import MAKERS
from cnnviz.ui.architectures_gallery import gallery_view
from cnnviz.ui.architectures_race import race_view
from cnnviz.ui.architectures_sharing import sharing_view
from cnnviz.ui.architectures_skip import skip_view
from cnnviz.ui.exercise import exercises

VIEWS = {
    "Shared weights": sharing_view,
    "Calculator": calculator_view,
    "Gallery": gallery_view,
    "Skip connections": skip_view,
    "Race": race_view,
}


def architectures_page() -> None:
    """All of the page."""
    names = list(VIEWS)
    view = st.segmented_control(
        "View",
        names,
        default=names[0],
        key="architectures_view",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    VIEWS[str(view)]()
    exercises("architectures", MAKERS)
