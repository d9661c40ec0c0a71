"""What cross-validations and sweeps have in common on their pages.

buttons(...)    Start, Stop, Resume
live(...)       the set as it trains, looked at once a second
row(...)        one of the sets so far: what became of it, Open, Delete
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.runs.engine import Engine
from cnnviz.runs.run_group import RunGroup, delete_all, end_all, resume_all, stop_all
from cnnviz.ui.runs.controls import attempt
from cnnviz.ui.runs.selected_run import STATE_COLORS, Watching
from cnnviz.ui.state.environment import engine, runs_root


def status_line(chosen: RunGroup, parts: str = "folds") -> str:
    """What is going on: how many of its parts are finished, training and waiting."""
    heads = {
        "running": "Training",
        "paused": "Paused",
        "queued": "Waiting",
        "finished": "Finished",
        "stopped": "Stopped",
        "failed": "Failed",
        "interrupted": "Interrupted",
    }
    states = chosen.states
    words = [f"**{heads[chosen.state]}**", f"{states.count('finished')} of {len(states)} {parts} finished"]
    if chosen.alive:
        training, waiting = states.count("running"), states.count("queued")
        words += [f"{training} training"] * bool(training) + [f"{waiting} waiting"] * bool(waiting)
    return " · ".join(words)


POLL_SECONDS = 1.0
PATIENCE_SECONDS = 5.0  # after that, a set told to stop may be ended at once

Chosen = TypeVar("Chosen", bound=RunGroup)


def buttons(
    prefix: str, watching: Watching[Chosen], shown: Chosen | None, start: Callable[[], str] | None
) -> None:
    """start: begins a set and returns its id; None while the choice cannot work."""
    alive = shown is not None and shown.alive
    with st.container(horizontal=True):
        st.button(
            "Start",
            key=f"{prefix}_start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=start is None or alive,
            on_click=_start,
            args=(watching, start),
        )
        st.button(
            "Stop",
            key=f"{prefix}_stop",
            icon=":material/stop:",
            disabled=not alive,
            on_click=_to_all,
            args=(stop_all, shown),
        )
        if shown and shown.resumable:
            resume = (resume_all, shown)
            st.button("Resume", key=f"{prefix}_resume", on_click=_to_all, args=resume)


def live(watching: Watching[Chosen], chosen: str, show: Callable[[Chosen], None]) -> None:
    """As long as it lives, then the whole page again."""
    st.fragment(_look, run_every=POLL_SECONDS)(watching, chosen, show)


def _look(watching: Watching[Chosen], chosen: str, show: Callable[[Chosen], None]) -> None:
    """Errors are for here: in a fragment they would bypass the frame."""
    try:
        found = watching.open(runs_root(), chosen)
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")
        return
    if not found.alive:
        st.rerun()  # the whole page: buttons and list change too
    show(found)
    asked = [run.folder.read("control") for run in found.runs if run and run.folder.stop_wanted()]
    if asked and time.time() - max(control["time"] for control in asked) > PATIENCE_SECONDS:
        end = (end_all, found)
        st.button("End it at once", icon=":material/dangerous:", on_click=_to_all, args=end)


def row(prefix: str, watching: Watching[Chosen], one: Chosen, title: str, parts: str) -> None:
    """parts: what its runs are called, in the question before it is deleted."""
    watched = one.id == watching.known
    with st.container(horizontal=True, vertical_alignment="center", key=f"{prefix}_{one.id}", border=watched):
        st.badge(one.state, color=STATE_COLORS[one.state])
        st.markdown(f"**{title}**" if watched else title, width="stretch")
        if not watched:
            look = watching.look_at
            st.button("Open", key=f"open_{one.id}", on_click=look, args=(one.id,), type="tertiary")
        if not one.alive:
            with st.popover("Delete", type="tertiary", key=f"ask_delete_{one.id}"):
                st.markdown(f"Its {parts}, curves and figures will be gone.")
                st.button("Delete it", key=f"delete_{one.id}", on_click=_delete, args=(watching, one))


def _start(watching: Watching[Chosen], start: Callable[[], str]) -> None:
    """A second click while the set one looks at is alive starts nothing."""

    def begin() -> None:
        if watching.known:
            with suppress(CnnvizError):  # it may be gone
                if watching.open(runs_root(), watching.known).alive:
                    return
        watching.look_at(start())

    attempt(begin)


def _to_all(action: Callable[[Engine, RunGroup], None], chosen: RunGroup) -> None:
    attempt(lambda: action(engine(), chosen))


def _delete(watching: Watching[Chosen], gone: Chosen) -> None:
    def delete() -> None:
        delete_all(runs_root(), gone)
        watching.look_away(gone.id)

    attempt(delete)
