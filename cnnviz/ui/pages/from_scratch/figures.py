"""Small things the from-scratch steps share: a picture with numbers, a number in words."""

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from cnnviz.labs.numpy_cnn.readable import Array
from cnnviz.numbers import number
from cnnviz.ui.components.maps.maps import MapScale, Rectangle, chosen_tile, maps
from cnnviz.ui.pages.from_scratch.model import COLUMN, FILTER, ROW


def decimal(value: float, digits: int = 3) -> str:
    """With so many digits after the point; tiny ones in scientific notation."""
    text = number(value, f".{digits}f")
    if re.search("[1-9]", text):
        return text
    return number(value, ".1e") if value else "0"


def latex(value: float, digits: int = 3) -> str:
    """The same for a formula, negative numbers in parentheses."""
    text = _in_latex(value, digits)
    return f"({text})" if text.startswith("-") else text


def result(value: float, digits: int = 3) -> str:
    """What a formula comes to, in bold."""
    return rf"\mathbf{{{_in_latex(value, digits)}}}"


def _in_latex(value: float, digits: int) -> str:
    mantissa, e, exponent = decimal(value, digits).replace("−", "-").partition("e")
    return rf"{mantissa}\times 10^{{{int(exponent)}}}" if e else mantissa


def picture(
    values: Array,
    key: str,
    label: str,
    captions: Sequence[str],
    *,
    tile: int,
    scale: MapScale = "signed",
    numbers: bool = False,
    overlay: Sequence[Rectangle] = (),
    limit: float | None = None,
    legend: bool = True,
) -> None:
    """A row of tiles (N, H, W) that are only looked at."""
    maps(
        values,
        key=f"scratch_{key}",
        label=label,
        captions=captions,
        scale=scale,
        tile=tile,
        numbers=numbers,
        overlay=overlay,
        limit=limit,
        legend=legend,
        selectable=False,
    )


def filter_picture(values: Array, key: str, label: str, selected: int, *, tile: int, **looks: Any) -> None:
    """Eight tiles (8, H, W), one a filter; choosing one changes the filter everywhere."""
    name = f"scratch_{key}"
    maps(
        values,
        key=name,
        label=label,
        noun="filter",
        selected=selected,
        tile=tile,
        on_select=lambda: _choose(name),
        **looks,
    )


def forget_place() -> None:
    """Look at the filter's strongest cell again."""
    st.session_state.pop(ROW, None)
    st.session_state.pop(COLUMN, None)


def _choose(key: str) -> None:
    tile = chosen_tile(key)
    if tile is not None:
        st.session_state[FILTER] = tile
        forget_place()


def sources(*functions: Callable[..., object]) -> str:
    """The text of the very functions that computed what is shown."""
    return "\n\n".join(inspect.getsource(function).rstrip() for function in functions)


def show_code(*functions: Callable[..., object]) -> None:
    st.code(sources(*functions), language="python", wrap_lines=True)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, numbers to the right."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---:|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def grid(values: Array, rows: int) -> Array:
    """A long vector as a picture (1, rows, ...)."""
    return np.asarray(values).reshape(1, rows, -1)
