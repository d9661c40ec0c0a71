"""Curves of a climb: what the unit gives at each step. They take new data in place, without blinking."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from cnnviz.colors import ACCENT, MUTED
from cnnviz.feature_visualization.activation_maximization import Frame
from cnnviz.ui.runs.charts import reference
from cnnviz.ui.widgets.charts import draw, specification
from cnnviz.ui.widgets.pictures import theme

HEIGHT = 190


def objective_chart(frames: Sequence[Frame], unit: int, real: float | None, key: str) -> None:
    """One picture's objective over the steps; a dotted line where the best real digit is."""
    rows: dict[str, list[Any]] = {
        "step": [frame.step for frame in frames],
        "value": [float(frame.values[unit]) for frame in frames],
    }
    spec = _climb_spec(frames[-1].steps, real)
    draw(rows, spec, key, "Activation at each step of the climb")


def training_chart(steps: Sequence[int], values: Sequence[float], key: str) -> None:
    """What one picture a moment reaches, over the steps of the training; closer together at the start."""
    rows: dict[str, list[Any]] = {"step": list(steps), "value": list(values)}
    draw(rows, _training_spec(max(steps)), key, "Activation reached at moments of the training")


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
    draw(rows, _ablation_spec(steps), key, "Activation at each step, one curve a column")


@specification
def _climb_spec(steps: int, real: float | None) -> Any:
    line = alt.layer(_line(steps, ACCENT[theme()]), height=HEIGHT)
    return (
        line if real is None else line + reference(real, "best real digit", alt.value("width"), align="right")
    )


@specification
def _training_spec(steps: int) -> Any:
    dots = alt.OverlayMarkDef(color=ACCENT[theme()], filled=True)
    x = alt.X(
        "step:Q", title="step of the training", scale=alt.Scale(domain=[0, steps], type="sqrt"), axis=_STEPS
    )
    return _line(steps, ACCENT[theme()], point=dots).encode(x).properties(height=HEIGHT)


@specification
def _ablation_spec(steps: int) -> Any:
    behind, front = (
        line.transform_filter(test).encode(
            detail="name:N", tooltip=[alt.Tooltip("name:N", title="column"), *_HINT]
        )
        for line, test in (
            (_line(steps, MUTED[theme()], strokeWidth=1, opacity=0.8), "!datum.front"),
            (_line(steps, ACCENT[theme()]), "datum.front"),
        )
    )
    return alt.layer(behind, front, height=HEIGHT)


_STEPS = alt.Axis(grid=False, tickCount=4)
_HINT = [alt.Tooltip("step:Q"), alt.Tooltip("value:Q", format=".3f", title="activation")]


def _line(steps: int, color: str, **mark: Any) -> Any:
    return (
        alt.Chart()
        .mark_line(**{"strokeWidth": 2.5, "color": color, "clip": True, **mark})
        .encode(
            alt.X("step:Q", title="step", scale=alt.Scale(domain=[0, steps]), axis=_STEPS),
            alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=4)),
            tooltip=_HINT,
        )
    )
