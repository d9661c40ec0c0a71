"""The sweep's charts: a cell a run, in the order of the grid, and a line for a single setting.

Drawn with Vega-Lite, for the reason given in charts.py. All cells are one chart: the first setting
runs to the right, the combinations of the others down, and each cell holds its run's curve.
"""

import itertools
import json
from collections.abc import Sequence
from typing import Any

from cnnviz.colors import ACCENT, INK, MUTED, SCALES
from cnnviz.runs.grid import SETTINGS, Grid
from cnnviz.runs.sweep import Outcome, best
from cnnviz.ui.pages.train.sweep_text import highest, named_value, outcome_word, point_title, value_title
from cnnviz.ui.runs.charts import curves, stretched
from cnnviz.ui.widgets.charts import Spec, draw
from cnnviz.ui.widgets.pictures import theme

HEAD = 0.2  # of a row's height, for the words above it, if there are several settings
MARGIN = 0.06  # of a cell, around its curve
TOP = 0.36  # of a cell, for its figure
TRAINING_POINTS = 30  # drawn of each training curve
_LABELED = (0, 80, 95, 99)
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
    draw(rows, _cells_spec(grid, heights), key, "Validation accuracy of every run, a cell each")


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


def _cells_spec(grid: Grid, heights: Sequence[float]) -> Spec:
    name, values = grid.axes[0]
    count, lines = len(values), grid.size // len(values)
    ink, gray, blue = INK[theme()], MUTED[theme()], ACCENT[theme()]
    titles = json.dumps([value_title(value) for value in values])
    x = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": [0, count]},
        "axis": {
            "title": SETTINGS[name].title,
            "values": [number + 0.5 for number in range(count)],
            "labelExpr": f"{titles}[floor(datum.value)]",
            "labelFontSize": 13,
            "grid": False,
            "ticks": False,
            "domain": False,
        },
    }
    y = {
        "field": "y",
        "type": "quantitative",
        "scale": {"domain": [0, lines], "reverse": True},
        "axis": None,
    }
    blues = SCALES["signed"][theme()][len(SCALES["signed"][theme()]) // 2 :]
    low, high = min(heights, default=0.0), max(heights, default=1.0)
    tint = {
        "field": "height",
        "type": "quantitative",
        "scale": {"domain": [low, max(high, low + 0.01)], "range": list(blues[:3]), "interpolate": "rgb"},
        "legend": None,
    }
    across: Spec = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
    tooltip = [
        {"field": "point", "title": "run"},
        {"field": "value", "type": "quantitative", "format": ".2%", "title": "accuracy"},
        {"field": "epoch", "type": "quantitative", "format": ".2f", "title": "epochs"},
    ]

    def of(kind: str, mark: Spec, **encoding: Any) -> Spec:
        return {
            "transform": [{"filter": f"datum.kind == '{kind}'"}],
            "mark": mark,
            "encoding": {"x": x, "y": y, **encoding},
        }

    curve: Spec = {"detail": {"field": "number"}, "order": {"field": "epoch"}, "tooltip": tooltip}
    label: Spec = {"text": {"field": "label"}}
    size = 15 if count <= 6 else 12
    cell = {"type": "rect", "invalid": None, "cornerRadius": 6, "stroke": gray, "strokeOpacity": 0.4}
    outline = {"stroke": blue, "strokeWidth": 3, "strokeOpacity": 1}
    filled = {"condition": {"test": "datum.height !== null", **tint}, "value": "transparent"}
    return {
        "height": lines * (130 if lines < 3 else 105) + 20,
        "layer": [
            of("cell", cell, fill=filled, tooltip=tooltip[:2], **across),
            of("best", {**cell, "filled": False, **outline}, **across),
            of("training", {"type": "line", "color": gray, "strokeWidth": 1.2}, **curve),
            of("validation", {"type": "line", "color": ink, "strokeWidth": 1.8}, **curve),
            of("figure", {"type": "text", "fontSize": size, "fontWeight": "bold", "color": ink}, **label),
            of("word", {"type": "text", "fontSize": min(size, 13), "color": gray}, **label),
            of("row", {"type": "text", "align": "left", "dx": 4, "fontSize": 13, "color": ink}, **label),
        ],
    }


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
    x = {
        "field": "value",
        "type": "ordinal",
        "title": None,  # the cells below have it
        "scale": {"domain": [value_title(value) for value in values]},
        "axis": {"labelAngle": 0, "labelFontSize": 13, "ticks": False},
    }
    y = {
        "field": "height",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, stretched(highest(outcomes))]},
        "axis": {
            "values": [stretched(share / 100) for share in _LABELED],
            "labelExpr": "format(100 - 100 * pow(10, -datum.value), '.0~f') + '%'",
        },
    }
    tooltip = [
        {"field": "value", "title": SETTINGS[name].title},
        {"field": "accuracy", "type": "quantitative", "format": ".2%", "title": "validation accuracy"},
    ]
    dots = {"type": "point", "filled": True, "size": 70, "opacity": 1, "color": ACCENT[theme()]}
    line = {"type": "line", "color": ACCENT[theme()], "strokeWidth": 2}
    spec = {
        "height": 220,
        "encoding": {"x": x, "y": y, "tooltip": tooltip},
        "layer": [{"mark": dots}] if SETTINGS[name].choices else [{"mark": line}, {"mark": dots}],
    }
    draw(rows, spec, key, f"Validation accuracy over {SETTINGS[name].title.lower()}")
