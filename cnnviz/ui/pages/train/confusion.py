"""Which digits a run takes for which, at each of its validations."""

from typing import Any

import altair as alt
import streamlit as st

from cnnviz.colors import ACCENT, MUTED, WRONG
from cnnviz.ui.runs.status import Event
from cnnviz.ui.widgets.charts import draw, specification
from cnnviz.ui.widgets.pictures import theme

HEIGHT, PAIRS_HEIGHT = 280, 190
SHOWN = 6  # of the digits most often mixed up
_STEP, _FOLLOWS = "train_confusion_step", "_train_confusion_follows"


def confusion(events: list[Event]) -> None:
    """The matrix of one validation, the newest unless another was chosen, and its worst cells."""
    validated = {record["step"]: record for record in events if record.get("confusion")}
    if not validated:
        st.caption("Nothing is held back to validate on, or no validation is over yet.")
        return
    left, right = st.columns(2)
    with right:
        record = validated[_chosen_step(list(validated))]
        matrix: list[list[int]] = record["confusion"]
        total = sum(map(sum, matrix))
        wrong = total - sum(matrix[digit][digit] for digit in range(10))
        st.markdown(f"**Mixed up most often** of {wrong:,} misread")
        draw(worst_pairs(matrix), _pairs_spec(), "train_confused_pairs", "The digits most often mixed up")
    with left:
        st.markdown(f"**Confusion** of {total:,} validation digits")
        draw(matrix_rows(matrix), _matrix_spec(), "train_confusion", "Confusion matrix of the validation")


def _chosen_step(steps: list[int]) -> int:
    """A small slider that follows the newest validation until it is moved away from it."""
    if st.session_state.get(_FOLLOWS, True) or st.session_state.get(_STEP) not in steps:
        st.session_state[_STEP] = steps[-1]
    if len(steps) < 2:
        return steps[-1]
    chosen: int = st.select_slider(
        "Validation after step",
        steps,
        key=_STEP,
        format_func="{:,}".format,
        on_change=_note_choice,
        args=(steps[-1],),
    )
    return chosen


def _note_choice(newest: int) -> None:
    st.session_state[_FOLLOWS] = st.session_state[_STEP] == newest


def matrix_rows(matrix: list[list[int]]) -> dict[str, list[Any]]:
    """Columns of the 100 cells; `share` is of the row, the digits that really are this one."""
    cells = [(true, read) for true in range(10) for read in range(10)]
    counts = [matrix[true][read] for true, read in cells]
    return {
        "true": [true for true, _ in cells],
        "read": [read for _, read in cells],
        "count": counts,
        "share": [count / max(sum(matrix[true]), 1) for count, (true, _) in zip(counts, cells, strict=True)],
    }


def worst_pairs(matrix: list[list[int]]) -> dict[str, list[Any]]:
    """Columns of the largest cells off the diagonal, the largest first."""
    pairs = [(matrix[t][r], t, r) for t in range(10) for r in range(10) if t != r and matrix[t][r]]
    pairs = sorted(pairs, key=lambda pair: -pair[0])[:SHOWN]
    return {
        "pair": [f"{true} read as {read}" for _, true, read in pairs],
        "count": [count for count, _, _ in pairs],
    }


@specification
def _matrix_spec() -> Any:
    """Right answers in the accent color, wrong ones in orange; the deeper, the larger the share."""
    axis = alt.Axis(ticks=False, domain=False, labelAngle=0, labelFontSize=12, labelOverlap=False)
    deep = alt.Scale(type="pow", exponent=0.4, domain=[0, 1], range=[0.04, 1])
    right = alt.when("datum.true == datum.read").then(alt.value(ACCENT[theme()])).otherwise(alt.value(WRONG))
    cells = alt.Chart().encode(
        alt.X("read:O", title="read as", axis=axis),
        alt.Y("true:O", title="is really", axis=axis),
        tooltip=[
            alt.Tooltip("true:N", title="is really"),
            alt.Tooltip("read:N", title="read as"),
            alt.Tooltip("count:N", title="how many"),
        ],
    )
    mistakes = cells.transform_filter("datum.count && datum.true != datum.read")
    return alt.layer(
        cells.mark_rect(cornerRadius=2).encode(
            color=right, opacity=alt.Opacity("share:Q", scale=deep, legend=None)
        ),
        mistakes.mark_text(fontSize=11, color=MUTED[theme()]).encode(text="count:Q"),
        height=HEIGHT,
    )


@specification
def _pairs_spec() -> Any:
    order = alt.EncodingSortField("count", op="max", order="descending")
    axis = alt.Axis(ticks=False, domain=False, labelFontSize=13)
    pairs = alt.Chart().encode(
        alt.Y("pair:O", title=None, sort=order, axis=axis), alt.X("count:Q", axis=None)
    )
    words = pairs.mark_text(align="left", dx=4, fontSize=13, color=MUTED[theme()]).encode(text="count:Q")
    bars = pairs.mark_bar(height=alt.RelativeBandSize(band=0.6), color=WRONG)
    return alt.layer(bars, words, height=PAIRS_HEIGHT)
