"""The race: five kinds of network with as many parameters, live, in equal seconds or on equal digits."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import altair as alt
import streamlit as st

from cnnviz.colors import SERIES
from cnnviz.data.mnist import Digits, load_mnist
from cnnviz.labs.architectures.race import CONTESTANTS, EqualBudget, RaceProgress, train_contestants
from cnnviz.networks.network import build, parameter_count
from cnnviz.numbers import percent
from cnnviz.ui.state.incremental import Incremental, alive, stop, watch
from cnnviz.ui.widgets.charts import draw, specification
from cnnviz.ui.widgets.code_panel import code_panel

HELD_BACK = 1_000
BUDGETS: dict[EqualBudget, tuple[float, ...]] = {"seconds": (2, 5, 15), "digits": (2_560, 7_680, 25_600)}
FAIR: dict[EqualBudget, str] = {"seconds": "Equal seconds", "digits": "Equal digits"}
_RACE = "_race"  # ((fair, budget), Incremental) of the last one


def race_view() -> None:
    """Who runs, for how long, and the curves."""
    raced = st.session_state.get(_RACE)
    works = [raced[1]] if raced else []
    running = alive(works)
    with st.container(horizontal=True, vertical_alignment="bottom", key="race_controls"):
        fair: EqualBudget = st.segmented_control(
            "Fair means",
            list(FAIR),
            default="seconds",
            format_func=FAIR.__getitem__,
            key="race_fair",
            persist_state="session",
            required=True,
            disabled=running,
        )
        budget = st.segmented_control(
            "For each",
            BUDGETS[fair],
            default=BUDGETS[fair][0],
            format_func=lambda value: f"{value:,.0f} {'s' if fair == 'seconds' else 'digits'}",
            key=f"race_budget_{fair}",
            persist_state="session",
            required=True,
            disabled=running,
        )
        names = st.pills(
            "Racers",
            list(CONTESTANTS),
            default=list(CONTESTANTS),
            format_func=lambda name: CONTESTANTS[name].title,
            selection_mode="multi",
            key="race_names",
            persist_state="session",
            disabled=running,
        )
        st.button(
            "Stop" if running else "Start",
            type="primary",
            key="race_start",
            icon=":material/stop:" if running else ":material/flag:",
            on_click=stop if running else _start,
            args=(works,) if running else (fair, float(budget), names),
            disabled=not names,
        )
    shown, length = raced[0] if raced else (fair, float(budget))
    watch(lambda: _panel(shown, length, works[0].records if works else (), running), works)
    st.caption(
        "All train alike: AdamW at 0.002, batches of 64, drawn from 59,000 digits; the share read right is "
        "of "
        f"{HELD_BACK:,} held-back ones. Whoever has used least takes the next turn of ten steps; measuring "
        "is free. "
        "Seconds are this machine's, and vary with what else it does.  \n"
        "**What this does not show:** where they end. Given hours, the order may be another one."
    )
    st.page_link(
        "pages/train.py",
        label="Train one of them for real, and look inside",
        icon=":material/model_training:",
    )
    code_panel(
        "digits = load_mnist().train\n"
        f"training, held_back = digits[:-{HELD_BACK}], digits[-{HELD_BACK}:]\n"
        f'for now in train_contestants(training, held_back, "{fair}", {budget:g}, {names}):\n'
        '    print(f"{now.contestant}: {now.seconds:.1f} s, {now.digits:,} digits, {now.accuracy:.1%}")\n'
    )


def _start(fair: EqualBudget, budget: float, names: list[str]) -> None:
    turns = Incremental(partial(train_contestants, *_digits(), fair, budget, names))
    st.session_state[_RACE] = ((fair, budget), turns)


def _panel(fair: EqualBudget, budget: float, records: Sequence[RaceProgress], running: bool) -> None:
    if running:
        st.progress(records[-1].share, "Racing")
    elif not records:
        st.info("Press Start: they train in turns, and their curves grow here.", icon=":material/flag:")
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        st.markdown(
            f"**Share read right** over {'seconds of training' if fair == 'seconds' else 'digits seen'}"
        )
        _curves(records, fair, budget)
    with right:
        st.markdown(_table(records))


@st.cache_resource(show_spinner=False)
def _digits() -> tuple[Digits, Digits]:
    digits = load_mnist().train
    training = Digits(digits.images[:-HELD_BACK], digits.labels[:-HELD_BACK])
    return training, Digits(digits.images[-HELD_BACK:], digits.labels[-HELD_BACK:])


@st.cache_data(show_spinner=False)
def _parameters(name: str) -> int:
    return parameter_count(build(CONTESTANTS[name].network))


def _table(records: Sequence[RaceProgress]) -> str:
    last = {record.contestant: record for record in records}
    order = sorted(CONTESTANTS, key=lambda name: -last[name].accuracy if name in last else 0)
    lines = ["| Racer | parameters | digits | right |", "|---|---:|---:|---:|"]
    for name in order:
        now, about = last.get(name), CONTESTANTS[name]
        seen, right = (f"{now.digits:,}", f"**{percent(now.accuracy)}**") if now else ("–", "–")
        lines.append(f"| **{about.title}**: {about.idea} | {_parameters(name):,} | {seen} | {right} |")
    return "\n".join(lines)


def _curves(records: Sequence[RaceProgress], fair: EqualBudget, budget: float) -> None:
    rows: dict[str, list[Any]] = {"used": [], "accuracy": [], "racer": []}
    for record in records:
        rows["used"].append(record.seconds if fair == "seconds" else record.digits)
        rows["accuracy"].append(record.accuracy)
        rows["racer"].append(CONTESTANTS[record.contestant].title)
    draw(rows, _curves_spec(fair, budget), "race_curves", "Share read right over the race, one curve a racer")


@specification
def _curves_spec(fair: EqualBudget, budget: float) -> Any:
    titles = [contestant.title for contestant in CONTESTANTS.values()]
    used, share = alt.Axis(grid=False, tickCount=6), alt.Axis(format=".0%", tickCount=5)
    colors = alt.Scale(domain=titles, range=SERIES[: len(titles)])
    legend = alt.Legend(orient="top", columns=3, symbolType="stroke")
    lines = alt.Chart(height=350).mark_line(strokeWidth=2.5, clip=True)
    return lines.encode(
        alt.X("used:Q", title=fair, scale=alt.Scale(domain=[0, budget], nice=False), axis=used),
        alt.Y("accuracy:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=share),
        alt.Color("racer:N", title=None, sort=titles, scale=colors, legend=legend),
        tooltip=[
            alt.Tooltip("racer:N"),
            alt.Tooltip("used:Q", format=",.1f", title=fair),
            alt.Tooltip("accuracy:Q", format=".1%"),
        ],
    )
