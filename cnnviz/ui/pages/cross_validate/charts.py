"""The cross-validate page's charts: the folds side by side, their shares of each digit, two recipes.

Drawn with Vega-Lite, for the reason given in charts.py. The folds are small multiples within one
chart: fold n's curves lie between n and n + 1, so that a line across all of them can be their mean.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.colors import ACCENT, MUTED, SCALES
from cnnviz.numbers import number
from cnnviz.training.cross_validation import summarize
from cnnviz.training.cross_validation_examples import Figures
from cnnviz.ui.runs.charts import curves, stretched
from cnnviz.ui.widgets.charts import Spec, draw
from cnnviz.ui.widgets.pictures import theme

HEIGHT = 300
TRAINING_POINTS = 50  # drawn of each training curve, so that ten folds are soon on screen
MARGIN = 0.06  # of a fold's width, on both sides of its curves
_LABELED = (0, 80, 95, 99)
_HIGHEST = 0.9985
_COLUMNS = ("kind", "fold", "x", "x2", "height", "height2", "value", "epoch", "label")

# ---- the folds ----


def folds_chart(figures: Figures, key: str) -> None:
    """Each fold's accuracy over epochs, the finished ones' figure, and the mean with its spread."""
    rows: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    _add_curves(rows, figures)
    _add_scores(rows, figures)
    _add_mean(rows, figures)
    draw(rows, _folds_spec(figures.folds), key, "Accuracy over epochs, one small chart for each fold")


def _add_curves(rows: dict[str, list[Any]], figures: Figures) -> None:
    for fold, events in enumerate(figures.events):
        points = curves(events, "accuracy", stretched)
        columns = (points["curve"], points["epoch"], points["value"], points["height"])
        for order, (kind, epoch, value, height) in enumerate(zip(*columns, strict=True)):
            if kind == "training" and order % (len(events) // TRAINING_POINTS + 1):
                continue
            x = fold + MARGIN + (1 - 2 * MARGIN) * epoch / figures.config.epochs
            _add(rows, kind=kind, fold=fold + 1, x=x, height=height, value=value, epoch=epoch)


def _add_scores(rows: dict[str, list[Any]], figures: Figures) -> None:
    for score in figures.scores:
        label = f"{100 * score.accuracy:.1f}" + "%" * (figures.folds <= 6)
        end, fold = score.fold + 1 - MARGIN, score.fold + 1
        _add(rows, kind="score", fold=fold, x=end, height=stretched(score.accuracy), value=score.accuracy)
        _add(rows, kind="label", fold=fold, x=score.fold + 0.5, label=label)


def _add_mean(rows: dict[str, list[Any]], figures: Figures) -> None:
    if len(figures.scores) < 2:
        return
    found = summarize(figures.accuracies)
    low, high = (stretched(found.mean + sign * found.standard_deviation) for sign in (-1, 1))
    across = {"x": 0, "x2": figures.folds}
    _add(rows, kind="spread", height=low, height2=high, **across)
    _add(rows, kind="mean", height=stretched(found.mean), value=found.mean, **across)


def _add(rows: dict[str, list[Any]], **values: Any) -> None:
    for name in _COLUMNS:
        rows[name].append(values.get(name))


def _folds_spec(folds: int) -> Spec:
    blue, gray = ACCENT[theme()], MUTED[theme()]
    x = {
        "field": "x",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, folds]},
        "axis": {
            "values": [number + 0.5 for number in range(folds)],
            "labelExpr": f"'{'Fold ' if folds <= 6 else ''}' + format(datum.value + 0.5, 'd')",
            "grid": False,
            "ticks": False,
            "domain": False,
        },
    }
    y = {
        "field": "height",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, stretched(_HIGHEST)]},
        "axis": {
            "values": [stretched(share / 100) for share in _LABELED],
            "labelExpr": "format(100 - 100 * pow(10, -datum.value), '.0~f') + '%'",
        },
    }
    tooltip = [
        {"field": "fold", "title": "fold"},
        {"field": "kind", "title": "curve"},
        {"field": "value", "type": "quantitative", "format": ".2%", "title": "accuracy"},
        {"field": "epoch", "type": "quantitative", "format": ".2f", "title": "epochs"},
    ]

    def of(kind: str, mark: Spec, **encoding: Spec) -> Spec:
        return {
            "transform": [{"filter": f"datum.kind == '{kind}'"}],
            "mark": {"clip": True, **mark},
            "encoding": {"x": x, "y": y, **encoding},
        }

    across: Spec = {"x2": {"field": "x2"}}
    curve: Spec = {"detail": {"field": "fold"}, "tooltip": tooltip}
    borders = {"values": [{"x": number} for number in range(1, folds)]}
    words = {"type": "text", "fontSize": 14, "fontWeight": "bold", "color": blue}
    return {
        "height": HEIGHT,
        "layer": [
            of("spread", {"type": "rect", "color": blue, "opacity": 0.14}, y2={"field": "height2"}, **across),
            {
                "data": borders,
                "mark": {"type": "rule", "color": gray, "opacity": 0.35},
                "encoding": {"x": {"field": "x", "type": "quantitative"}},
            },
            of("mean", {"type": "rule", "color": blue, "strokeDash": [4, 3]}, **across),
            of("training", {"type": "line", "color": gray, "strokeWidth": 1.5}, **curve),
            of("validation", {"type": "line", "color": blue, "strokeWidth": 2.5}, **curve),
            of("score", {"type": "point", "filled": True, "size": 55, "opacity": 1, "color": blue}),
            of("label", words, text={"field": "label"}, y={"value": 12}),
        ],
    }


# ---- what each fold holds out ----


def shares_chart(counts: Mapping[str, NDArray[np.int64]], front: str, key: str) -> None:
    """Of every digit, a dot a fold: its share of that fold; one column a way of dealing, (folds, 10) each."""
    rows: dict[str, list[Any]] = {"digit": [], "way": [], "fold": [], "share": []}
    for way, table in counts.items():
        for fold, row in enumerate(table / table.sum(1, keepdims=True)):
            for digit, share in enumerate(row.tolist()):
                for name, value in zip(rows, (digit, way, fold + 1, share), strict=True):
                    rows[name].append(value)
    names = list(counts)
    colors = [ACCENT[theme()] if name == front else MUTED[theme()] for name in names]
    color = {
        "field": "way",
        "scale": {"domain": names, "range": colors},
        "legend": {"title": None, "orient": "top", "symbolSize": 60, "symbolOpacity": 1},
    }
    encoding: Spec = {
        "x": {
            "field": "digit",
            "type": "ordinal",
            "title": "digit",
            "axis": {"labelAngle": 0, "ticks": False},
        },
        "xOffset": {"field": "way", "scale": {"domain": names}},
        "y": {
            "field": "share",
            "type": "quantitative",
            "title": None,
            "scale": {"zero": False, "nice": True},
            "axis": {"format": ".0%", "tickCount": 5},
        },
        "color": color,
    }
    tooltip = [
        {"field": "way", "title": "dealt"},
        {"field": "digit"},
        {"field": "fold"},
        {"field": "share", "type": "quantitative", "format": ".2%"},
    ]
    span = {
        "y": {**encoding["y"], "aggregate": "min"},
        "y2": {"field": "share", "aggregate": "max"},
    }
    spec = {
        "height": 220,
        "layer": [
            {"mark": {"type": "rule", "strokeWidth": 5, "opacity": 0.25}, "encoding": {**encoding, **span}},
            {
                "mark": {"type": "point", "filled": True, "size": 28, "opacity": 0.9},
                "encoding": {**encoding, "tooltip": tooltip},
            },
        ],
    }
    draw(rows, spec, key, "Share of every digit in each fold, dealt out in two ways")


# ---- two recipes on the same folds ----


def pairs_chart(differences: Sequence[float], key: str) -> None:
    """One bar a fold: by how many points the first recipe reads better there than the second."""
    rows: dict[str, list[Any]] = {
        "fold": list(range(1, len(differences) + 1)),
        "points": [100 * value for value in differences],
        "label": [number(100 * value, "+.2f") for value in differences],
    }
    scale = SCALES["signed"][theme()]
    color = {"condition": {"test": "datum.points >= 0", "value": scale[-3]}, "value": scale[2]}
    x = {
        "field": "fold",
        "type": "ordinal",
        "title": "fold",
        "axis": {"labelAngle": 0, "ticks": False, "domain": False},
    }
    reach = max(0.5, *(abs(value) for value in rows["points"])) * 1.3
    y = {
        "field": "points",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [-reach, reach]},
        "axis": {"tickCount": 5, "format": "+.1f"},
    }
    words = {"type": "text", "fontSize": 12, "color": MUTED[theme()]}
    label = {"text": {"field": "label"}}
    spec = {
        "height": 200,
        "encoding": {"x": x, "y": y},
        "layer": [
            {"mark": {"type": "bar", "width": {"band": 0.5}}, "encoding": {"color": color}},
            {
                "transform": [{"filter": "datum.points >= 0"}],
                "mark": {**words, "dy": -9},
                "encoding": label,
            },
            {"transform": [{"filter": "datum.points < 0"}], "mark": {**words, "dy": 9}, "encoding": label},
        ],
    }
    draw(rows, spec, key, "Difference of the two recipes' accuracies in each fold, in points")
