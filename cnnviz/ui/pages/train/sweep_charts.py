"""The sweep's charts: a cell a run, in the order of the grid, and a line for a single setting.

Drawn with Vega-Lite, for the reason given in charts.py. All cells are one chart: the first setting
runs to the right, the combinations of the others down, and each cell holds its run's curve.
"""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import altair as alt

from cnnviz.colors import ACCENT, INK, MUTED, SCALES
from cnnviz.runs.grid import SETTINGS, Grid
from cnnviz.runs.sweep import Outcome, best
from cnnviz.ui.pages.train.sweep_text import highest, named_value, outcome_word, point_title, value_title
from cnnviz.ui.runs.charts import accuracy_axis, curves, stretched
from cnnviz.ui.widgets.charts import draw, specification
from cnnviz.ui.widgets.pictures import theme

HEAD = 0.2  # of a row's height, for the words above it, if there are several settings
MARGIN = 0.06  # of a cell, around its curve
TOP = 0.36  # of a cell, for its figure
TRAINING_POINTS = 30  # drawn of each training curve
_COLUMNS = ("kind", "x", "x2", "y", "y2", "point", "value", "height", "epoch", "label", "number")


# ---- the cells ----


def cells_chart(outcomes: Sequence[Outcome], grid: Grid, key: str) -> None:
    """Every run's figure on a blue that deepens with it, and its accuracy over epochs."""
    rows: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    found = best(outcomes)
    top = stretched(highest(outcomes))
    for outcome in outcomes:
        place = _add_cell(rows, outcome, grid, outcome is found)
        _add_curves(rows, outcome, place, top)
    for number, words in enumerate(row_titles(grid)):
        _add(rows, kind="row", x=0, y=number + HEAD / 2, label=words)
    heights = [stretched(outcome.accuracy) for outcome in outcomes if outcome.accuracy is not None]
    spec = _cells_spec(grid, min(heights, default=0.0), max(heights, default=1.0))
    draw(rows, spec, key, "Validation accuracy of every run, a cell each")


def row_titles(grid: Grid) -> list[str]:
    """Of each row the values of all settings but the first; none for a single setting."""
    others = [[named_value(name, value) for value in values] for name, values in grid.axes[1:]]
    # The second setting changes faster than the third, as in Grid.points().
    combinations = itertools.product(*reversed(others))
    return [" · ".join(reversed(words)) for words in combinations] if others else []


def _add_cell(rows: dict[str, list[Any]], outcome: Outcome, grid: Grid, is_best: bool) -> dict[str, float]:
    """The cell, its frame and its figure; returns where it is."""
    row, column = divmod(outcome.point.number, len(grid.axes[0][1]))
    head = HEAD if len(grid.axes) > 1 else 0.0
    place = {"x": column + 0.02, "x2": column + 0.98, "y": row + head, "y2": row + 0.97}
    measured = None if outcome.accuracy is None else stretched(outcome.accuracy)
    number = outcome.point.number
    title = point_title(outcome.point)
    words = {"point": title, "label": outcome_word(outcome), "number": number}
    _add(rows, kind="cell", value=outcome.accuracy, height=measured, **place, **words)
    if is_best:
        _add(rows, kind="best", **place)
    middle = place["y"] + (place["y2"] - place["y"]) * TOP / 2
    kind = "figure" if outcome.accuracy is not None else "word"
    _add(rows, kind=kind, x=column + 0.5, y=middle + 0.02, **words)
    return place


