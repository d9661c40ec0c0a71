"""Curves of a climb: what the unit gives at each step. They take new data in place, without blinking."""

from collections.abc import Mapping, Sequence
from typing import Any

from cnnviz.colors import ACCENT, MUTED
from cnnviz.feature_visualization.activation_maximization import Frame
from cnnviz.ui.widgets.charts import Spec, draw
from cnnviz.ui.widgets.pictures import theme

HEIGHT = 190


def objective_chart(frames: Sequence[Frame], unit: int, real: float | None, key: str) -> None:
    """One picture's objective over the steps; a dotted line where the best real digit is."""
    rows: dict[str, list[Any]] = {
        "step": [frame.step for frame in frames],
        "value": [float(frame.values[unit]) for frame in frames],
    }
    layers = [_line(frames[-1].steps, ACCENT[theme()])]
    if real is not None:
        layers += _reference(real, "best real digit")
    draw(rows, {"height": HEIGHT, "layer": layers}, key, "Activation at each step of the climb")


def training_chart(steps: Sequence[int], values: Sequence[float], key: str) -> None:
    """What one picture a moment reaches, over the steps of the training; closer together at the start."""
    line = _line(max(steps), ACCENT[theme()])
    line["mark"] |= {"point": {"color": ACCENT[theme()], "filled": True}}
    line["encoding"]["x"]["scale"]["type"] = "sqrt"
    line["encoding"]["x"]["title"] = "step of the training"
    rows: dict[str, list[Any]] = {"step": list(steps), "value": list(values)}
    draw(rows, {"height": HEIGHT, "layer": [line]}, key, "Activation reached at moments of the training")


def ablation_chart(films: Mapping[str, Sequence[Frame]], selected: str, key: str) -> None:
    """Every column's objective over the steps, the selected one's in color and in front."""
    names = [name for name in films if name != selected] + [selected]
    rows: dict[str, list[Any]] = {"step": [], "value": [], "name": [], "front": []}
    for name in names:
        for frame in films[name]:
            rows["step"].append(frame.step)
            rows["value"].append(float(frame.values[0]))
            rows["name"].append(name)
            rows["front"].append(name == selected)
    steps = max(frames[-1].steps for frames in films.values())
    behind, front = _line(steps, MUTED[theme()]), _line(steps, ACCENT[theme()])
    behind |= {"mark": {**behind["mark"], "strokeWidth": 1, "opacity": 0.8}}
    for line, test in ((behind, "!datum.front"), (front, "datum.front")):
        line["transform"] = [{"filter": test}]
        line["encoding"]["detail"] = {"field": "name"}
        line["encoding"]["tooltip"].insert(0, {"field": "name", "title": "column"})
    draw(
        rows, {"height": HEIGHT, "layer": [behind, front]}, key, "Activation at each step, one curve a column"
    )


def _line(steps: int, color: str) -> Spec:
    x = {
        "field": "step",
        "type": "quantitative",
        "title": "step",
        "scale": {"domain": [0, steps]},
        "axis": {"grid": False, "tickCount": 4},
    }
    y = {"field": "value", "type": "quantitative", "title": None, "axis": {"tickCount": 4}}
    tooltip = [
        {"field": "step", "type": "quantitative", "title": "step"},
        {"field": "value", "type": "quantitative", "format": ".3f", "title": "activation"},
    ]
    return {
        "mark": {"type": "line", "strokeWidth": 2.5, "color": color, "clip": True},
        "encoding": {"x": x, "y": y, "tooltip": tooltip},
    }


def _reference(height: float, text: str) -> list[Spec]:
    gray = MUTED[theme()]
    words = {"type": "text", "align": "right", "baseline": "bottom", "dy": -2, "text": text, "color": gray}
    y = {"datum": height, "type": "quantitative"}
    once: Spec = {"values": [{}]}  # else the words are drawn once a record
    return [
        {"data": once, "mark": {"type": "rule", "strokeDash": [2, 3], "color": gray}, "encoding": {"y": y}},
        {"data": once, "mark": words, "encoding": {"y": y, "x": {"value": "width"}}},
    ]
