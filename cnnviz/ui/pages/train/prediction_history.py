"""What a network in training makes of the current digit: at each of its snapshots, and now."""

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt
import streamlit as st
from torch import Tensor

from cnnviz.checkpoints.format import parse_checkpoint
from cnnviz.colors import ACCENT, MUTED
from cnnviz.errors import CheckpointError
from cnnviz.networks.network import Network
from cnnviz.networks.tracing import predict
from cnnviz.numbers import percent
from cnnviz.runs.run import Run
from cnnviz.ui.widgets.charts import draw, specification
from cnnviz.ui.widgets.pictures import theme

HEIGHT = 230
_GAP, _BARS = 0.1, 0.55  # between the past and the bars, and the bars' length, in lengths of the past
Answer = tuple[float, ...]  # ten probabilities


def answers(run: Run | None, network: Network, image: Tensor, events: list[dict[str, Any]], key: str) -> None:
    """Ten rows, one a digit: its probability over the snapshots so far, and as a bar now."""
    now = tuple(predict(network, image)[0].tolist())
    step, steps = (events[-1]["step"], events[-1]["steps"]) if events else (0, 1)
    past = [snapshot for snapshot in (_past(run, image) if run else []) if snapshot[0] < step]
    best = run.best_step(events) if run else None
    draw(
        rows([*past, (step, now)], steps, best),
        _spec(),
        key,
        "Ten probabilities, one a row: at each snapshot so far, and now",
    )


def rows(past: Sequence[tuple[int, Answer]], steps: int, best: int | None = None) -> dict[str, list[Any]]:
    """Columns of the cells and bars. Places run from 0 to 1 with the square root of the step.

    Snapshots are taken at the squares of equal distances, so that they come out equally wide.
    best: after which step the last weights were taken, if not after the last.
    """
    table: dict[str, list[Any]] = {name: [] for name in ("digit", "left", "right", "probability", "step")}
    table |= {"now": [], "best": [], "label": []}
    places = [math.sqrt(step / max(steps, 1)) for step, _ in past]
    for (step, answer), left, right in zip(past, places, [*places[1:], places[-1]], strict=True):
        if right > left:
            _add(table, step, answer, [(left, right)] * 10, now=False)
    step, answer = past[-1]
    taken = step if best is None else best
    _add(table, taken, answer, [(1 + _GAP, 1 + _GAP + _BARS * value) for value in answer], now=True)
    return table


def _add(
    table: dict[str, list[Any]], step: int, answer: Answer, spans: Sequence[tuple[float, float]], now: bool
) -> None:
    best = max(range(10), key=answer.__getitem__)
    for digit, (left, right) in enumerate(spans):
        value = answer[digit]
        table["digit"].append(digit)
        table["left"].append(left)
        table["right"].append(right)
        table["probability"].append(value)
        table["step"].append(step)
        table["now"].append(now)
        table["best"].append(digit == best)
        table["label"].append(percent(value) if now and value >= 0.0005 else "")


def _past(run: Run, image: Tensor) -> list[tuple[int, Answer]]:
    """(step, probabilities) of every snapshot that can be read."""
    digit = hashlib.sha256(image.numpy().tobytes()).hexdigest()
    found = []
    for step, file in run.snapshots():
        try:
            found.append((step, _answer(str(file), file.stat().st_mtime, digit, image)))
        except (OSError, CheckpointError):  # deleted or damaged: its moment is left out
            continue
    return found


@st.cache_data(max_entries=4_000, show_spinner=False)
def _answer(file: str, changed: float, digit: str, _image: Tensor) -> Answer:  # noqa: ARG001 - the key
    return tuple(predict(parse_checkpoint(Path(file).read_bytes()), _image)[0].tolist())


@specification
def _spec() -> Any:
    ends = alt.Axis(
        values=[0, 1, 1 + _GAP + _BARS / 2],
        labelExpr="datum.value == 0 ? 'start' : datum.value == 1 ? 'end' : 'now'",
        grid=False,
        ticks=False,
        domain=False,
        labelFontSize=12,
        labelFlush=False,
    )
    digits = alt.Axis(ticks=False, domain=False, labelFontSize=13, labelOverlap=False, labelBound=False)
    scale = alt.Scale(domain=[0, 1 + _GAP + _BARS + 0.25], nice=False)
    rows = alt.Chart().encode(
        alt.Y("digit:O", title=None, axis=digits),
        alt.X("left:Q", title=None, scale=scale, axis=ends),
        tooltip=[
            alt.Tooltip("digit:N"),
            alt.Tooltip("probability:Q", format=".1%"),
            alt.Tooltip("step:Q", format=",", title="after step"),
        ],
    )
    past, now = rows.transform_filter("!datum.now"), rows.transform_filter("datum.now")
    deep = alt.Opacity("probability:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[0.05, 1]))
    color = alt.when("datum.best").then(alt.value(ACCENT[theme()])).otherwise(alt.value(MUTED[theme()]))
    return alt.layer(
        past.mark_rect(height=alt.RelativeBandSize(band=0.86), color=ACCENT[theme()]).encode(
            deep, x2="right"
        ),
        now.mark_bar(height=alt.RelativeBandSize(band=0.75)).encode(color=color, x2="right"),
        now.mark_text(align="left", dx=4, fontSize=13, color=MUTED[theme()]).encode(
            alt.X("right:Q", title=None), text="label:N"
        ),
        height=HEIGHT,
    )