def _add_curves(rows: dict[str, list[Any]], outcome: Outcome, place: dict[str, float], top: float) -> None:
    points = curves(outcome.events, "accuracy", stretched)
    width, tall = place["x2"] - place["x"], place["y2"] - place["y"]
    epochs = outcome.run.config.epochs if outcome.run else 1
    columns = (points["curve"], points["epoch"], points["value"], points["height"])
    for order, (kind, epoch, value, height) in enumerate(zip(*columns, strict=True)):
        if kind == "training" and order % (len(outcome.events) // TRAINING_POINTS + 1):
            continue
        share = min(1.0, height / top)
        x = place["x"] + width * (MARGIN + (1 - 2 * MARGIN) * epoch / epochs)
        y = place["y2"] - tall * (MARGIN + (1 - TOP - 2 * MARGIN) * share)
        shown = {
            "point": point_title(outcome.point),
            "value": value,
            "epoch": epoch,
            "number": outcome.point.number,
        }
        _add(rows, kind=kind, x=x, y=y, **shown)


def _add(rows: dict[str, list[Any]], **values: Any) -> None:
    for name in _COLUMNS:
        rows[name].append(values.get(name))


@specification
def _cells_spec(grid: Grid, low: float, high: float) -> Any:
    name, values = grid.axes[0]
    count, lines = len(values), grid.size // len(values)
    ink, gray, blue = INK[theme()], MUTED[theme()], ACCENT[theme()]
    axis = alt.Axis(
        title=SETTINGS[name].title,
        values=[number + 0.5 for number in range(count)],
        labelExpr=f"{json.dumps([value_title(value) for value in values])}[floor(datum.value)]",
        labelFontSize=13,
        grid=False,
        ticks=False,
        domain=False,
    )
    base = alt.Chart().encode(
        alt.X("x:Q", scale=alt.Scale(domain=[0, count]), axis=axis),
        alt.Y("y:Q", scale=alt.Scale(domain=[0, lines], reverse=True), axis=None),
    )

    def of(kind: str) -> Any:
        return base.transform_filter(f"datum.kind == '{kind}'")

    blues = SCALES["signed"][theme()][len(SCALES["signed"][theme()]) // 2 :][:3]
    tint = alt.Scale(domain=[low, max(high, low + 0.01)], range=list(blues), interpolate="rgb")
    fill = alt.Fill("height:Q", scale=tint, legend=None)
    hint = [
        alt.Tooltip("point:N", title="run"),
        alt.Tooltip("value:Q", format=".2%", title="accuracy"),
        alt.Tooltip("epoch:Q", format=".2f", title="epochs"),
    ]
    size = 15 if count <= 6 else 12
    cell: Any = {"invalid": None, "cornerRadius": 6}
    return alt.layer(
        of("cell")
        .mark_rect(stroke=gray, strokeOpacity=0.4, **cell)
        .encode(
            fill=alt.when("datum.height !== null").then(fill).otherwise(alt.value("transparent")),
            tooltip=hint[:2],
            x2="x2",
            y2="y2",
        ),
        of("best")
        .mark_rect(filled=False, stroke=blue, strokeWidth=3, strokeOpacity=1, **cell)
        .encode(x2="x2", y2="y2"),
        *(
            of(kind)
            .mark_line(color=color, strokeWidth=width)
            .encode(detail="number:N", order="epoch:Q", tooltip=hint)
            for kind, color, width in (("training", gray, 1.2), ("validation", ink, 1.8))
        ),
        of("figure").mark_text(fontSize=size, fontWeight="bold", color=ink).encode(text="label:N"),
        of("word").mark_text(fontSize=min(size, 13), color=gray).encode(text="label:N"),
        of("row").mark_text(align="left", dx=4, fontSize=13, color=ink).encode(text="label:N"),
        height=lines * (130 if lines < 3 else 105) + 20,
    )


# ---- a single setting ----


def line_chart(outcomes: Sequence[Outcome], grid: Grid, key: str) -> None:
    """The accuracy of every finished run over the values of the only setting; equal steps to the right."""
    name, values = grid.axes[0]
    finished = [outcome for outcome in outcomes if outcome.accuracy is not None]
    rows: dict[str, list[Any]] = {
        "value": [value_title(outcome.point.values[name]) for outcome in finished],
        "accuracy": [outcome.accuracy for outcome in finished],
        "height": [stretched(outcome.accuracy or 0.0) for outcome in finished],
    }
    spec = _line_spec(name, tuple(map(value_title, values)), highest(outcomes))
    draw(rows, spec, key, f"Validation accuracy over {SETTINGS[name].title.lower()}")


@specification
def _line_spec(name: str, values: Sequence[str], highest: float) -> Any:
    axis = alt.Axis(labelAngle=0, labelFontSize=13, ticks=False)
    base = alt.Chart().encode(
        alt.X(
            "value:O", title=None, scale=alt.Scale(domain=values), axis=axis
        ),  # the cells below have a title
        accuracy_axis(highest),
        tooltip=[
            alt.Tooltip("value:N", title=SETTINGS[name].title),
            alt.Tooltip("accuracy:Q", format=".2%", title="validation accuracy"),
        ],
    )
    dots = base.mark_point(filled=True, size=70, opacity=1, color=ACCENT[theme()])
    line = base.mark_line(color=ACCENT[theme()], strokeWidth=2)
    return alt.layer(*([dots] if SETTINGS[name].choices else [line, dots]), height=220)
