"""Charts of a training run, on axes that stay where they are while it grows.

Drawn with Vega-Lite, for the reason given in charts.py.
"""

import math
from collections.abc import Sequence
from typing import Any

from cnnviz.colors import ACCENT, MUTED, SERIES
from cnnviz.numbers import percent
from cnnviz.training.config import TrainConfig
from cnnviz.training.schedule import learning_rate_at
from cnnviz.ui.widgets.charts import Spec, draw
from cnnviz.ui.widgets.pictures import theme

WINDOW = 10  # records in the training curves' moving average
HEIGHT = 230
POINTS = 100  # of a planned curve
_LOSSES = (0.003, 4.0)
_ACCURACIES = (0, 80, 95, 99, 99.9)  # labeled; the axis widens towards 100 %
_SMALLEST_NORM = 1e-8
_FINEST = 1 - _ACCURACIES[-1] / 100

Event = dict[str, Any]


def loss_chart(events: Sequence[Event], epochs: float, key: str) -> None:
    """Training and validation loss over epochs; the axis is logarithmic, base 10."""
    losses = [record["loss"] for record in events if record["step"]]
    axis = {
        "scale": {"domain": [math.log10(_LOSSES[0]), math.log10(max([_LOSSES[1], *losses]))]},
        "axis": {"values": [-2, -1, 0, 1], "labelExpr": "format(pow(10, datum.value), '.2~g')"},
    }
    rows = curves(events, "loss", lambda loss: math.log10(max(loss, 1e-6)))
    draw(rows, _spec(axis, epochs, "top-right", ".4f"), key, "Training and validation loss over epochs")


def accuracy_chart(events: Sequence[Event], epochs: float, shipped: float | None, key: str) -> None:
    """Training and validation accuracy over epochs, and the shipped model's as a line to reach."""
    axis = {
        "scale": {"domain": [0, stretched(1.0)]},
        "axis": {
            "values": [stretched(share / 100) for share in _ACCURACIES],
            "labelExpr": "format(100 - 100 * pow(10, -datum.value), '.1~f') + '%'",
        },
    }
    spec = _spec(axis, epochs, "bottom-right", ".2%")
    if shipped is not None:
        spec["layer"] += _reference(stretched(shipped), f"shipped model {percent(shipped)}")
    rows = curves(events, "accuracy", stretched)
    draw(rows, spec, key, "Training and validation accuracy over epochs")


def live_rate_chart(events: Sequence[Event], config: TrainConfig, key: str) -> None:
    """The rate as planned, dotted, and as it was; they differ where somebody changed it."""
    steps = events[-1]["steps"] if events else POINTS
    planned = [learning_rate_at(config, round(steps * part / POINTS), steps) for part in range(POINTS + 1)]
    was = [record["learning_rate"] for record in events]
    rows = {
        "epoch": [config.epochs * part / POINTS for part in range(POINTS + 1)]
        + [record["epoch"] for record in events],
        "rate": planned + was,
        "curve": ["planned"] * len(planned) + ["trained with"] * len(was),
    }
    top = max([config.learning_rate, *was])
    draw(rows, _rate_spec(config.epochs, top), key, "Learning rate over epochs, as planned and as it was")


def gradient_chart(events: Sequence[Event], config: TrainConfig, key: str) -> None:
    """The norm of each layer's gradient over epochs; the axis is logarithmic, base 10."""
    trained = [record for record in events if record.get("gradient_norms")]
    names = list(trained[0]["gradient_norms"]) if trained else []
    rows: dict[str, list[Any]] = {"epoch": [], "norm": [], "height": [], "layer": []}
    for name in names:
        norms = [record["gradient_norms"][name] for record in trained]
        rows["epoch"] += [record["epoch"] for record in trained]
        rows["norm"] += norms
        rows["height"] += moving_average([math.log10(max(norm, _SMALLEST_NORM)) for norm in norms])
        rows["layer"] += [name] * len(norms)
    draw(rows, _gradient_spec(config.epochs, names), key, "L2 norm of each layer's gradient over epochs")


def curves(events: Sequence[Event], name: str, place: Any) -> dict[str, list[Any]]:
    """Columns of the points of both curves; `place` maps a value to its height."""
    trained = [record for record in events if record["step"]]  # before the first step there is no batch
    validated = [record for record in events if record.get(f"validation_{name}") is not None]
    averages = moving_average([record[name] for record in trained])
    values = averages + [record[f"validation_{name}"] for record in validated]
    return {
        "epoch": [record["epoch"] for record in (*trained, *validated)],
        "value": values,
        "height": [place(value) for value in values],
        "curve": ["training"] * len(trained) + ["validation"] * len(validated),
    }


def stretched(accuracy: float) -> float:
    """-log10 of the error: 90 %, 99 % and 99.9 % are equally far apart; beyond that the axis ends."""
    return -math.log10(max(1 - accuracy, _FINEST))


def moving_average(values: Sequence[float], window: int = WINDOW) -> list[float]:
    """The mean of each value and the window - 1 before it."""
    parts = (values[max(0, end - window) : end] for end in range(1, len(values) + 1))
    return [math.fsum(part) / len(part) for part in parts]


