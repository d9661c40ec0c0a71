"""Curves over the amount of a change, one a model."""

from collections.abc import Mapping, Sequence
from typing import Any

from cnnviz.colors import MUTED, SERIES
from cnnviz.labs.invariance import CHANGES
from cnnviz.ui.widgets.charts import Spec, draw
from cnnviz.ui.widgets.pictures import theme


def change_chart(
    curves: Mapping[str, Sequence[float]],
    kind: str,
    key: str,
    alt: str,
    at: float | None = None,
    height: int = 260,
) -> None:
    """Shares from 0 to 1 over the amounts of a change; a line where the visitor stands."""
    change = CHANGES[kind]
    rows: dict[str, list[Any]] = {"amount": [], "share": [], "model": []}
    for name, values in curves.items():
        for amount, value in zip(change.amounts, values, strict=False):
            rows["amount"].append(amount)
            rows["share"].append(value)
            rows["model"].append(name)
    x = {
        "field": "amount",
        "type": "quantitative",
        "title": f"{change.title.lower()}, {change.unit}",
        "scale": {"domain": [change.amounts[0], change.amounts[-1]], "nice": False},
        "axis": {"grid": False, "tickCount": 9},
    }
    y = {
        "field": "share",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, 1]},
        "axis": {"format": ".0%", "tickCount": 5},
    }
    color = {
        "field": "model",
        "type": "nominal",
        "title": None,
        "sort": list(curves),
        "scale": {"domain": list(curves), "range": list(SERIES[: len(curves)])},
        "legend": {"orient": "top", "symbolType": "stroke", "labelLimit": 200, "columns": 2},
    }
    tooltip = [
        {"field": "model", "title": "model"},
        {"field": "amount", "type": "quantitative", "title": change.unit},
        {"field": "share", "type": "quantitative", "format": ".1%", "title": "share"},
    ]
    line: Spec = {
        "mark": {"type": "line", "strokeWidth": 2.5, "point": {"size": 30, "filled": True}},
        "encoding": {"x": x, "y": y, "color": color, "tooltip": tooltip},
    }
    layers = [line]
    if at is not None:
        layers.append(
            {
                "data": {"values": [{}]},
                "mark": {"type": "rule", "color": MUTED[theme()], "strokeDash": [3, 3]},
                "encoding": {"x": {"datum": at, "type": "quantitative"}},
            }
        )
    draw(rows, {"height": height, "layer": layers}, key, alt)
