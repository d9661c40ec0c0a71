"""A few curves of shares (0 to 1) over whole numbers, drawn in the browser in under a millisecond."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnnviz.ui.components.shared.loader import pack, script, style

_mount = st.components.v2.component(
    "cnnviz_curves",
    html=style("line_chart/line_chart.html"),
    css=style("line_chart/line_chart.css"),
    js=script("shared/pixels.js", "line_chart/line_chart.js"),
)


@dataclass(frozen=True)
class Curve:
    """values: one share for each x; None where there is none. dash: lengths of line and gap."""

    name: str
    values: Sequence[float | None]
    color: str
    dash: tuple[int, ...] = ()


def curves(lines: Sequence[Curve], x: Sequence[int], *, key: str, label: str, axis: str, marked: int) -> None:
    """Draw the lines over x; `marked` is the place in x that the picture beside it shows."""
    header = {
        "label": label,
        "axis": axis,
        "marked": marked,
        "lines": [{"name": line.name, "colour": line.color, "dash": line.dash} for line in lines],
    }
    values = np.array([line.values for line in lines], np.float32)  # (L, X); None becomes NaN
    _mount(key=key, data=pack(header, {"x": np.array(x, np.int32), "values": values}))