def _rate_spec(epochs: float, top: float) -> Spec:
    colors = [MUTED[theme()], ACCENT[theme()]]
    y = {"scale": {"domain": [0, 1.05 * top]}, "axis": {"format": ".2~g", "tickCount": 5}}
    dashes = {"condition": {"test": "datum.curve == 'planned'", "value": [2, 3]}, "value": [1, 0]}
    return {
        "height": HEIGHT,
        "mark": {"type": "line", "clip": True, "strokeWidth": 2},
        "encoding": {
            "x": _epoch_axis(epochs),
            "y": {"field": "rate", "type": "quantitative", "title": None, **y},
            "color": _legend("curve", ["planned", "trained with"], colors, "top-right"),
            "strokeDash": dashes,
            "tooltip": [
                {"field": "curve", "title": "curve"},
                {"field": "rate", "type": "quantitative", "format": ".3~g", "title": "rate"},
                {"field": "epoch", "type": "quantitative", "format": ".2f", "title": "epochs"},
            ],
        },
    }


def _gradient_spec(epochs: float, names: Sequence[str]) -> Spec:
    """A color a layer; with more layers than colors they begin again."""
    colors = [SERIES[number % len(SERIES)] for number in range(len(names))]
    axis = {"tickCount": 4, "labelExpr": "format(pow(10, datum.value), '.1~g')"}
    return {
        "height": HEIGHT,
        "mark": {"type": "line", "clip": True, "strokeWidth": 2},
        "encoding": {
            "x": _epoch_axis(epochs),
            "y": {
                "field": "height",
                "type": "quantitative",
                "title": None,
                "scale": {"zero": False},
                "axis": axis,
            },
            "color": _legend("layer", names, colors, "top-right"),
            "tooltip": [
                {"field": "layer", "title": "layer"},
                {"field": "norm", "type": "quantitative", "format": ".3~g", "title": "norm, this batch"},
                {"field": "epoch", "type": "quantitative", "format": ".2f", "title": "epochs"},
            ],
        },
    }


def _epoch_axis(epochs: float) -> Spec:
    return {
        "field": "epoch",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, epochs]},
        "axis": {"grid": False, "tickCount": 5, "format": "~g"},
    }


def _legend(field: str, names: Sequence[str], colors: Sequence[str], place: str) -> Spec:
    return {
        "field": field,
        "type": "nominal",
        "scale": {"domain": list(names), "range": list(colors)},
        "legend": {
            "title": None,
            "orient": place,
            "symbolType": "stroke",
            "labelFontSize": 12,
            "offset": 4,  # in the corner, out of the curves' way
            "padding": 0,
        },
    }


def _spec(axis: Spec, epochs: float, legend: str, form: str) -> Spec:
    """Two curves over epochs; hovering shows the values themselves."""
    color = _legend("curve", ["training", "validation"], [MUTED[theme()], ACCENT[theme()]], legend)
    tooltip = [
        {"field": "curve", "title": "curve"},
        {"field": "value", "type": "quantitative", "format": form, "title": "value"},
        {"field": "epoch", "type": "quantitative", "format": ".2f", "title": "epochs"},
    ]
    x = _epoch_axis(epochs)
    y = {"field": "height", "type": "quantitative", "title": None, **axis}
    dots = {"filter": "datum.curve == 'validation'"}
    return {
        "height": HEIGHT,
        "layer": [
            {
                "mark": {"type": "line", "clip": True, "strokeWidth": 2},
                "encoding": {"x": x, "y": y, "color": color, "tooltip": tooltip},
            },
            {
                "transform": [dots],
                "mark": {"type": "point", "filled": True, "size": 40, "opacity": 1},
                "encoding": {"x": x, "y": y, "color": color, "tooltip": tooltip},
            },
        ],
    }


def _reference(height: float, text: str) -> list[Spec]:
    """A dotted line across the chart, with words on it at the left, where no curve begins."""
    gray = MUTED[theme()]
    words = {"type": "text", "align": "left", "baseline": "bottom", "dx": 4, "dy": -2, "text": text}
    y = {"datum": height, "type": "quantitative"}
    once: Spec = {"values": [{}]}  # else the words are drawn once a record
    line = {"type": "rule", "strokeDash": [2, 3], "color": gray}
    return [
        {"data": once, "mark": line, "encoding": {"y": y}},
        {"data": once, "mark": {**words, "color": gray}, "encoding": {"y": y, "x": {"value": 0}}},
    ]


RATE_HEIGHT = 90


def rate_chart(config: TrainConfig, key: str) -> None:
    """From zero to the highest rate, over all epochs."""
    axis: dict[str, Any] = {"grid": False, "labelFontSize": 12, "format": "~g"}
    top = {**axis, "values": [0, config.learning_rate], "format": ".2~g"}
    spec = {
        "height": RATE_HEIGHT,
        "mark": {"type": "line", "strokeWidth": 2, "color": ACCENT[theme()]},
        "encoding": {
            "x": {
                "field": "epoch",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [0, config.epochs]},
                "axis": {**axis, "tickCount": 4},
            },
            "y": {
                "field": "rate",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [0, config.learning_rate]},
                "axis": top,
            },
        },
    }
    draw(curve(config), spec, key, "Learning rate over the epochs of the run")


def curve(config: TrainConfig) -> dict[str, list[float]]:
    return {
        "epoch": [config.epochs * point / POINTS for point in range(POINTS + 1)],
        "rate": [learning_rate_at(config, point, POINTS) for point in range(POINTS + 1)],
    }
