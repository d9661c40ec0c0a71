"""The time machine in the frame: every page shows the network as it was at the chosen moment.

machine()         the slider, where the model has a history
training_film()   the same as a film, to take away
title_row(title)  a page's title and question; beside them that an earlier state is shown, and the way back
"""

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.ui.components.time_machine.time_machine import chosen, slider
from cnnviz.ui.shell.training_film import film_button
from cnnviz.ui.state import current_model


def machine() -> None:
    """One sentence for a model without a history, or whose history is damaged."""
    try:
        history = current_model.history()
        if history is None:
            st.caption(":material/history_toggle_off: no recorded training")
        else:
            slider(history, current_model.snapshot_index(), _move)
    except CnnvizError as error:
        st.caption(f":material/history_toggle_off: {error}")


def training_film() -> None:
    """The history as a file to take away."""
    try:
        history = current_model.history()
    except CnnvizError:  # said above
        return
    if history is not None:
        film_button(history)


def title_row(title: str, question: str) -> None:
    """A page's title and question; beside them, so that nothing moves, which earlier moment is on screen."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="page_header"):
        st.title(title, anchor=False, width="content")
        st.markdown(question, width="content")
        _earlier()


def _earlier() -> None:
    """The moment, with one click back; nothing for the trained model."""
    history, snapshot = current_model.history(), current_model.current_model().snapshot
    if history is None or snapshot is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="earlier"):
        st.markdown(f":orange-badge[:material/history: {snapshot.when(history.steps)}]", width="content")
        st.button(
            "Back to the trained model", on_click=current_model.show_final, key="to_final", type="tertiary"
        )


def _move() -> None:
    choice = chosen()
    if choice is not None:
        current_model.show_snapshot(*choice)
