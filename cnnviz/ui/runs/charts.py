"""Charts of a training run, on axes that stay where they are while it grows.

Drawn with Vega-Lite, for the reason given in charts.py.
"""

import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from cnnviz.colors import ACCENT, MUTED, SERIES
from cnnviz.numbers import percent
from cnnviz.training.config import TrainConfig
from cnnviz.training.schedule import learning_rate_at
from cnnviz.ui.widgets.charts import draw, specification
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
    spec = _loss_spec(epochs, max([_LOSSES[1], *losses]))
    rows = curves(events, "loss", lambda loss: math.log10(max(loss, 1e-6)))
    draw(rows, spec, key, "Training and validation loss over epochs")


def accuracy_chart(events: Sequence[Event], epochs: float, shipped: float | None, key: str) -> None:
    """Training and validation accuracy over epochs, and the shipped model's as a line to reach."""
    rows = curves(events, "accuracy", stretched)
    draw(rows, _accuracy_spec(epochs, shipped), key, "Training and validation accuracy over epochs")


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
    draw(
        rows, _gradient_spec(config.epochs, tuple(names)), key, "L2 norm of each layer's gradient over epochs"
    )


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


def accuracy_axis(highest: float = 1.0) -> alt.Y:
    """For heights that are stretched accuracies, up to the highest."""
    axis = alt.Axis(
        values=[stretched(share / 100) for share in _ACCURACIES if share <= 100 * highest],
        labelExpr="format(100 - 100 * pow(10, -datum.value), '.1~f') + '%'",
    )
    return alt.Y("height:Q", title=None, scale=alt.Scale(domain=[0, stretched(highest)]), axis=axis)


@specification
def _loss_spec(epochs: float, highest: float) -> Any:
    scale = alt.Scale(domain=[math.log10(_LOSSES[0]), math.log10(highest)])
    axis = alt.Axis(values=[-2, -1, 0, 1], labelExpr="format(pow(10, datum.value), '.2~g')")
    return _two_curves(epochs, alt.Y("height:Q", title=None, scale=scale, axis=axis), "top-right", ".4f")


@specification
def _accuracy_spec(epochs: float, shipped: float | None) -> Any:
    spec = _two_curves(epochs, accuracy_axis(), "bottom-right", ".2%")
    if shipped is None:
        return spec
    return spec + reference(
        stretched(shipped), f"shipped model {percent(shipped)}", alt.value(0), align="left", dx=4
    )


def _two_curves(epochs: float, y: alt.Y, legend: str, form: str) -> Any:
    """Training and validation over epochs; hovering shows the values themselves."""
    color = _legend("curve", ["training", "validation"], [MUTED[theme()], ACCENT[theme()]], legend)
    tooltip = [alt.Tooltip("curve:N"), alt.Tooltip("value:Q", format=form), _EPOCHS]
    both = alt.Chart().encode(_epoch_axis(epochs), y, color, tooltip=tooltip)
    dots = both.transform_filter("datum.curve == 'validation'")
    return alt.layer(
        both.mark_line(clip=True, strokeWidth=2),
        dots.mark_point(filled=True, size=40, opacity=1),
        height=HEIGHT,
    )


@specification
def _rate_spec(epochs: float, top: float) -> Any:
    scale, axis = alt.Scale(domain=[0, 1.05 * top]), alt.Axis(format=".2~g", tickCount=5)
    dotted = alt.when("datum.curve == 'planned'").then(alt.value([2, 3])).otherwise(alt.value([1, 0]))
    return (
        alt.Chart(height=HEIGHT)
        .mark_line(clip=True, strokeWidth=2)
        .encode(
            _epoch_axis(epochs),
            alt.Y("rate:Q", title=None, scale=scale, axis=axis),
            _legend("curve", ["planned", "trained with"], [MUTED[theme()], ACCENT[theme()]], "top-right"),
            strokeDash=dotted,
            tooltip=[alt.Tooltip("curve:N"), alt.Tooltip("rate:Q", format=".3~g"), _EPOCHS],
        )
    )


@specification
def _gradient_spec(epochs: float, names: Sequence[str]) -> Any:
    """A color a layer; with more layers than colors they begin again."""
    colors = [SERIES[number % len(SERIES)] for number in range(len(names))]
    axis = alt.Axis(tickCount=4, labelExpr="format(pow(10, datum.value), '.1~g')")
    norm = alt.Tooltip("norm:Q", format=".3~g", title="norm, this batch")
    return (
        alt.Chart(height=HEIGHT)
        .mark_line(clip=True, strokeWidth=2)
        .encode(
            _epoch_axis(epochs),
            alt.Y("height:Q", title=None, scale=alt.Scale(zero=False), axis=axis),
            _legend("layer", names, colors, "top-right"),
            tooltip=[alt.Tooltip("layer:N"), norm, _EPOCHS],
        )
    )


_EPOCHS = alt.Tooltip("epoch:Q", format=".2f", title="epochs")


def _epoch_axis(epochs: float) -> alt.X:
    axis = alt.Axis(grid=False, tickCount=5, format="~g")
    return alt.X("epoch:Q", title=None, scale=alt.Scale(domain=[0, epochs]), axis=axis)


def _legend(field: str, names: Sequence[str], colors: Sequence[str], place: Any) -> alt.Color:
    """In a corner, out of the curves' way."""
    legend = alt.Legend(title=None, orient=place, symbolType="stroke", labelFontSize=12, offset=4, padding=0)
    return alt.Color(f"{field}:N", scale=alt.Scale(domain=list(names), range=list(colors)), legend=legend)


def reference(height: float, text: str, x: Any, **place: Any) -> Any:
    """A dotted line across the chart, with words on it at x."""
    once = alt.Chart(alt.sequence(1)).encode(y=alt.datum(height, type="quantitative"))  # not once a record
    words = once.mark_text(baseline="bottom", dy=-2, text=text, color=MUTED[theme()], **place).encode(x=x)
    return once.mark_rule(strokeDash=[2, 3], color=MUTED[theme()]) + words


RATE_HEIGHT = 90


def rate_chart(config: TrainConfig, key: str) -> None:
    """From zero to the highest rate, over all epochs."""
    spec = _planned_rate_spec(config.epochs, config.learning_rate)
    draw(curve(config), spec, key, "Learning rate over the epochs of the run")


@specification
def _planned_rate_spec(epochs: float, top: float) -> Any:
    side = alt.Axis(grid=False, labelFontSize=12, format=".2~g", values=[0, top])
    below = alt.Axis(grid=False, labelFontSize=12, format="~g", tickCount=4)
    return (
        alt.Chart(height=RATE_HEIGHT)
        .mark_line(strokeWidth=2, color=ACCENT[theme()])
        .encode(
            alt.X("epoch:Q", title=None, scale=alt.Scale(domain=[0, epochs]), axis=below),
            alt.Y("rate:Q", title=None, scale=alt.Scale(domain=[0, top]), axis=side),
        )
    )


def curve(config: TrainConfig) -> dict[str, list[float]]:
    return {
        "epoch": [config.epochs * point / POINTS for point in range(POINTS + 1)],
        "rate": [learning_rate_at(config, point, POINTS) for point in range(POINTS + 1)],
    }
