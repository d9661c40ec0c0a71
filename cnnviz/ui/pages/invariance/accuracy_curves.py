"""Accuracy over a change of all test digits, measured while one watches."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st
import torch

from cnnviz.data.mnist import Digits
from cnnviz.labs.invariance import CHANGES, accuracy_curve
from cnnviz.numbers import percent
from cnnviz.ui.pages.invariance.charts import change_chart
from cnnviz.ui.pages.invariance.models import choose_change, compared, in_words
from cnnviz.ui.state import cache
from cnnviz.ui.state.current_model import CurrentModel
from cnnviz.ui.state.incremental import Incremental, progress, shared, watch
from cnnviz.ui.widgets.code_panel import code_panel

COUNTS = (500, 2_000, 10_000)
LEVEL = 0.9  # the accuracy whose range is named


def curves_view() -> None:
    """Curves of all models for one kind of change, with what they say in words."""
    with st.container(horizontal=True, vertical_alignment="center", key="invariance_controls"):
        kind = choose_change()
        count = st.segmented_control(
            "Test digits",
            COUNTS,
            default=COUNTS[0],
            format_func=lambda number: f"{number:,} digits",
            key="invariance_count",
            persist_state="session",
            required=True,
            label_visibility="collapsed",
        )
    measured = {name: _curve(model, kind, int(count)) for name, model in compared().items()}
    watch(lambda: _show(measured, kind, int(count)), list(measured.values()))
    margin = (0.25 / int(count)) ** 0.5
    st.caption(
        f"A share of {count:,} digits is known to about ±{percent(2 * margin)} at worst.  \n"
        "**What this does not show:** a digit at −8 px may have lost a part of itself at the edge, and a 6 "
        "turned far enough is a 9, so not every loss is the network's fault."
    )
    code_panel(
        f"digits = load_mnist().test[:{count}]\n"
        'for name in ("mlp", "classic", "augmented"):\n'
        f'    print(name, list(accuracy_curve(load_model(name), digits, "{kind}", '
        f'CHANGES["{kind}"].amounts)))\n'
    )


def _show(measured: dict[str, Incremental[float]], kind: str, count: int) -> None:
    """The curves as far as they are known."""
    works, amounts = list(measured.values()), len(CHANGES[kind].amounts)
    if not all(work.done for work in works):
        share = sum(len(work.records) for work in works) / (amounts * len(works))
        progress(works, share, f"Reading {count:,} digits {amounts} times with each model", "invariance")
    curves = {name: work.records for name, work in measured.items()}
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        st.markdown(f"**Share read right** of MNIST's first {count:,} test digits")
        change_chart(
            curves,
            kind,
            "invariance_accuracy",
            "Accuracy over the amount of change, one curve a model",
            None,
            330,
        )
    with right:
        st.markdown(f"**At least {percent(LEVEL, 0)} right**")
        st.markdown(_ranges(curves, kind))
        st.caption(
            "“CNN” and “CNN, moved digits” are the same 34,826 weights in shape, trained equally long; "
            "one saw "
            "the digits as they are, the other moved by up to 4 px, turned by 30° and resized by a quarter, "
            "at random."
        )


def _curve(model: CurrentModel, kind: str, count: int) -> Incremental[float]:
    begin = partial(accuracy_curve, model.model, _digits(count), kind, CHANGES[kind].amounts)
    return shared(("accuracy", model.digest, kind, count), begin)


def _digits(count: int) -> Digits:
    digits = cache.test_digits()
    return Digits(digits.images[:count], digits.labels[:count])


def _ranges(curves: Mapping[str, Sequence[float]], kind: str) -> str:
    lines = ["| Model | from | to |", "|---|---:|---:|"]
    for name, values in curves.items():
        low, high = good_range(values, kind)
        lines.append(f"| {name} | {low} | {high} |")
    return "\n".join(lines)


def good_range(values: Sequence[float], kind: str) -> tuple[str, str]:
    """The amounts around the unchanged digit between which the curve stays at LEVEL or above, in words.

    – as long as the curve is not complete, or nowhere above.
    """
    amounts, change = CHANGES[kind].amounts, CHANGES[kind]
    good = torch.tensor(values) >= LEVEL
    middle = amounts.index(change.neutral)
    if len(good) < len(amounts) or not good[middle]:
        return "–", "–"
    low = high = middle
    while low > 0 and good[low - 1]:
        low -= 1
    while high < len(amounts) - 1 and good[high + 1]:
        high += 1
    return in_words(kind, amounts[low]), in_words(kind, amounts[high])
