"""A page of several views: one screen each, chosen at the top and kept in the address."""

from collections.abc import Callable, Mapping

import streamlit as st


def show_view(views: Mapping[str, Callable[[], None]], key: str) -> None:
    """Let the visitor choose among the views by name, the first at the beginning, and draw that one."""
    names = list(views)
    chosen = st.segmented_control(
        "View",
        names,
        default=names[0],
        key=key,
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    views[str(chosen)]()
