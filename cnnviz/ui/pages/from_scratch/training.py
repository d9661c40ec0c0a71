"""Training the NumPy network before one's eyes: curves, filters being born, what it then reads."""

from typing import Any, cast

import altair as alt
import numpy as np
import streamlit as st
import torch

from cnnviz.colors import ACCENT, MUTED, RIGHT, WRONG
from cnnviz.io.images import encode_png, enlarge
from cnnviz.labs.numpy_cnn.training import Engine, NumpyConfig, as_floats, read_numpy
from cnnviz.numbers import percent
from cnnviz.ui.components.gallery.gallery import gallery
from cnnviz.ui.pages.from_scratch.figures import picture
from cnnviz.ui.pages.from_scratch.model import (
    RUN,
    NumpyRun,
    all_predictions,
    current_run,
    current_training,
    train,
)
from cnnviz.ui.state import cache
from cnnviz.ui.state.incremental import Works, alive, stop, watch
from cnnviz.ui.widgets.charts import draw, specification
from cnnviz.ui.widgets.pictures import theme

ENGINE, EPOCHS, SEED = "scratch_engine", "scratch_epochs", "scratch_seed"
_TURN = "_scratch_turn"
SAMPLES = 24


@st.fragment
def training() -> None:
    """Settings, the run, and what came of it. A fragment: while it trains, nothing else is drawn anew."""
    st.subheader("Train it here", anchor=False)
    works = [current_training()]
    _settings(works)
    watch(_report, works)


def _settings(works: Works) -> None:
    busy = alive(works)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="scratch_settings"):
        st.segmented_control(
            "Version",
            ["fast", "readable"],
            default="fast",
            key=ENGINE,
            persist_state="session",
            required=True,
            help="Both compute the same; the readable one takes about ten times as long.",
        )
        st.slider("Epochs of 12,000 digits", 1, 10, 3, key=EPOCHS, persist_state="session", width=240)
        st.number_input("Seed", 0, 9_999, 0, key=SEED, persist_state="session", width=110)
        st.button(
            "Train",
            icon=":material/play_arrow:",
            key="scratch_train",
            type="primary",
            disabled=busy,
            on_click=_start,
        )
        icon = ":material/stop:"
        st.button("Stop", "scratch_stop", icon=icon, disabled=not busy, on_click=stop, args=(works,))


def _start() -> None:
    """Reads the widgets themselves: what was typed last may come together with the click."""
    engine, epochs, seed = (st.session_state[key] for key in (ENGINE, EPOCHS, SEED))
    config = NumpyConfig(cast(Engine, engine or "fast"), int(epochs), seed=int(seed))
    st.session_state[RUN] = train(config)


def _report() -> None:
    """The network in training, and what it reads."""
    run = current_run()
    _curves(run)
    _samples(run)


