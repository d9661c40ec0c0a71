"""How far to trust a model: confidence against accuracy, and what refusing odd pictures buys.

trust(...)            both charts, for the evaluate page
when_it_abstains()      the second chart, small, for the draw page
"""

from typing import Any

import streamlit as st
import torch

from cnnviz.colors import ACCENT, MUTED
from cnnviz.evaluation.metrics import reliability
from cnnviz.evaluation.ood import KEPT, Coverage, coverage
from cnnviz.numbers import percent
from cnnviz.ui.state.current_model import current_model
from cnnviz.ui.state.evaluation_results import Measured, measure
from cnnviz.ui.state.prediction import ood_detector, ood_scores
from cnnviz.ui.widgets.charts import Spec, draw
from cnnviz.ui.widgets.pictures import theme

_POINTS = 200  # of a curve
_HEIGHT = 300


def trust(measured: Measured) -> None:
    """The reliability diagram and the coverage-accuracy curve of one test set."""
    left, right = st.columns(2, gap="large")
    with left:
        _reliability(measured)
    with right:
        _coverage(measured, "coverage")


def when_it_abstains() -> None:
    """The curve for digits drawn with a pen, worked out when it is opened."""
    panel = st.expander(
        "When does it say that a drawing is no digit?", on_change="rerun", key="when_it_doubts"
    )
    if panel.open:
        with panel, st.container(width=560):
            _coverage(measure(current_model(), "Pen"), "draw_coverage")


def _reliability(measured: Measured) -> None:
    bins = reliability(measured.confidences, measured.digits.labels)
    st.markdown("**Is it as often right as it says?**")
    rows: dict[str, list[float]] = {
        "confidence": [one.confidence for one in bins],
        "right": [one.accuracy for one in bins],
        "digits": [one.count for one in bins],
    }
    draw(rows, _reliability_spec(), "reliability", "Confidence against the share right")
    st.caption(
        "On the dotted line, a confidence of 80% would be right in 80% of cases; below it the model is "
        f"too sure. Mean distance, weighted by digits, 15 bins: {measured.calibration} "
        "A bin right on average can be wrong for one digit."
    )


def _reliability_spec() -> Spec:
    share = {"format": ".0%", "grid": False}
    domain = {"domain": [0, 1]}
    x = {
        "field": "confidence",
        "type": "quantitative",
        "scale": domain,
        "axis": share,
        "title": "confidence",
    }
    y = {"field": "right", "type": "quantitative", "scale": domain, "axis": share, "title": "share right"}
    ideal = {
        "data": {"values": [{"confidence": 0, "right": 0}, {"confidence": 1, "right": 1}]},
        "mark": {"type": "line", "strokeDash": [2, 4], "color": MUTED[theme()]},
        "encoding": {"x": x, "y": y},
    }
    size = {
        "field": "digits",
        "type": "quantitative",
        "scale": {"type": "log", "range": [25, 300]},
        "legend": None,
    }
    tooltip = [
        {"field": "confidence", "type": "quantitative", "format": ".1%"},
        {"field": "right", "type": "quantitative", "format": ".1%"},
        {"field": "digits", "type": "quantitative", "format": ","},
    ]
    color = ACCENT[theme()]
    measured = [
        {"mark": {"type": "line", "color": color}, "encoding": {"x": x, "y": y}},
        {
            "mark": {"type": "point", "filled": True, "opacity": 1, "color": color},
            "encoding": {"x": x, "y": y, "size": size, "tooltip": tooltip},
        },
    ]
    return {"height": _HEIGHT, "layer": [ideal, *measured]}


def _coverage(measured: Measured, key: str) -> None:
    """What share of the digits is answered and how many of those are right, as odd ones are refused."""
    chosen = current_model()
    values = ood_scores(chosen, measured.name, measured.digits.images)
    limit = ood_detector(chosen).threshold
    right = measured.logits.argmax(1) == measured.digits.labels
    answered = values <= limit
    curve = coverage(values, right)
    st.markdown("**What does refusing odd pictures buy?**")
    mark = float(answered.float().mean()), float(right[answered].float().mean())
    draw(_rows(curve, mark), _coverage_spec(), key, "Coverage against accuracy, with the threshold")
    st.caption(
        f"From right to left, ever more of the pictures that look least like digits are left unanswered. "
        f"The dot is the threshold in use: {percent(mark[0])} of these {len(values):,} digits are answered, "
        f"and {percent(mark[1], 2)} of those are right; the other {percent(1 - mark[0])} are false alarms. "
        f"It was set to keep {percent(KEPT)} of other, validation digits."
    )
    if drawings := chosen.card.get("no digit"):
        st.caption(_found(drawings))


def _found(drawings: dict[str, Any]) -> str:
    """How many drawings that are no digits it finds, as the card says."""
    lowest, highest = min(drawings["unknown"].values()), max(drawings["unknown"].values())
    kinds = ", ".join(f"{kind} {percent(share, 0)}" for kind, share in drawings["found"].items())
    return (
        f"Of {drawings['drawings of each kind']} drawings each that are no digits, made by code, it finds: "
        f"{kinds}. Of a kind it has no examples of it finds fewer: "
        f"{percent(lowest, 0)} to {percent(highest, 0)}."
    )


def _rows(curve: Coverage, mark: tuple[float, float]) -> dict[str, list[float | bool]]:
    """Not every digit: as many points as the eye can tell apart, from a fiftieth of the digits on."""
    count = len(curve.share)
    at = torch.linspace(count / 50, count - 1, _POINTS).long()
    return {
        "share": [*curve.share[at].tolist(), mark[0]],
        "accuracy": [*curve.accuracy[at].tolist(), mark[1]],
        "threshold": [False] * _POINTS + [True],
    }


def _coverage_spec() -> Spec:
    x = {
        "field": "share",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": {"format": ".0%", "grid": False},
        "title": "share of the digits answered",
    }
    y = {
        "field": "accuracy",
        "type": "quantitative",
        "scale": {"zero": False, "nice": True},
        "axis": {"format": ".1%", "grid": True},
        "title": "share right among them",
    }
    tooltip = [
        {"field": "share", "type": "quantitative", "format": ".1%", "title": "answered"},
        {"field": "accuracy", "type": "quantitative", "format": ".2%", "title": "right"},
    ]
    color = ACCENT[theme()]
    return {
        "height": _HEIGHT,
        "encoding": {"x": x, "y": y, "tooltip": tooltip},
        "layer": [
            {
                "transform": [{"filter": "!datum.threshold"}],
                "mark": {"type": "line", "color": color, "strokeWidth": 2},
            },
            {
                "transform": [{"filter": "datum.threshold"}],
                "mark": {"type": "point", "filled": True, "size": 140, "opacity": 1, "color": color},
            },
        ],
    }
