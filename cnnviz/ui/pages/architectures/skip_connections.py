"""A skip connection switched off: the gradient at each layer of two deep networks, as they train."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import altair as alt
import streamlit as st

from cnnviz.colors import SERIES
from cnnviz.data.mnist import Digits, load_mnist
from cnnviz.labs.architectures.skip_connections import DEPTHS, PairProgress, train_pair
from cnnviz.numbers import percent
from cnnviz.ui.state.incremental import Incremental, alive, stop, watch
from cnnviz.ui.widgets.charts import draw, specification
from cnnviz.ui.widgets.code_panel import code_panel

STEPS, EVERY = 120, 10
HELD_BACK, TRAINING = 500, 10_000
SMALLEST = 1e-20  # drawn for gradients below it, zero among them
TITLES = {"plain": "without", "skip": "with skip connections"}
_TRAINING = "_skip_training"  # ((depth, seed), Incremental) of the last one


def skip_view() -> None:
    """Gradient norms by depth, loss over steps; a button trains both, live."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="skip_controls"):
        depth = int(
            st.segmented_control(
                "Layers", DEPTHS, default=20, key="skip_depth", persist_state="session", required=True
            )
        )
        seed = int(st.number_input("Seed", 0, 9_999, 0, key="skip_seed", persist_state="session", width=120))
        trained = st.session_state.get(_TRAINING)
        works = [trained[1]] if trained and trained[0] == (depth, seed) else []
        running = alive(works)
        st.button(
            "Stop" if running else "Train both",
            type="primary",
            key="skip_train",
            icon=":material/stop:" if running else ":material/play_arrow:",
            on_click=stop if running else _start,
            args=(works,) if running else (depth, seed),
        )
    watch(lambda: _panel(works[0].records if works else (_first(depth, seed),), running), works)
    st.caption(
        "Both have the same first weights, the same digits in the same order, Adam at 0.001, batches of 64; "
        "8 maps "
        "a layer, ReLU, PyTorch's usual initialization, no normalization. Lengths below 10⁻²⁰ are drawn "
        "there, "
        "zeros too.  \n"
        "**What this does not show:** that only skip connections help. A larger initialization (He and "
        "others, "
        "2015) or batch normalization keep a plain network of this depth alive as well."
    )
    code_panel(
        "digits = load_mnist().train\n"
        f"training, held_back = digits[:{TRAINING}], digits[-{HELD_BACK}:]\n"
        f"for record in train_pair({depth}, training, held_back, {STEPS}, {EVERY}, {seed}):\n"
        '    print(record.step, record.loss, record.norms["plain"][0], record.norms["skip"][0])\n'
    )


def _start(depth: int, seed: int) -> None:
    begin = partial(train_pair, depth, *_digits(), STEPS, EVERY, seed)
    st.session_state[_TRAINING] = ((depth, seed), Incremental(begin))


def _panel(records: Sequence[PairProgress], running: bool) -> None:
    """records: of what was trained with these settings; before that, both networks as they begin."""
    now = records[-1]
    if running:
        st.progress(now.step / now.steps, f"Training, step {now.step} of {now.steps}")
    left, right = st.columns([1.35, 1], gap="large")
    with left:
        st.markdown(f"**Length of the gradient at each layer** after {now.step} steps")
        _norms(now)
    with right:
        st.markdown("**Loss on 500 held-back digits**, nats")
        _losses(records)
    st.markdown(_in_words(now))


@st.cache_resource(max_entries=32, show_spinner=False)
def _first(depth: int, seed: int) -> PairProgress:
    return next(train_pair(depth, *_digits(), STEPS, EVERY, seed))


@st.cache_resource(show_spinner=False)
def _digits() -> tuple[Digits, Digits]:
    """(training, held back), both from MNIST's training digits."""
    digits = load_mnist().train
    training = Digits(digits.images[:TRAINING], digits.labels[:TRAINING])
    return training, Digits(digits.images[-HELD_BACK:], digits.labels[-HELD_BACK:])


def _in_words(now: PairProgress) -> str:
    words = []
    for name, title in TITLES.items():
        first = now.norms[name][0]
        words.append(
            f"**{title.capitalize()}**: {percent(now.accuracy[name])} right; the first layer's gradient is "
            f"{f'{first:.1e} long' if first else 'zero'}."
        )
    return "  \n".join(words)


def _norms(now: PairProgress) -> None:
    rows: dict[str, list[Any]] = {"layer": [], "norm": [], "shown": [], "network": []}
    for name, norms in now.norms.items():
        for layer, norm in enumerate(norms, 1):
            rows["layer"].append(layer)
            rows["norm"].append(norm)
            rows["shown"].append(max(norm, SMALLEST))
            rows["network"].append(TITLES[name])
    draw(
        rows,
        _norms_spec(),
        "skip_norms",
        "Length of the gradient at each layer, with and without skip connections",
    )


def _losses(records: Sequence[PairProgress]) -> None:
    rows: dict[str, list[Any]] = {"step": [], "loss": [], "network": []}
    for record in records:
        for name, loss in record.loss.items():
            rows["step"].append(record.step)
            rows["loss"].append(loss)
            rows["network"].append(TITLES[name])
    draw(rows, _losses_spec(), "skip_losses", "Loss over the steps, with and without skip connections")


@specification
def _norms_spec() -> Any:
    axis = alt.Axis(format=".0e", values=[10.0**power for power in range(-20, 3, 4)])
    return _lines(
        alt.X("layer:Q", title="layer, from the picture on", axis=alt.Axis(grid=False)),
        alt.Y("shown:Q", title=None, scale=alt.Scale(type="log", domain=[SMALLEST, 100]), axis=axis),
        [alt.Tooltip("layer:N"), alt.Tooltip("norm:Q", format=".2e", title="length")],
    )


@specification
def _losses_spec() -> Any:
    axis, scale = alt.Axis(grid=False, tickCount=5), alt.Scale(domain=[0, STEPS])
    return _lines(
        alt.X("step:Q", title="step", scale=scale, axis=axis),
        alt.Y("loss:Q", title=None, scale=alt.Scale(domain=[0, 3], clamp=True)),
        [alt.Tooltip("step:N"), alt.Tooltip("loss:Q", format=".3f")],
        clip=True,
    )


def _lines(x: alt.X, y: alt.Y, hint: list[alt.Tooltip], **mark: Any) -> Any:
    names = list(TITLES.values())
    colors, legend = (
        alt.Scale(domain=names, range=[SERIES[1], SERIES[0]]),
        alt.Legend(orient="top", symbolType="stroke"),
    )
    color = alt.Color("network:N", title=None, sort=names, scale=colors, legend=legend)
    dots = alt.OverlayMarkDef(filled=True, size=30)
    lines = alt.Chart(height=310).mark_line(point=dots, strokeWidth=2.5, **mark)
    return lines.encode(x, y, color, tooltip=[alt.Tooltip("network:N"), *hint])
