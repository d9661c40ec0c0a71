"""Tell it that it was wrong: the true label in one click."""

import streamlit as st

from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.labeled_drawings import (
    download,
    label_current,
    label_of_current,
    labeled,
    name_of_current,
)


def corrections() -> None:
    """Ten buttons for the true digit, and what was collected: as a file, and to learn from."""
    digit = current_digit()
    if digit.source in ("drawing", "upload"):
        label, key = label_of_current(), f"_truth{name_of_current()}"
        st.session_state[key] = label
        # An answer makes it another popover, which is closed: it would cover what one can do next.
        with st.popover("Misread? Say what it is", key=f"misread_{label}"):
            st.pills(
                "It is a", range(10), key=key, label_visibility="collapsed", on_change=_said, args=(key,)
            )
        if label is not None:
            st.caption(f"Kept as a {label}.")
    if labeled():
        with st.container(horizontal=True):
            download()
            st.page_link("pages/finetune.py", label="Let it learn from them", icon=":material/tune:")


def _said(key: str) -> None:
    label = st.session_state[key]
    if label is not None:
        label_current(int(label))
