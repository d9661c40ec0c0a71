"""Charts that take new data in place.

Vega-Lite here, not Plotly: Streamlit 1.67 names a Plotly chart by its content and so builds it
anew at each change, which blinks; a Vega-Lite chart with the same specification stays.
"""

from typing import Any

import streamlit as st
from torch import Tensor

from cnnviz.colors import ACCENT, MUTED
from cnnviz.numbers import percent
from cnnviz.ui.widgets.pictures import theme

Spec = dict[str, Any]
_AXIS = {"ticks": False, "domain": False, "labelFontSize": 14, "labelAngle": 0}


def probability_chart(probabilities: Tensor, key: str, height: int = 230) -> None:
    """Ten horizontal bars (10,), 0 at the top, the likeliest in the accent color; they do not blink."""
    values = probabilities.tolist()
    best = max(range(len(values)), key=values.__getitem__)
    rows = {
        "digit": list(range(len(values))),
        "probability": values,
        "label": [percent(value) if value >= 0.0005 else "" for value in values],
        "best": [digit == best for digit in range(len(values))],
    }
    place = {"field": "digit", "type": "ordinal", "title": None, "axis": _AXIS}
    width = {"field": "probability", "type": "quantitative", "scale": {"domain": [0, 1.2]}, "axis": None}
    color = {"condition": {"test": "datum.best", "value": ACCENT[theme()]}, "value": MUTED[theme()]}
    words = {"type": "text", "align": "left", "dx": 4, "fontSize": 13, "color": MUTED[theme()]}
    spec = {
        "height": height,
        "encoding": {"y": place, "x": width},
        "layer": [
            {"mark": {"type": "bar", "height": {"band": 0.75}}, "encoding": {"color": color}},
            {"mark": words, "encoding": {"text": {"field": "label"}}},
        ],
    }
    draw(rows, spec, key, "Ten probabilities, one a digit")


def draw(rows: dict[str, list[Any]], spec: Spec, key: str, alt: str) -> None:
    """Show columns of data; its place on the page keeps it, so that new data move the bars."""
    with st.container(key=key):  # a key of the chart's own would be one more thing to compare
        st.vega_lite_chart(rows, spec, width="stretch", alt=alt)
