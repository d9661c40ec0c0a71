"""Controls whose value is in the address too: each is a choice of a page's table, drawn.

What another page, another model or the address left there and does not fit becomes the first value, so
none of them ever gives None.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from cnnviz.ui.state.query_params import Number, OneOf

Name = TypeVar("Name", bound=str)
Amount = TypeVar("Amount", int, float)


def segments(
    label: str, choice: OneOf[Name], title: Callable[[Name], str] | None = None, **options: Any
) -> Name:
    """All names in a row."""
    chosen = choice.settle()
    st.segmented_control(
        label,
        choice.names,
        format_func=title or choice.title,
        key=choice.name,
        persist_state="session",
        required=True,
        **options,
    )
    return chosen


def select(
    label: str, choice: OneOf[Name], title: Callable[[Name], str] | None = None, **options: Any
) -> Name:
    """A box that opens."""
    chosen = choice.settle()
    st.selectbox(
        label,
        choice.names,
        format_func=title or choice.title,
        key=choice.name,
        persist_state="session",
        **{"width": 230, **options},
    )
    return chosen


def number(label: str, choice: Number[Amount], **options: Any) -> Amount:
    """A number to type."""
    chosen = choice.settle()
    st.number_input(
        label,
        choice.low,
        choice.high,
        format="%g" if isinstance(choice.first, float) else None,
        key=choice.name,
        persist_state="session",
        **{"width": 110, **options},
    )
    return chosen


def slider(label: str, choice: Number[Amount], **options: Any) -> Amount:
    """A number to find by moving."""
    chosen = choice.settle()
    st.slider(label, choice.low, choice.high, key=choice.name, persist_state="session", **options)
    return chosen
