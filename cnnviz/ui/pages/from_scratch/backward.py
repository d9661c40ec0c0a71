"""The way back, step by step: from p - y to every parameter's gradient, and the update."""

import numpy as np
import streamlit as st

from cnnviz.labs.numpy_cnn.readable import HIDDEN, adam, cross_entropy, forward, no_memory
from cnnviz.ui.pages.from_scratch.figures import decimal, filter_picture, grid, latex, picture, result
from cnnviz.ui.pages.from_scratch.forward import winner_map
from cnnviz.ui.pages.from_scratch.model import Lesson

RATE = 0.008  # the highest of the training below


def at_logits(lesson: Lesson) -> None:
    probabilities = lesson.passed.probabilities[0]
    truth = np.eye(10, dtype=np.float32)[lesson.label]
    picture(
        np.stack([probabilities, truth, lesson.errors.logits[0]])[:, None],
        "logit_error",
        "Probabilities, truth, and their difference, one column a digit",
        ["p: what was said", "y: what is true", "p − y: the error at the logits"],
        tile=520,
        numbers=True,
        limit=1.0,
    )
    true = lesson.errors.logits[0, lesson.label]
    st.latex(
        rf"\frac{{\partial\,\text{{loss}}}}{{\partial z_{{{lesson.label}}}}} = p_{{{lesson.label}}} - 1 = "
        rf"{latex(probabilities[lesson.label], 4)} - 1 = {result(true, 4)}"
    )
    st.markdown(
        "Softmax and cross-entropy together have this simple slope: what was said minus what is true. "
        "Orange: this logit should rise; blue: it should fall. The ten add up to "
        f"{lesson.errors.logits[0].sum().round(5) + 0.0:g}."
    )


