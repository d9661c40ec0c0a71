"""A popover whose content is built when it is opened, not at every rerun of the page.

panel(label, content, key=...)   draws it
everywhere(action)               for what its content calls back: the whole page runs again
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st


def panel(label: str, content: Callable[[], None], key: str, *, busy: bool = False, **look: Any) -> None:
    """A fragment of its own: opening and closing rerun nothing else.

    So, above all, a click on a page's link closes it and still leads to that page; closing would
    else be a rerun of the old one. busy: the content is needed while it is closed, too.
    """
    st.fragment(_panel)(label, content, key, busy, look)


def _panel(label: str, content: Callable[[], None], key: str, busy: bool, look: dict[str, Any]) -> None:
    popover = st.popover(label, key=key, on_change="rerun", **look)
    if popover.open or busy:
        with popover:
            content()


def everywhere(action: Callable[..., None]) -> Callable[..., None]:
    """The action, then a rerun of the whole page, when called back from within a fragment."""
    return partial(_everywhere, action)


def _everywhere(action: Callable[..., None], *args: Any) -> None:
    action(*args)
    st.rerun()
