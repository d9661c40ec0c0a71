"""The sweep's lower part: its numbers, what to do with a point, and the sweeps so far."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from cnnviz import sweeps
from cnnviz.data import TRAIN_SIZE
from cnnviz.grids import SETTINGS
from cnnviz.sweeps import Outcome, Sweep, best
from cnnviz.ui import settings, training_settings, training_view
from cnnviz.ui import sweep_words as words
from cnnviz.ui.run_set_controls import row
from cnnviz.ui.sweep_words import percent, point_title
from cnnviz.ui.watching import Watching

VIEW, ONE, SWEEP = "training", "One run", "Sweep"
SHOWN = 6


def follow_link() -> None:
    """Show the sweep of an address that names one; leave its name out of the address of One run."""
    view = st.session_state.get(VIEW, st.query_params.get(VIEW))
    if view is None and "sweep" in st.query_params:
        st.session_state[VIEW] = SWEEP
    elif view == ONE:
        st.query_params.pop("sweep", None)


def table(sweep: Sweep, outcomes: Sequence[Outcome]) -> None:
    """Every run, the best first."""
    ranked = _ranked(outcomes) + [outcome for outcome in outcomes if outcome.accuracy is None]
    columns: dict[str, list[object]] = {
        SETTINGS[name].title: [words.value_title(outcome.point.values[name]) for outcome in ranked]
        for name, _ in sweep.grid.axes
    }
    columns["Accuracy"] = [None if one.accuracy is None else 100 * one.accuracy for one in ranked]
    columns["Loss"] = [one.loss for one in ranked]
    columns["Training"] = [one.events[-1]["seconds"] if one.events else None for one in ranked]
    columns["State"] = ["ran away" if one.diverged else one.state for one in ranked]
    with st.expander("The numbers"):
        st.dataframe(
            columns,
            hide_index=True,
            height="content",
            column_config={
                "Accuracy": st.column_config.NumberColumn(format="%.2f %%", help="Of the validation digits"),
                "Loss": st.column_config.NumberColumn(format="%.4f", help="Mean cross-entropy, nats"),
                "Training": st.column_config.NumberColumn(format="%.1f s"),
            },
            alt="Settings, accuracy, loss and seconds of training of every run, the best first",
        )


def go_on(sweep: Sweep) -> None:
    """With one of its points, the best unless another is chosen."""
    ranked = _ranked(sweep.outcomes(events=False))
    if not ranked:
        return
    titles = [f"{point_title(one.point)} · {percent(one.accuracy or 0.0)}" for one in ranked]
    place = st.selectbox(
        "Go on with", range(len(ranked)), key=f"sweep_point_{sweep.id}", format_func=titles.__getitem__
    )
    with st.container(horizontal=True):
        st.button(
            "Train with these settings",
            key="sweep_take",
            icon=":material/model_training:",
            help="Puts them into the form of One run, with all 60,000 digits",
            on_click=_take,
            args=(sweep, ranked[place]),
        )
        st.button("Open its run", key="sweep_open_run", on_click=_open_run, args=(ranked[place],))


def _take(sweep: Sweep, outcome: Outcome) -> None:
    """The point's settings into the form, which is not on screen at the moment."""
    training_settings.put(replace(outcome.point.config(sweep.config), train_size=TRAIN_SIZE))
    st.session_state[VIEW] = ONE


def _open_run(outcome: Outcome) -> None:
    assert outcome.run is not None
    training_view.WATCHING.look_at(outcome.run.id)
    st.session_state[VIEW] = ONE


def _ranked(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The finished ones, the best first."""
    finished = [outcome for outcome in outcomes if outcome.accuracy is not None]
    return sorted(finished, key=lambda outcome: (-(outcome.accuracy or 0.0), outcome.loss or 0.0))


# ---- all sweeps ----


def my_sweeps(watching: Watching[Sweep]) -> None:
    """Newest first, each with what became of it."""
    listed = sweeps.list_sweeps(settings.runs_root())[:SHOWN]
    if not listed:
        return
    st.subheader("My sweeps", anchor=False)
    for sweep in listed:
        found = best(sweep.outcomes(events=False))
        figure = (
            f"best {percent(found.accuracy)}" if found and found.accuracy is not None else "no figure yet"
        )
        title = f"{words.axes_line(sweep.grid)}, {figure} · {words.digits_line(sweep.config, sweep.grid)}"
        row("sweep", watching, sweep, title, "runs")
