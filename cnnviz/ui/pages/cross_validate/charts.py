"""The cross-validate page's charts: the folds side by side, their shares of each digit, two recipes.

Drawn with Vega-Lite, for the reason given in charts.py. The folds are small multiples within one
chart: fold n's curves lie between n and n + 1, so that a line across all of them can be their mean.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from cnnviz.colors import ACCENT, MUTED, SCALES
from cnnviz.numbers import number
from cnnviz.training.cross_validation import summarize
from cnnviz.training.cross_validation_examples import Figures
from cnnviz.ui.runs.charts import accuracy_axis, curves, stretched
from cnnviz.ui.widgets.charts import draw, specification
from cnnviz.ui.widgets.pictures import theme

HEIGHT = 300
TRAINING_POINTS = 50  # drawn of each training curve, so that ten folds are soon on screen
MARGIN = 0.06  # of a fold's width, on both sides of its curves
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


@specification
def _folds_spec(folds: int) -> Any:
    blue, gray = ACCENT[theme()], MUTED[theme()]
    axis = alt.Axis(
        values=[number + 0.5 for number in range(folds)],
        labelExpr=f"'{'Fold ' if folds <= 6 else ''}' + format(datum.value + 0.5, 'd')",
        grid=False,
        ticks=False,
        domain=False,
    )
    base = alt.Chart().encode(
        alt.X("x:Q", title=None, scale=alt.Scale(domain=[0, folds]), axis=axis), accuracy_axis(_HIGHEST)
    )

    def of(kind: str) -> Any:
        return base.transform_filter(f"datum.kind == '{kind}'")

    hint = [
        alt.Tooltip("fold:N"),
        alt.Tooltip("kind:N", title="curve"),
        alt.Tooltip("value:Q", format=".2%", title="accuracy"),
        alt.Tooltip("epoch:Q", format=".2f", title="epochs"),
    ]
    borders = alt.Chart(alt.sequence(1, folds, as_="x")).mark_rule(color=gray, opacity=0.35).encode(x="x:Q")
    words = of("label").mark_text(fontSize=14, fontWeight="bold", color=blue, clip=True)
    return alt.layer(
        of("spread").mark_rect(color=blue, opacity=0.14, clip=True).encode(x2="x2", y2="height2"),
        borders,
        of("mean").mark_rule(color=blue, strokeDash=[4, 3], clip=True).encode(x2="x2"),
        *(
            of(kind)
            .mark_line(color=color, strokeWidth=width, clip=True)
            .encode(detail="fold:N", tooltip=hint)
            for kind, color, width in (("training", gray, 1.5), ("validation", blue, 2.5))
        ),
        of("score").mark_point(filled=True, size=55, opacity=1, color=blue, clip=True),
        words.encode(text="label:N", y=alt.value(12)),
        height=HEIGHT,
    )


# ---- what each fold holds out ----


def shares_chart(counts: Mapping[str, NDArray[np.int64]], front: str, key: str) -> None:
    """Of every digit, a dot a fold: its share of that fold; one column a way of dealing, (folds, 10) each."""
    rows: dict[str, list[Any]] = {"digit": [], "way": [], "fold": [], "share": []}
    for way, table in counts.items():
        for fold, row in enumerate(table / table.sum(1, keepdims=True)):
            for digit, share in enumerate(row.tolist()):
                for name, value in zip(rows, (digit, way, fold + 1, share), strict=True):
                    rows[name].append(value)
    draw(
        rows,
        _shares_spec(tuple(counts), front),
        key,
        "Share of every digit in each fold, dealt out in two ways",
    )


@specification
def _shares_spec(names: Sequence[str], front: str) -> Any:
    colors = [ACCENT[theme()] if name == front else MUTED[theme()] for name in names]
    legend = alt.Legend(title=None, orient="top", symbolSize=60, symbolOpacity=1)
    share = alt.Y(
        "share:Q",
        title=None,
        scale=alt.Scale(zero=False, nice=True),
        axis=alt.Axis(format=".0%", tickCount=5),
    )
    base = alt.Chart().encode(
        alt.X("digit:O", title="digit", axis=alt.Axis(labelAngle=0, ticks=False)),
        share,
        alt.XOffset("way:N", scale=alt.Scale(domain=names)),
        alt.Color("way:N", scale=alt.Scale(domain=names, range=colors), legend=legend),
    )
    hint = [
        alt.Tooltip("way:N", title="dealt"),
        alt.Tooltip("digit:N"),
        alt.Tooltip("fold:N"),
        alt.Tooltip("share:Q", format=".2%"),
    ]
    return alt.layer(
        base.mark_rule(strokeWidth=5, opacity=0.25).encode(share.aggregate("min"), y2="max(share)"),
        base.mark_point(filled=True, size=28, opacity=0.9).encode(tooltip=hint),
        height=220,
    )


# ---- two recipes on the same folds ----


def pairs_chart(differences: Sequence[float], key: str) -> None:
    """One bar a fold: by how many points the first recipe reads better there than the second."""
    rows: dict[str, list[Any]] = {
        "fold": list(range(1, len(differences) + 1)),
        "points": [100 * value for value in differences],
        "label": [number(100 * value, "+.2f") for value in differences],
    }
    reach = max(0.5, *(abs(value) for value in rows["points"])) * 1.3
    draw(rows, _pairs_spec(reach), key, "Difference of the two recipes' accuracies in each fold, in points")


@specification
def _pairs_spec(reach: float) -> Any:
    scale, axis = alt.Scale(domain=[-reach, reach]), alt.Axis(tickCount=5, format="+.1f")
    signed = SCALES["signed"][theme()]
    base = alt.Chart().encode(
        alt.X("fold:O", title="fold", axis=alt.Axis(labelAngle=0, ticks=False, domain=False)),
        alt.Y("points:Q", title=None, scale=scale, axis=axis),
    )
    color = alt.when("datum.points >= 0").then(alt.value(signed[-3])).otherwise(alt.value(signed[2]))
    return alt.layer(
        base.mark_bar(width=alt.RelativeBandSize(band=0.5)).encode(color=color),
        *(
            base.transform_filter(f"datum.points {side} 0")
            .mark_text(fontSize=12, color=MUTED[theme()], dy=dy)
            .encode(text="label:N")
            for side, dy in ((">=", -9), ("<", 9))
        ),
        height=200,
    )
