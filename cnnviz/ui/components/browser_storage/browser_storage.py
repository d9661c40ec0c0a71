"""The keeper of progress: an invisible component that stores the record in the visitor's browser."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from cnnviz.ui.components.shared.loader import FOLDER

_mount = st.components.v2.component(
    "cnnviz_progress", html="<span></span>", js=(FOLDER / "browser_storage/browser_storage.js").read_text()
)


def progress_keeper(record: dict[str, Any], *, key: str, on_kept: Callable[[], None]) -> None:
    """Store the record; on_kept runs when the browser knows more than it. See kept_record()."""
    _mount(key=key, data=record, on_kept_change=on_kept)


def kept_record(key: str) -> Any:
    """What the browser sent last, unchecked; None when it never did."""
    return (st.session_state.get(key) or {}).get("kept")