def at_dense(lesson: Lesson) -> None:
    error, hidden = lesson.errors.logits[0], lesson.passed.hidden[0]
    digit, unit = int(np.abs(error).argmax()), int(hidden.argmax())
    gradient = lesson.gradients["output"]  # (10, 128)
    picture(
        gradient[None],
        "output_gradient",
        "The gradient of the last layer's weights: ten rows of 128",
        ["gradient of the last layer: a row a digit, a column a hidden unit"],
        tile=560,
        overlay=[(0, digit, unit, 1, 1)],
    )
    st.latex(
        rf"\underbrace{{{latex(error[digit], 4)}}}_{{\text{{error of {digit}}}}} \times "
        rf"\underbrace{{{latex(hidden[unit])}}}_{{\text{{hidden unit {unit}}}}} = "
        rf"{result(gradient[digit, unit], 4)}"
    )
    at_hidden = lesson.errors.summed[0]
    blamed = int(np.abs(at_hidden).argmax())
    left, right = st.columns([1, 1.25], gap="medium")
    with left:
        picture(
            grid(at_hidden, 8),
            "hidden_error",
            "The error at the 128 hidden units",
            [f"error at the {HIDDEN} hidden units"],
            tile=300,
            overlay=[(0, blamed // 16, blamed % 16, 1, 1)],
        )
        st.caption(
            f"{int((hidden == 0).sum())} of {HIDDEN} units gave 0 after ReLU: nothing passes there, "
            "and their weights do not learn from this digit."
        )
    with right:
        filter_picture(
            lesson.gradients["dense"][blamed].reshape(lesson.passed.pooled.shape[1:]),
            "dense_gradient",
            f"The gradient of the 1,352 weights of hidden unit {blamed}",
            lesson.filter,
            tile=70,
        )
        st.caption(
            f"The gradient of unit {blamed}'s weights is its error, {decimal(at_hidden[blamed], 4)}, "
            "times the pooled maps: the same pictures again."
        )


def at_maps(lesson: Lesson) -> None:
    chosen, row, column = lesson.filter, lesson.row, lesson.column
    pooled, routed = lesson.errors.pooled[0, chosen], lesson.errors.maps[0, chosen]
    limit = float(np.abs(pooled).max())
    box = [(0, 2 * row, 2 * column, 2, 2)]
    for place, values, key, label, boxes in zip(
        st.columns(3, gap="medium"),
        (pooled, winner_map(lesson.passed.winners[0, chosen]), routed),
        ("pooled_error", "route_mask", "routed"),
        ("error of the pooled map", "× mask kept on the way", "= error of the map"),
        ([(0, row, column, 1, 1)], box, box),
        strict=True,
    ):
        mask = key == "route_mask"
        with place:
            picture(
                values[None],
                key,
                label.strip("×= "),
                [label],
                tile=250,
                limit=2.0 if mask else limit,
                overlay=boxes,
                legend=key == "pooled_error",
            )
    mask = lesson.passed.winners[0, chosen, row, column].reshape(2, 2)
    left, right = st.columns([1.15, 1], gap="medium", vertical_alignment="center")
    with left:
        picture(
            np.stack([mask, 1000 * routed[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]]),
            "routed_window",
            "The outlined window's mask and error",
            ["mask", "error × 1,000"],
            tile=110,
            numbers=True,
            legend=False,
        )
    with right:
        losers = routed.size - int((routed != 0).sum())
        st.markdown(
            f"The pooled cell's error, **{decimal(pooled[row, column], 5)}**, goes to the cell that won; "
            "the other three had no part in the answer and get 0. "
            f"In this map {losers} of {routed.size} cells get nothing."
        )


def at_filters(lesson: Lesson) -> None:
    chosen = lesson.filter
    error, patches = lesson.errors.maps[0, chosen], lesson.passed.patches[0]
    weight = np.abs(error) * patches.sum((2, 3))
    places = [divmod(int(place), error.shape[1]) for place in np.argsort(-weight, axis=None)[:4]]
    terms = np.stack([patches[row, column] * error[row, column] for row, column in places])
    total = lesson.gradients["filters"][chosen]
    captions = [f"{decimal(error[row, column], 4)} × patch ({row}, {column})" for row, column in places]
    picture(
        1000 * np.concatenate([terms, total[None]]),
        "terms",
        "The four largest terms and the sum of all of them",
        [*captions, "sum: gradient"],
        tile=94,
        numbers=True,
    )
    rest = int((error != 0).sum()) - len(places)
    st.markdown(
        f"Filter {chosen}'s gradient is **every patch times the error of the cell it made, summed** "
        "(numbers are thousandths): "
        f"the four largest terms are shown, {max(rest, 0)} smaller ones and {int((error == 0).sum())} "
        "zeros are in the sum. It is a convolution again, of the picture with the error."
    )
    filter_picture(
        lesson.gradients["filters"],
        "filter_gradients",
        "The gradients of the eight filters",
        chosen,
        tile=84,
    )


def update(lesson: Lesson) -> None:
    chosen = lesson.filter
    before, gradient = lesson.parameters["filters"][chosen], lesson.gradients["filters"][chosen]
    moved, _ = adam(lesson.parameters, lesson.gradients, no_memory(lesson.parameters), RATE)
    after = moved["filters"][chosen]
    picture(
        np.stack([before, gradient, after - before, after]),
        "update",
        "A filter before, its gradient, the step, and the filter after",
        [f"filter {chosen}", "gradient", "Adam's step", "filter after"],
        tile=112,
        numbers=True,
    )
    values = [
        cross_entropy(forward(parameters, lesson.image[None]).probabilities, lesson.labels)
        for parameters in (lesson.parameters, moved)
    ]
    st.latex(
        rf"w \leftarrow w - \alpha\,\frac{{\hat m}}{{\sqrt{{\hat v}} + \varepsilon}},\quad "
        rf"\text{{loss}}\;{latex(values[0], 5)} \to {result(values[1], 5)}"
    )
    st.markdown(
        f"The rate α is {RATE}. With nothing remembered yet, the mean gradient over its own size is ±1: "
        "the first step moves every weight that has a gradient by about α, however small the gradient is. "
        "Later steps differ."
    )
