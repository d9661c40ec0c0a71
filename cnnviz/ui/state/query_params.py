"""Choices whose values are in the address, and stay when their control is not on screen.

Streamlit's own bind="query-params" forgets a value while its control is hidden, and writes titles
instead of names; so here the session keeps the value and the address follows it.

select(...)   a box of titles, in the address by name
number(...)   a number within limits
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from cnnviz.ui.components.gallery.gallery import chosen_picture
from cnnviz.ui.state.current_digit import UPLOAD

# ---- choices in galleries, kept in the address ----


def linked(name: str, options: Sequence[str], first: str) -> str:
    """The session's choice, at the beginning the address's; anything unknown becomes `first`."""
    value = str(st.session_state.get(name, st.query_params.get(name, first)))
    value = value if value in options else first
    st.session_state[name] = value
    if value in (first, UPLOAD):  # an upload is not in a link
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value
    return value


def pick(key: str, name: str, options: Sequence[str]) -> None:
    picked = chosen_picture(key)
    if picked is not None and picked < len(options):
        st.session_state[name] = options[picked]


Name = TypeVar("Name", bound=str)
Value = TypeVar("Value", int, float)


def select(
    label: str,
    names: Sequence[Name],
    key: str,
    first: Name,
    title: Callable[[Name], str],
    *,
    width: int = 230,
    on_change: Callable[[], None] | None = None,
) -> Name:
    """A box of titles; anything unknown in the address becomes `first`."""
    linked(key, names, first)
    chosen: Name = st.selectbox(
        label, names, format_func=title, key=key, persist_state="session", width=width, on_change=on_change
    )
    return chosen


def number(
    label: str,
    key: str,
    first: Value,
    limits: tuple[Value, Value],
    *,
    step: Value | None = None,
    width: int = 110,
    on_change: Callable[[], None] | None = None,
) -> Value:
    """A number input; what the address or another page put there is brought within the limits."""
    link_number(key, first, limits)
    chosen: Value = st.number_input(
        label,
        *limits,
        step=step,
        format=None if isinstance(first, int) else "%g",
        key=key,
        persist_state="session",
        width=width,
        on_change=on_change,
    )
    return chosen


def link_number(key: str, first: Value, limits: tuple[Value, Value]) -> None:
    """Give the control called `key` its value before it is drawn, and the address the same."""
    value = st.session_state.get(key)
    if value is None:
        value = _read(st.query_params.get(key), first)
    value = min(max(type(first)(value), limits[0]), limits[1])
    st.session_state[key] = value
    if value == first:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != f"{value:g}":
        st.query_params[key] = f"{value:g}"


def _read(text: str | None, first: Value) -> Value:
    try:
        value = type(first)((text or "")[:20])
    except ValueError:
        return first
    return value if abs(value) < 1e9 else first  # also false for "nan"
