"""The train page's sweep: what to try at the left, a cell a run at the right.

watched()    the sweep this visitor looks at
page()       everything below the choice of views
"""

import time

import streamlit as st

from cnnviz import run_sets, sweeps
from cnnviz.errors import CnnvizError
from cnnviz.sweeps import Outcome, Sweep, best
from cnnviz.ui import settings, training_form
from cnnviz.ui import sweep_words as words
from cnnviz.ui.cross_validate_words import status_line
from cnnviz.ui.snippet import code_panel
from cnnviz.ui.sweep_charts import cells_chart, line_chart
from cnnviz.ui.sweep_form import Choice, chosen, program
from cnnviz.ui.sweep_more import go_on, my_sweeps, table
from cnnviz.ui.sweep_words import percent
from cnnviz.ui.training_controls import attempt, problem

POLL_SECONDS = 1.0
PATIENCE_SECONDS = 5.0  # after that, a sweep told to stop may be ended at once
_SWEEP = "_watched_sweep"


def page() -> None:
    with st.container():  # empty or not, all that follows keeps its place
        problem()
        sweep = watched()
    with st.container(key="train_sides"):
        with st.container():
            training_form.recipe(None)
            choice = chosen()
            _buttons(choice, sweep)
        with st.container():
            if sweep and sweep.alive:
                st.fragment(_live, run_every=POLL_SECONDS)(sweep.id)
            elif sweep:
                _show(sweep)
                go_on(sweep)
            elif choice:
                _before(choice)
            st.caption(words.LIMITS)
    my_sweeps(sweep.id if sweep else "", watch, _delete)
    if sweep:
        code_panel(program(Choice(sweep.config, sweep.grid)))
    elif choice:
        code_panel(program(choice))


# ---- which sweep ----


def watched() -> Sweep | None:
    """The sweep in the address, else the one this visitor started or opened last."""
    asked = st.query_params.get("sweep")
    sweep_id = asked or st.session_state.get(_SWEEP)
    if not sweep_id:
        return None
    try:
        sweep = sweeps.open_sweep(settings.runs_root(), sweep_id)
    except CnnvizError as error:
        if asked:
            st.warning(str(error), icon=":material/error:")
            del st.query_params["sweep"]
        st.session_state.pop(_SWEEP, None)
        return None
    watch(sweep_id)
    return sweep


def watch(sweep_id: str) -> None:
    """Look at this sweep from now on; its id in the address lets a reload and others find it."""
    st.session_state[_SWEEP] = sweep_id
    st.query_params["sweep"] = sweep_id


def _start(choice: Choice) -> None:
    """A second click while the sweep one looks at is alive starts nothing."""

    def start() -> None:
        root, known = settings.runs_root(), st.session_state.get(_SWEEP)
        if not any(sweep.id == known and sweep.alive for sweep in sweeps.list_sweeps(root)):
            watch(sweeps.start_sweep(settings.engine(), root, choice.config, choice.grid))

    attempt(start)


def _stop(sweep: Sweep) -> None:
    attempt(lambda: run_sets.stop_all(settings.engine(), sweep))


def _end(sweep: Sweep) -> None:
    attempt(lambda: run_sets.end_all(settings.engine(), sweep))


def _resume(sweep: Sweep) -> None:
    attempt(lambda: run_sets.resume_all(settings.engine(), sweep))


def _delete(sweep: Sweep) -> None:
    def delete() -> None:
        run_sets.delete_all(settings.runs_root(), sweep)
        if st.session_state.get(_SWEEP) == sweep.id:
            del st.session_state[_SWEEP]
            st.query_params.pop("sweep", None)

    attempt(delete)


# ---- the panel ----


def _buttons(choice: Choice | None, sweep: Sweep | None) -> None:
    alive = sweep is not None and sweep.alive
    with st.container(horizontal=True):
        st.button(
            "Start",
            key="sweep_start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=choice is None or alive,
            on_click=_start,
            args=(choice,),
        )
        st.button(
            "Stop",
            key="sweep_stop",
            icon=":material/stop:",
            disabled=not alive,
            on_click=_stop,
            args=(sweep,),
        )
        if sweep and sweep.resumable:
            st.button("Resume", key="sweep_resume", on_click=_resume, args=(sweep,))


def _before(choice: Choice) -> None:
    """The cells as they will be filled."""
    _head(None, f"**Ready** · {words.axes_line(choice.grid)}")
    waiting = [Outcome(point, None, "queued", False, None, None, []) for point in choice.grid.points()]
    cells_chart(waiting, choice.grid, key="sweep_cells")


def _live(sweep_id: str) -> None:
    """One look at the sweep. Errors are for here: in a fragment they would bypass the frame."""
    try:
        sweep = sweeps.open_sweep(settings.runs_root(), sweep_id)
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")
        return
    if not sweep.alive:
        st.rerun()  # the whole page: buttons and list change too
    _show(sweep)
    asked = [run.folder.read("control") for run in sweep.runs if run and run.folder.stop_wanted()]
    if asked and time.time() - max(control["time"] for control in asked) > PATIENCE_SECONDS:
        st.button("End it at once", icon=":material/dangerous:", on_click=_end, args=(sweep,))


def _show(sweep: Sweep) -> None:
    outcomes = sweep.outcomes()
    where = " · on the Ray cluster" if settings.ray_address() else ""
    line = f"{status_line(sweep, 'runs')}{where}  \n{words.digits_line(sweep.config, sweep.grid)}"
    _head(best(outcomes), line, words.share_done(outcomes) if sweep.alive else None)
    if not sweep.alive and sweep.state == "failed":
        st.error(sweep.reason, icon=":material/error:")
    elif not sweep.alive and sweep.state == "interrupted":
        st.warning("Some runs were ended from outside. Resume goes on from what they saved last.")
    if len(sweep.grid.axes) == 1:
        line_chart(outcomes, sweep.grid, key="sweep_line")
    cells_chart(outcomes, sweep.grid, key="sweep_cells")
    st.caption(words.cells_caption(outcomes))
    if any(outcome.state == "finished" for outcome in outcomes):
        st.markdown(words.verdict(sweep, outcomes))
        table(sweep, outcomes)


def _head(found: Outcome | None, line: str, share: float | None = None) -> None:
    number, status = st.columns([1, 2.4], vertical_alignment="center")
    with number, st.container(key="sweep_accuracy"):
        accuracy = found.accuracy if found else None
        st.metric("Best validation accuracy", "–" if accuracy is None else percent(accuracy))
    with status, st.container(key="sweep_status"):
        st.markdown(line)
        if share is not None:
            st.progress(share)
