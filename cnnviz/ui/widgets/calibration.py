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
from cnnviz.ui.widgets.charts import draw, specification
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


@specification
def _reliability_spec() -> Any:
    import altair as alt  # not at start: the draw page opens with this module

    axis, scale = alt.Axis(format=".0%", grid=False), alt.Scale(domain=[0, 1])
    y = alt.Y("right:Q", scale=scale, axis=axis, title="share right")
    base = alt.Chart().encode(alt.X("confidence:Q", scale=scale, axis=axis, title="confidence"), y)
    ideal = base.properties(data=alt.sequence(2, as_="confidence")).transform_calculate(
        right="datum.confidence"
    )
    size = alt.Size("digits:Q", scale=alt.Scale(type="log", range=[25, 300]), legend=None)
    hint = [
        alt.Tooltip("confidence:Q", format=".1%"),
        alt.Tooltip("right:Q", format=".1%"),
        alt.Tooltip("digits:Q", format=","),
    ]
    return alt.layer(
        ideal.mark_line(strokeDash=[2, 4], color=MUTED[theme()]),
        base.mark_line(color=ACCENT[theme()]),
        base.mark_point(filled=True, opacity=1, color=ACCENT[theme()]).encode(size, tooltip=hint),
        height=_HEIGHT,
    )


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


@specification
def _coverage_spec() -> Any:
    import altair as alt

    share = alt.Axis(format=".0%", grid=False)
    base = alt.Chart().encode(
        alt.X("share:Q", scale=alt.Scale(domain=[0, 1]), axis=share, title="share of the digits answered"),
        alt.Y(
            "accuracy:Q",
            scale=alt.Scale(zero=False, nice=True),
            axis=alt.Axis(format=".1%", grid=True),
            title="share right among them",
        ),
        tooltip=[
            alt.Tooltip("share:Q", format=".1%", title="answered"),
            alt.Tooltip("accuracy:Q", format=".2%", title="right"),
        ],
    )
    curve, mark = base.transform_filter("!datum.threshold"), base.transform_filter("datum.threshold")
    return alt.layer(
        curve.mark_line(color=ACCENT[theme()], strokeWidth=2),
        mark.mark_point(filled=True, size=140, opacity=1, color=ACCENT[theme()]),
        height=_HEIGHT,
    )
