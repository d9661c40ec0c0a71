"""Controls whose value is in the address too: each is a choice of a page's table, drawn.

What another page, another model or the address left there and does not fit becomes the first value, so
none of them ever gives None.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import streamlit as st

from cnnviz.ui.state.query_params import Choice, Flag, Number, OneOf

Value = TypeVar("Value")
Name = TypeVar("Name", bound=str)
Amount = TypeVar("Amount", int, float)
Title = Callable[[Name], str] | None


def segments(label: str, choice: OneOf[Name], title: Title[Name] = None, **options: Any) -> Name:
    """All names in a row."""
    titles = title or choice.title
    return _draw(
        st.segmented_control, choice, label, choice.names, format_func=titles, required=True, **options
    )


def select(
    label: str, choice: OneOf[Name], title: Title[Name] = None, width: int = 230, **options: Any
) -> Name:
    """A box that opens."""
    titles = title or choice.title
    return _draw(st.selectbox, choice, label, choice.names, format_func=titles, width=width, **options)


def number(label: str, choice: Number[Amount], width: int = 110, **options: Any) -> Amount:
    """A number to type."""
    form = "%g" if isinstance(choice.first, float) else None
    limits = choice.low, choice.high
    return _draw(st.number_input, choice, label, *limits, None, format=form, width=width, **options)


def slider(label: str, choice: Number[Amount], **options: Any) -> Amount:
    """A number to find by moving."""
    return _draw(st.slider, choice, label, choice.low, choice.high, **options)


def toggle(label: str, choice: Flag) -> bool:
    """On or off."""
    return _draw(st.toggle, choice, label)


def show_view(views: Mapping[str, Callable[[], None]], choice: OneOf[str], title: Title[str] = None) -> None:
    """A page of several views, one screen each: let the visitor choose by name at the top, draw that one."""
    views[segments("View", choice.among(views), title, label_visibility="collapsed")]()


def _draw(control: Callable[..., object], choice: Choice[Value], *given: object, **options: Any) -> Value:
    chosen = choice.settle()
    control(*given, key=choice.name, persist_state="session", **options)
    return chosen
