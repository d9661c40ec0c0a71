"""What one can do to a run while it trains: pause, go on, step, stop, and another learning rate.

attempt(action)    do it; what goes wrong is said at the top of the page
transport(run)     the row of buttons
"""

from collections.abc import Callable
from functools import partial

import streamlit as st

from cnnviz.errors import CnnvizError, ConfigError
from cnnviz.runs.engine import Engine
from cnnviz.runs.run import Run
from cnnviz.training.schedule import HIGHEST_RATE, LearningRateChange, learning_rate_at
from cnnviz.ui.runs.status import Event
from cnnviz.ui.state import environment

_PROBLEM = "_train_problem"
_HELD = "train_held_rate"
FACTORS = {"÷ 10": 0.1, "÷ 2": 0.5, "× 2": 2.0, "× 10": 10.0}


def attempt(action: Callable[[], None]) -> None:
    try:
        action()
    except (CnnvizError, OSError) as error:
        sentence = str(error) if isinstance(error, CnnvizError) else f"That did not work: {error.strerror}."
        st.session_state[_PROBLEM] = sentence


def problem() -> None:
    """Say once what went wrong with the last click."""
    sentence = st.session_state.pop(_PROBLEM, None)
    if sentence:
        st.error(sentence, icon=":material/error:")


def transport(run: Run | None, events: list[Event]) -> None:
    """Pause or Go on, Step, Stop, Rate; what makes no sense at the moment is disabled, not gone."""
    engine, run_id = environment.engine(), run.id if run else ""
    state = run.state if run else ""
    if run is None or run.alive:
        if state == "paused":
            _button("Go on", "train_go_on", ":material/play_arrow:", engine.go_on, run_id, True)
        else:
            _button("Pause", "train_pause", ":material/pause:", engine.pause, run_id, state == "running")
        _button("Step", "train_step", ":material/step:", engine.step, run_id, state == "paused")
    _button("Stop", "train_stop", ":material/stop:", engine.stop, run_id, bool(run and run.alive))
    if run is None or run.alive:
        with st.popover("Rate", key="train_rate", icon=":material/speed:", disabled=run is None):
            if run:
                _rate(run, engine, events)


def _button(
    label: str, key: str, icon: str, action: Callable[[str], None], run_id: str, enabled: bool
) -> None:
    st.button(
        label, key=key, icon=icon, disabled=not enabled, on_click=attempt, args=(partial(action, run_id),)
    )


def _rate(run: Run, engine: Engine, events: list[Event]) -> None:
    """Multiply the planned rate, or hold one; from the next step on."""
    request = latest_request(run)
    step, steps = (events[-1]["step"], events[-1]["steps"]) if events else (0, 1)
    now = request.applied(learning_rate_at(run.config, step, steps))
    how = (
        "held"
        if request.rate is not None
        else "as planned"
        if request.factor == 1
        else f"plan × {request.factor:g}"
    )
    st.markdown(f"Learning rate **{now:.3g}**, {how}")
    with st.container(horizontal=True):
        for label, factor in FACTORS.items():
            change = partial(_multiply, engine, run.id, request, factor)
            st.button(label, key=f"train_rate_{factor}", on_click=attempt, args=(change,))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            "Hold it at", 0.0, HIGHEST_RATE, value=None, step=0.001, format="%.5g", key=_HELD, width=150
        )
        st.button("Hold", key="train_rate_hold", on_click=attempt, args=(partial(_hold, engine, run.id),))
    st.button(
        "Back to the plan",
        key="train_rate_plan",
        type="tertiary",
        disabled=request == LearningRateChange(0),
        on_click=attempt,
        args=(partial(engine.set_rate, run.id),),
    )


def latest_request(run: Run) -> LearningRateChange:
    """The change of the rate asked for last; the plan itself if there was none."""
    request = run.folder.read("control").get("rate", {})
    return LearningRateChange(0, request.get("factor", 1.0), request.get("rate"))


def _multiply(engine: Engine, run_id: str, request: LearningRateChange, factor: float) -> None:
    if request.rate is None:
        engine.set_rate(run_id, factor=request.factor * factor)
    else:
        engine.set_rate(run_id, rate=request.rate * factor)


def _hold(engine: Engine, run_id: str) -> None:
    rate = st.session_state[_HELD]
    if rate is None:
        raise ConfigError("Type the rate to hold first.")
    engine.set_rate(run_id, rate=rate)
