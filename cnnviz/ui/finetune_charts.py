"""Charts of a fine-tuning: what is learnt and what is forgotten, and how far each filter went."""

from collections.abc import Sequence
from typing import Any

from cnnviz.palette import ACCENT, MUTED, SERIES
from cnnviz.tuning_study import Study
from cnnviz.ui.charts import Spec, draw
from cnnviz.ui.pictures import theme

HEIGHT = 260
OWN, MNIST = "these digits", "first 1,000 MNIST test digits"
_WAYS = ("with replay", "without replay")


def learning_chart(known: Study, steps: int, key: str) -> None:
    """Shares read right over the steps: own digits and MNIST, with replay solid, without dashed."""
    rows: dict[str, list[Any]] = {"step": [], "right": [], "digits": [], "way": []}
    for way, points in known.curves.items():
        for point in points:
            for digits, right in ((OWN, point.own), (MNIST, point.mnist)):
                for name, value in zip(rows, (point.step, right, digits, way), strict=True):
                    rows[name].append(value)
    lowest = min(rows["right"], default=0.9)
    legend = {"title": None, "orient": "top", "labelFontSize": 12, "symbolType": "stroke"}
    colour = {
        "field": "digits",
        "type": "nominal",
        "scale": {"domain": [OWN, MNIST], "range": [SERIES[1], ACCENT[theme()]]},
        "legend": legend,
    }
    dash = {
        "field": "way",
        "type": "nominal",
        "scale": {"domain": list(_WAYS), "range": [[1, 0], [4, 4]]},
        "legend": None,
    }
    bottom = min(0.95, int(lowest * 20 - 1e-9) / 20)  # in steps of 5 %, so that it seldom moves
    tooltip = [
        {"field": "digits", "title": "digits"},
        {"field": "way", "title": "way"},
        {"field": "step", "type": "quantitative", "title": "step"},
        {"field": "right", "type": "quantitative", "format": ".2%", "title": "read right"},
    ]
    spec: Spec = {
        "height": HEIGHT,
        "mark": {"type": "line", "strokeWidth": 2.5, "point": {"size": 30}},
        "encoding": {
            "x": _axis("step", "step", [0, steps]),
            "y": {**_axis("right", None, [bottom, 1]), "axis": {"format": ".0%", "tickCount": 5}},
            "color": colour,
            "strokeDash": dash,
            "tooltip": tooltip,
        },
    }
    draw(rows, spec, key, "Share read right at each step, of these digits and of MNIST test digits")


def change_chart(names: Sequence[str], changes: Sequence[float], frozen: Sequence[bool], key: str) -> None:
    """How far each layer went: its filters' mean change, relative to their length."""
    rows: dict[str, list[Any]] = {
        "layer": list(names),
        "change": list(changes),
        "label": ["held" if held else f"{value:.1%}" for value, held in zip(changes, frozen, strict=True)],
    }
    axis = {"ticks": False, "domain": False, "labelFontSize": 13}
    place = {"field": "layer", "type": "nominal", "sort": None, "title": None, "axis": axis}
    width = {
        "field": "change",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, 1.25 * max([*changes, 1e-3])]},
    }
    words = {"type": "text", "align": "left", "dx": 4, "fontSize": 13, "color": MUTED[theme()]}
    spec: Spec = {
        "height": {"step": 26},
        "encoding": {"y": place, "x": width},
        "layer": [
            {"mark": {"type": "bar", "height": {"band": 0.7}, "color": ACCENT[theme()]}},
            {"mark": words, "encoding": {"text": {"field": "label"}}},
        ],
    }
    draw(rows, spec, key, "Mean relative change of each layer's filters")


def _axis(field: str, title: str | None, domain: list[float]) -> Spec:
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "scale": {"domain": domain},
        "axis": {"grid": False, "tickCount": 5},
    }
