"""Tell it that it was wrong: the true label in one click, kept for download and fine-tuning."""

import json

import streamlit as st

from cnnviz.ui import session

_KEPT = "_corrections"
LIMIT = 1_000  # drawings kept a session


def corrections() -> None:
    """Ten buttons for the true digit, and what was collected as a file."""
    digit = session.current_digit()
    kept: list[dict[str, object]] = st.session_state.setdefault(_KEPT, [])
    if digit.source in ("drawing", "upload"):
        with st.popover("Misread? Say what it is", key="misread"):
            label = st.pills("It is a", range(10), key=f"_truth{_name()}", label_visibility="collapsed")
        if label is not None:
            _keep(kept, int(label))
            st.caption(f"Kept as a {label}.")
    if kept:
        st.download_button(
            f"Download {len(kept)} labelled drawing{'s' * (len(kept) != 1)}",
            json.dumps(kept),
            "labelled-drawings.json",
            "application/json",
            icon=":material/download:",
            key="download_corrections",
        )


def _name() -> str:
    """The drawing itself names its record, so that a second click corrects the first."""
    return session.pack_image(session.current_digit().image)


def _keep(kept: list[dict[str, object]], label: int) -> None:
    digit = session.current_digit()
    record = {
        "label": label,
        "image": _name(),
        "strokes": [stroke.round(1).tolist() for stroke in digit.strokes],
    }
    kept[:] = [other for other in kept if other["image"] != record["image"]]
    kept.append(record)
    del kept[:-LIMIT]