def _curves(run: NumpyRun) -> None:
    latest = run.latest
    words = f"epoch {latest.epoch:.1f} of {run.config.epochs}, {run.speed:,.0f} digits a second"
    st.progress(
        latest.step / latest.steps, text=f"{run.config.engine} version, seed {run.config.seed}: {words}"
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Loss**, mean cross-entropy of the batches, nats")
        trained = run.points[1:]
        rows = {"epoch": [point.epoch for point in trained], "value": [point.loss for point in trained]}
        spec = _chart(run.config.epochs, MUTED[theme()])
        draw(rows, spec, "scratch_losses", "Loss over epochs")
    with right:
        st.markdown(f"**Accuracy** on 10,000 test digits: {percent(run.test_accuracy, 2)}")
        tested = [
            (point.epoch, point.test_accuracy) for point in run.points if point.test_accuracy is not None
        ]
        rows = {"epoch": [epoch for epoch, _ in tested], "value": [value for _, value in tested]}
        spec = _chart(run.config.epochs, ACCENT[theme()], min(0.9, *rows["value"][1:], 0.9))
        draw(rows, spec, "scratch_accuracies", "Test accuracy over epochs")
    limit = float(np.abs([run.before, latest.parameters["filters"]]).max())
    for column, values, key, words in zip(
        st.columns(2, gap="large"),
        (run.before, latest.parameters["filters"]),
        ("before", "after"),
        ("The eight filters before training: noise", "and now"),
        strict=True,
    ):
        with column:
            st.markdown(f"**{words}**")
            picture(
                values,
                f"filters_{key}",
                words,
                list(map(str, range(len(values)))),
                tile=64,
                limit=limit,
                legend=key == "before",
            )


@specification
def _chart(epochs: int, color: str, lowest: float | None = None) -> Any:
    """A loss over epochs or, from the lowest to 1, an accuracy."""
    y = alt.Y("value:Q", title=None)
    if lowest is not None:
        y = y.scale(domain=[lowest, 1.0]).axis(format=".0%")
    scale, axis = alt.Scale(domain=[0, epochs]), alt.Axis(grid=False, tickMinStep=1, format="d")
    dots = alt.OverlayMarkDef(color=color, size=25)
    return (
        alt.Chart(height=200)
        .mark_line(color=color, strokeWidth=2, clip=True, point=dots)
        .encode(
            alt.X("epoch:Q", title="epochs", scale=scale, axis=axis),
            y,
            tooltip=[
                alt.Tooltip("epoch:Q", format=".2f"),
                alt.Tooltip("value:Q", format=".3f" if lowest is None else ".2%"),
            ],
        )
    )


def _samples(run: NumpyRun) -> None:
    """Test digits framed green when read rightly, red when not."""
    digits = cache.test_digits()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        which = st.segmented_control(
            "Test digits",
            ["at random", "misread"],
            default="at random",
            key="scratch_samples",
            persist_state="session",
            required=True,
        )
        st.button("Others", icon=":material/casino:", key="scratch_others", on_click=_others)
    generator = np.random.default_rng(int(st.session_state.get(_TURN, 0)))
    known = all_predictions(run.latest.parameters, str(run.config)) if run.complete else None
    wrong = np.flatnonzero(known != digits.labels.numpy()) if known is not None else np.arange(0)
    pool = wrong if which == "misread" and len(wrong) else np.arange(len(digits))
    chosen = generator.choice(pool, min(SAMPLES, len(pool)), replace=False)
    labels, images = digits.labels.numpy()[chosen], as_floats(digits[torch.from_numpy(chosen)])
    predictions = read_numpy(run.latest.parameters, images).argmax(1)
    gallery(
        [
            _framed(digits.images[int(index)].numpy(), label == prediction)
            for index, label, prediction in zip(chosen, labels, predictions, strict=True)
        ],
        key="scratch_gallery",
        label="Test digits, framed green when read rightly and red when not",
        captions=[
            str(prediction) if label == prediction else f"{prediction}, is {label}"
            for label, prediction in zip(labels, predictions, strict=True)
        ],
        tile=62,
        crisp=True,
    )
    right = int((labels == predictions).sum())
    words = f"{right} of these {len(chosen)} are read rightly (green frame)"
    rest = f"; of all 10,000, {len(wrong):,} are misread" if run.complete else ""
    st.caption(f"{words}{rest} (red frame: what was read, and what it is).")


def _others() -> None:
    st.session_state[_TURN] = int(st.session_state.get(_TURN, 0)) + 1


def _framed(image: np.ndarray, right: bool) -> bytes:
    """A digit (28, 28) uint8 in a colored frame."""
    pixels = np.repeat(enlarge(image, 3)[..., None], 3, axis=2)  # (84, 84, 3)
    color = (RIGHT if right else WRONG).lstrip("#")
    framed = np.empty((94, 94, 3), np.uint8)
    framed[:] = [int(color[place : place + 2], 16) for place in (0, 2, 4)]
    framed[5:-5, 5:-5] = pixels
    return encode_png(framed)
