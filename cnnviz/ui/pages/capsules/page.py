"""The capsules page: lengths that are probabilities, directions that are poses, and what routing does.

One fragment: a pose slider reruns nothing else.
"""

import streamlit as st
import torch

from cnnviz.numbers import percent
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.pages.capsules.exercises import makers
from cnnviz.ui.pages.capsules.inference import Seen, program, seen
from cnnviz.ui.pages.capsules.pose import pose
from cnnviz.ui.pages.capsules.routing import routing
from cnnviz.ui.pages.capsules.scrambling import scrambled_parts
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.widgets.charts import probability_chart
from cnnviz.ui.widgets.code_panel import code_panel
from cnnviz.ui.widgets.quiz import exercises

CAPSULE = "capsule"


@st.fragment
def capsules_page() -> None:
    """All of the page, for the current digit."""
    now = seen(current_digit().image)
    left, right = st.columns([1, 1.9], gap="large")
    with left:
        _lengths(now)
    with right:
        pose(now, _choose(now))
    routing(now, _chosen(now))
    scrambled_parts(now)
    exercises("capsules", makers(now))
    code_panel(program(current_digit(), _chosen(now)))


def _lengths(now: Seen) -> None:
    maps(
        torch.stack([now.image, now.drawn(now.winner)]),
        key="capsule_digit",
        label="The current digit, and the winning capsule's sixteen numbers drawn again",
        captions=["digit", "redrawn from 16 numbers"],
        scale="digit",
        tile=150,
        selectable=False,
        legend=False,
    )
    probability_chart(now.lengths, "capsule_lengths", 260)
    card = now.card["test"]
    st.caption(
        f"Ten capsules of 16 numbers, **{percent(card['accuracy'], 2)}** of {card['n']:,} test digits right. "
        "A capsule's **length**, from 0 to 1, says how sure the network is; ten lengths need not add up "
        "to 1. Its **direction** says how the digit is written.  \n"
        "**What this does not show:** other kinds of sureness. On scribbles the lengths may be wrong too."
    )


def _choose(now: Seen) -> int:
    """The capsule whose pose is looked at; another digit on screen brings its own winner."""
    if st.session_state.get("_capsule_of") != now.name:
        st.session_state["_capsule_of"] = now.name
        st.session_state[CAPSULE] = now.winner
    st.segmented_control("Capsule", list(range(10)), key=CAPSULE, required=True)
    return _chosen(now)


def _chosen(now: Seen) -> int:
    chosen = st.session_state.get(CAPSULE)
    return now.winner if chosen is None else int(chosen)
