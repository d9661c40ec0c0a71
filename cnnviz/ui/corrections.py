"""Tell it that it was wrong: the true label in one click, kept for download and fine-tuning.

corrections()             the Draw page's part
labelled()                what this visitor has labelled so far
label_current(label)      label the digit on screen
label_of_current()        what the digit on screen was said to be, if anything
"""

import json

import streamlit as st

from cnnviz.labelled import LIMIT, Labelled
from cnnviz.packing import pack_image
from cnnviz.ui import session

_KEPT = "_corrections"


def corrections() -> None:
    """Ten buttons for the true digit, and what was collected: as a file, and to learn from."""
    digit = session.current_digit()
    if digit.source in ("drawing", "upload"):
        label, key = label_of_current(), f"_truth{_name()}"
        st.session_state[key] = label
        # An answer makes it another popover, which is closed: it would cover what one can do next.
        with st.popover("Misread? Say what it is", key=f"misread_{label}"):
            st.pills(
                "It is a", range(10), key=key, label_visibility="collapsed", on_change=_said, args=(key,)
            )
        if label is not None:
            st.caption(f"Kept as a {label}.")
    if labelled():
        with st.container(horizontal=True):
            download()
            st.page_link("pages/finetune.py", label="Let it learn from them", icon=":material/tune:")


def _said(key: str) -> None:
    label = st.session_state[key]
    if label is not None:
        label_current(int(label))


def download() -> None:
    kept = labelled()  # taken here: the file is made later, outside the session
    st.download_button(
        f"Download {len(kept)} labelled drawing{'s' * (len(kept) != 1)}",
        lambda: json.dumps(kept),
        "labelled-drawings.json",
        "application/json",
        icon=":material/download:",
        key="download_corrections",
        on_click="ignore",
    )


def labelled() -> list[Labelled]:
    """In the order they were labelled; the caller leaves it as it is."""
    kept: list[Labelled] = st.session_state.setdefault(_KEPT, [])
    return kept


def label_current(label: int) -> None:
    """Keep the digit on screen under this label; a second label corrects the first."""
    strokes = [stroke.round(1).tolist() for stroke in session.current_digit().strokes]
    add([{"label": label, "image": _name(), "strokes": strokes}])


def label_of_current() -> int | None:
    name = _name()
    return next((record["label"] for record in labelled() if record["image"] == name), None)


def add(records: list[Labelled]) -> None:
    """Keep these too; a picture already known takes the new label. The oldest make room."""
    new = {record["image"] for record in records}
    kept = [record for record in labelled() if record["image"] not in new]
    st.session_state[_KEPT] = [*kept, *records][-LIMIT:]


def remove(index: int) -> None:
    st.session_state[_KEPT] = [record for place, record in enumerate(labelled()) if place != index]


def forget_all() -> None:
    st.session_state[_KEPT] = []


def _name() -> str:
    """The drawing itself names its record."""
    return pack_image(session.current_digit().image)
