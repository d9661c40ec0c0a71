"""Curves of a training run, on axes that stay where they are while it grows."""

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from cnnviz.palette import ACCENT, MUTED
from cnnviz.ui.pictures import theme

WINDOW = 10  # records in the training curves' moving average
HEIGHT = 240
_LOSSES = (0.003, 4.0)
_ACCURACIES = (0, 50, 80, 90, 95, 98, 99, 99.5, 99.9)  # labelled; the axis widens towards 100 %
_FINEST = 1 - _ACCURACIES[-1] / 100

Event = dict[str, Any]


def loss_chart(events: Sequence[Event], epochs: float) -> go.Figure:
    """Training and validation loss over epochs; the axis is logarithmic."""
    figure = _chart(events, epochs, "loss", lambda value: max(value, 1e-9), ".4f")
    figure.update_layout(legend={"y": 1, "yanchor": "top"})
    highest = max([_LOSSES[1], *(record["loss"] for record in events if record["step"])])
    figure.update_yaxes(
        type="log",
        range=[math.log10(_LOSSES[0]), math.log10(highest)],
        tickvals=[0.01, 0.1, 1],
        ticktext=["0.01", "0.1", "1"],
    )
    return figure


def accuracy_chart(events: Sequence[Event], epochs: float, shipped: float | None = None) -> go.Figure:
    """Training and validation accuracy over epochs, and the shipped model's as a line to reach."""
    figure = _chart(events, epochs, "accuracy", stretched, ".2%")
    figure.update_layout(legend={"y": 0, "yanchor": "bottom"})
    figure.update_yaxes(
        range=[-0.03, stretched(1.0) + 0.03],
        tickvals=[stretched(percent / 100) for percent in _ACCURACIES],
        ticktext=[f"{percent:g} %" for percent in _ACCURACIES],
    )
    if shipped is not None:
        figure.add_hline(
            stretched(shipped),
            line={"dash": "dot", "width": 1, "color": MUTED[theme()]},
            annotation={"text": f"shipped model {100 * shipped:.1f} %", "font_color": MUTED[theme()]},
            annotation_position="top left",
        )
    return figure


def stretched(accuracy: float) -> float:
    """-log10 of the error: 90 %, 99 % and 99.9 % are equally far apart; beyond that the axis ends."""
    return -math.log10(max(1 - accuracy, _FINEST))


def moving_average(values: Sequence[float], window: int = WINDOW) -> list[float]:
    """The mean of each value and the window - 1 before it."""
    return [
        math.fsum(part) / len(part)
        for end in range(1, len(values) + 1)
        if (part := values[max(0, end - window) : end])
    ]


def _chart(events: Sequence[Event], epochs: float, name: str, place: Any, spec: str) -> go.Figure:
    """`place` maps a value to its height; hovering shows the value itself."""
    trained = [record for record in events if record["step"]]  # before the first step there is no batch
    validated = [record for record in events if record.get(f"validation_{name}") is not None]
    curves = (
        (
            "training",
            [r["epoch"] for r in trained],
            moving_average([r[name] for r in trained]),
            MUTED,
            "lines",
        ),
        (
            "validation",
            [r["epoch"] for r in validated],
            [r[f"validation_{name}"] for r in validated],
            ACCENT,
            "lines+markers",
        ),
    )
    figure = go.Figure()
    for title, x, values, colours, mode in curves:
        figure.add_scatter(
            x=x,
            y=[place(value) for value in values],
            customdata=values,
            name=title,
            mode=mode,
            line={"color": colours[theme()], "width": 2},
            marker={"size": 6},
            hovertemplate=f"%{{customdata:{spec}}} after %{{x:.2f}} epochs<extra>{title}</extra>",
        )
    figure.update_xaxes(range=[0, epochs], title="epochs", fixedrange=True, zeroline=False)
    figure.update_yaxes(fixedrange=True, zeroline=False)
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 0, "r": 6, "t": 14, "b": 0},
        uirevision="kept",
        showlegend=True,
        legend={"x": 1, "xanchor": "right", "title": None, "bgcolor": "rgba(0, 0, 0, 0)"},
    )
    return figure
