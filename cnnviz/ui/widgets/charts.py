"""Charts that take new data in place.

specification     a chart built with Altair, as the dictionary that draw() takes
draw(rows, spec)  the chart with its data

Vega-Lite here, not Plotly: Streamlit 1.67 names a Plotly chart by its content and so builds it
anew at each change, which blinks; a Vega-Lite chart with the same specification stays.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, ParamSpec

import streamlit as st
from torch import Tensor

from cnnviz.colors import ACCENT, MUTED
from cnnviz.numbers import probability
from cnnviz.ui.widgets.pictures import theme

Spec = dict[str, Any]
Arguments = ParamSpec("Arguments")
_AXIS = {"ticks": False, "domain": False, "labelFontSize": 14, "labelAngle": 0}


def specification(build: Callable[Arguments, Any]) -> Callable[Arguments, Spec]:
    """Of an Altair chart, kept by its arguments and the theme, since building one takes 50 ms."""

    @lru_cache(maxsize=32)
    def kept(_theme: str, *args: Arguments.args, **options: Arguments.kwargs) -> Spec:
        # As if within another chart: without a data set, a configuration and a schema of its own.
        spec: Spec = build(*args, **options).to_dict(
            validate=False, context={"top_level": False, "data": None}
        )
        return spec

    @wraps(build)
    def current(*args: Arguments.args, **options: Arguments.kwargs) -> Spec:
        return kept(theme(), *args, **options)  # type: ignore[arg-type]

    return current


def probability_chart(probabilities: Tensor, key: str, height: int = 230) -> None:
    """Ten horizontal bars (10,), 0 at the top, the likeliest in the accent color; they do not blink.

    Written by hand, because the first page shows it and Altair's import alone takes half a second.
    """
    values = probabilities.tolist()
    best = max(range(len(values)), key=values.__getitem__)
    rows = {
        "digit": list(range(len(values))),
        "probability": values,
        "label": [probability(value) if value >= 0.0005 else "" for value in values],
        "best": [digit == best for digit in range(len(values))],
    }
    place = {"field": "digit", "type": "ordinal", "title": None, "axis": _AXIS}
    width = {"field": "probability", "type": "quantitative", "scale": {"domain": [0, 1.35]}, "axis": None}
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
