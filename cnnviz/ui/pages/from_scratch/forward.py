"""The way forward, step by step: from pixels to the loss, each beside the function that computes it."""

from typing import Any

import altair as alt
import numpy as np
import streamlit as st
import torch

from cnnviz.colors import ACCENT, MUTED
from cnnviz.labs.numpy_cnn.readable import FILTERS, HIDDEN, POOLED, cross_entropy
from cnnviz.ui.pages.from_scratch.figures import decimal, filter_picture, grid, latex, picture, result, table
from cnnviz.ui.pages.from_scratch.model import Lesson
from cnnviz.ui.widgets.charts import draw, probability_chart, specification
from cnnviz.ui.widgets.pictures import theme

UNIT = "scratch_unit"


def patches(lesson: Lesson) -> None:
    row, column = lesson.cell
    left, right = st.columns([1.4, 1], gap="medium", vertical_alignment="center")
    with left:
        picture(
            lesson.image[None],
            "patch_of",
            "The digit, one patch outlined",
            ["28 × 28 pixels"],
            tile=330,
            scale="digit",
            overlay=[(0, row, column, 3, 3)],
        )
    with right:
        picture(
            lesson.passed.patches[0, row, column][None],
            "patch",
            "The outlined patch, nine numbers",
            [f"patch at row {row}, column {column}"],
            tile=210,
            scale="digit",
            numbers=True,
            legend=False,
        )
    shape = " × ".join(map(str, lesson.passed.patches.shape))
    st.markdown(
        f"A view of shape {shape}: **{26 * 26} overlapping patches**, {lesson.passed.patches.size:,} numbers "
        f"to read from {lesson.image.size} pixels in memory. Outlined is the patch that wins below."
    )


def convolution(lesson: Lesson) -> None:
    row, column = lesson.cell
    patch = lesson.passed.patches[0, row, column]  # (3, 3)
    kernel, bias = (
        lesson.parameters["filters"][lesson.filter],
        lesson.parameters["filter_bias"][lesson.filter],
    )
    products = patch * kernel
    picture(
        np.stack([patch, kernel, products]),
        "products",
        "Patch, filter, and their products",
        ["patch", f"× filter {lesson.filter}", "= products"],
        tile=170,
        numbers=True,
    )
    st.latex(
        rf"\sum = {latex(products.sum())},\quad {latex(products.sum())} + "
        rf"\underbrace{{{latex(bias)}}}_{{\text{{bias}}}} = "
        rf"{result(lesson.passed.convolved[0, lesson.filter, row, column])}"
    )
    filter_picture(
        lesson.passed.convolved[0],
        "convolved",
        "Eight feature maps of 26 by 26 cells",
        lesson.filter,
        tile=118,
        overlay=[(lesson.filter, row, column, 1, 1)],
    )
    st.markdown(
        f"Each of the {FILTERS} filters goes over all 676 patches. Choose one; the outlined cell is the sum."
    )


