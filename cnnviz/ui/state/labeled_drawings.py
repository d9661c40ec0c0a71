"""Drawings this visitor has labeled, kept for download and fine-tuning.

labelled()                what this visitor has labeled so far
label_current(label)      label the digit on screen
label_of_current()        what the digit on screen was said to be, if anything
"""

import json

import streamlit as st

from cnnviz.data.drawing_format import LIMIT, Labeled, pack_image
from cnnviz.ui.state.current_digit import current_digit

_KEPT = "_corrections"


def download() -> None:
    kept = labeled()  # taken here: the file is made later, outside the session
    st.download_button(
        f"Download {len(kept)} labeled drawing{'s' * (len(kept) != 1)}",
        lambda: json.dumps(kept),
        "labelled-drawings.json",
        "application/json",
        icon=":material/download:",
        key="download_corrections",
        on_click="ignore",
    )


def labeled() -> list[Labeled]:
    """In the order they were labeled; the caller leaves it as it is."""
    kept: list[Labeled] = st.session_state.setdefault(_KEPT, [])
    return kept


def label_current(label: int) -> None:
    """Keep the digit on screen under this label; a second label corrects the first."""
    strokes = [stroke.round(1).tolist() for stroke in current_digit().strokes]
    add([{"label": label, "image": name_of_current(), "strokes": strokes}])


def label_of_current() -> int | None:
    name = name_of_current()
    return next((record["label"] for record in labeled() if record["image"] == name), None)


def add(records: list[Labeled]) -> None:
    """Keep these too; a picture already known takes the new label. The oldest make room."""
    new = {record["image"] for record in records}
    kept = [record for record in labeled() if record["image"] not in new]
    st.session_state[_KEPT] = [*kept, *records][-LIMIT:]


def remove(index: int) -> None:
    st.session_state[_KEPT] = [record for place, record in enumerate(labeled()) if place != index]


def forget_all() -> None:
    st.session_state[_KEPT] = []


def name_of_current() -> str:
    """The drawing itself names its record."""
    return pack_image(current_digit().image)