def pooling(lesson: Lesson) -> None:
    chosen, row, column = lesson.filter, lesson.row, lesson.column
    passed = lesson.passed
    window = passed.maps[0, chosen, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
    mask = passed.winners[0, chosen, row, column].reshape(2, 2).astype(np.float32)
    top = st.columns([1, 1, 1], gap="medium")
    with top[0]:
        picture(
            passed.maps[0, chosen][None],
            "rectified",
            "The filter's map after ReLU, one window outlined",
            ["after ReLU, 26 × 26"],
            tile=250,
            scale="activation",
            overlay=[(0, 2 * row, 2 * column, 2, 2)],
        )
    with top[1]:
        picture(
            winner_map(passed.winners[0, chosen])[None],
            "winners",
            "The mask: where a window's winner is",
            ["mask: who won"],
            tile=250,
            scale="activation",
            limit=2.0,
            overlay=[(0, 2 * row, 2 * column, 2, 2)],
            legend=False,
        )
    with top[2]:
        picture(
            passed.pooled[0, chosen][None],
            "pooled",
            "The pooled map",
            ["pooled, 13 × 13"],
            tile=250,
            scale="activation",
            limit=float(passed.maps[0, chosen].max()),
            overlay=[(0, row, column, 1, 1)],
            legend=False,
        )
    left, right = st.columns([1.15, 1], gap="medium", vertical_alignment="center")
    with left:
        picture(
            np.stack([window, mask * window.max()]),
            "window",
            "The outlined window and its winner",
            ["window", "what goes on"],
            tile=110,
            scale="activation",
            numbers=True,
            legend=False,
        )
    with right:
        equal = int((window == window.max()).sum())
        tie = f" {equal} cells are equal here, so the first of them, row by row, wins." if equal > 1 else ""
        st.markdown(
            f"Of every four cells the largest goes on, here **{decimal(window.max())}**.{tie} "
            "The mask is kept: on the way back it says where the error goes."
        )


def winner_map(winners: np.ndarray) -> np.ndarray:
    """A mask (13, 13, 4) as a picture (26, 26)."""
    half = len(winners)
    return winners.reshape(half, half, 2, 2).swapaxes(1, 2).reshape(2 * half, 2 * half).astype(np.float32)


def dense_layer(lesson: Lesson) -> None:
    strongest = int(lesson.passed.hidden[0].argmax())
    unit = st.number_input("Hidden unit", 0, HIDDEN - 1, strongest, key=f"{UNIT}_{strongest}", width=140)
    pooled = lesson.passed.pooled[0]  # (8, 13, 13)
    weights = lesson.parameters["dense"][unit].reshape(pooled.shape)
    bias, products = lesson.parameters["dense_bias"][unit], pooled * weights
    for values, name, words, scale in (
        (pooled, "flat", "The pooled maps, one a filter", "activation"),
        (weights, "unit_weights", f"× the weights of unit {unit}", "signed"),
        (products, "unit_products", "= products", "signed"),
    ):
        st.caption(words)
        filter_picture(
            values,
            name,
            f"{words.strip('×= ')} of unit {unit}, one tile a filter",
            lesson.filter,
            tile=54,
            scale=scale,
        )
    total = float(lesson.passed.summed[0, unit])
    st.latex(
        rf"\sum_{{{POOLED:,}}} = {latex(products.sum())},\quad {latex(products.sum())} + {latex(bias)} = "
        rf"{latex(total)} \;\xrightarrow{{\text{{ReLU}}}}\; {result(max(total, 0))}".replace(",", "{,}", 1)
    )
    picture(
        grid(lesson.passed.hidden[0], 8),
        "hidden",
        "The 128 hidden units as 8 rows of 16",
        [f"all {HIDDEN} hidden units, 16 a row"],
        tile=420,
        scale="activation",
        overlay=[(0, unit // 16, unit % 16, 1, 1)],
    )


def softmax_step(lesson: Lesson) -> None:
    logits, probabilities = lesson.passed.logits[0], lesson.passed.probabilities[0]
    powers = np.exp(logits - logits.max())
    left, right = st.columns([1.3, 1], gap="medium", vertical_alignment="center")
    with left:
        rows = [
            [str(digit), decimal(logits[digit]), decimal(powers[digit], 4), decimal(probabilities[digit], 4)]
            for digit in range(10)
        ]
        st.markdown(table(["digit", "logit", "power", "p"], rows))
    with right:
        probability_chart(torch.from_numpy(probabilities), "scratch_probabilities", 300)
    st.markdown(
        "Power: e to the logit minus the largest logit. The ten add up to "
        f"**{decimal(powers.sum(), 4)}**; each divided by that is a probability p. "
        f"The network reads a **{lesson.read}**."
    )


def loss(lesson: Lesson) -> None:
    true = float(lesson.passed.probabilities[0, lesson.label])
    value = cross_entropy(lesson.passed.probabilities, lesson.labels)
    st.latex(rf"-\ln p_{{{lesson.label}}} = -\ln {latex(true, 4)} = {result(value, 4)}")
    _loss_curve(true, value)
    said = "The data set says" if lesson.known else "You say"
    st.markdown(
        f"{said} this is a **{lesson.label}**. The loss is 0 when the network is certain of that, "
        "and has no upper end as its probability goes to 0."
    )


def _loss_curve(probability: float, value: float) -> None:
    """-ln p with this digit's point on it."""
    p = np.linspace(0.002, 1, 200)
    rows = {
        "p": [*p.tolist(), probability],
        "loss": [*(-np.log(p)).tolist(), value],
        "here": [False] * len(p) + [True],
    }
    draw(rows, _loss_spec(), "scratch_loss", "The loss over the true digit's probability")


@specification
def _loss_spec() -> Any:
    base = alt.Chart().encode(
        alt.X("p:Q", title="probability of the true digit", scale=alt.Scale(domain=[0, 1])),
        alt.Y("loss:Q", title="loss, nats"),
    )
    curve, here = base.transform_filter("!datum.here"), base.transform_filter("datum.here")
    return alt.layer(
        curve.mark_line(color=MUTED[theme()], strokeWidth=2),
        here.mark_point(filled=True, size=160, opacity=1, color=ACCENT[theme()]),
        height=260,
    )
