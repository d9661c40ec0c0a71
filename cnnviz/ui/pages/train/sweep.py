"""The train page's sweep: what to try at the left, a cell a run at the right."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from cnnviz.data.mnist import TRAIN_SIZE
from cnnviz.numbers import percent
from cnnviz.runs.grid import SETTINGS
from cnnviz.runs.sweep import Outcome, Sweep, best, list_sweeps, open_sweep, start_sweep
from cnnviz.ui.pages.train import form, run_panel, sweep_text as words
from cnnviz.ui.pages.train.sweep_charts import cells_chart, line_chart
from cnnviz.ui.pages.train.sweep_form import Choice, chosen, program
from cnnviz.ui.pages.train.sweep_text import point_title
from cnnviz.ui.runs import form_state
from cnnviz.ui.runs.controls import problem
from cnnviz.ui.runs.run_group import buttons, live, row, status_line
from cnnviz.ui.runs.selected_run import Watching
from cnnviz.ui.state.environment import engine, ray_address, runs_root
from cnnviz.ui.state.query_params import Train, show
from cnnviz.ui.widgets.code_panel import code_panel

WATCHING = Watching(Train.sweep, open_sweep)


def page() -> None:
    with st.container():  # empty or not, all that follows keeps its place
        problem()
        sweep = WATCHING.current()
    with st.container(key="train_sides"):
        with st.container():
            form.recipe(None)
            choice = chosen()
            buttons("sweep", WATCHING, sweep, _starter(choice))
        with st.container():
            if sweep and sweep.alive:
                live(WATCHING, sweep.id, _show)
            else:
                with st.container():  # as a fragment is: so that one panel takes another's place
                    if sweep:
                        _show(sweep)
                        go_on(sweep)
                    elif choice:
                        _before(choice)
            st.caption(words.LIMITS)
    my_sweeps(WATCHING)
    if sweep:
        code_panel(program(Choice(sweep.config, sweep.grid)))
    elif choice:
        code_panel(program(choice))


# ---- the panel ----


def _starter(choice: Choice | None) -> Callable[[], str] | None:
    if choice is None:
        return None
    return lambda: start_sweep(engine(), runs_root(), choice.config, choice.grid)


def _before(choice: Choice) -> None:
    """The cells as they will be filled."""
    _head(None, f"**Ready** · {words.axes_line(choice.grid)}")
    waiting = [Outcome(point, None, "queued", False, None, None, []) for point in choice.grid.points()]
    cells_chart(waiting, choice.grid, key="sweep_cells")


def _show(sweep: Sweep) -> None:
    outcomes = sweep.outcomes()
    where = " · on the Ray cluster" if ray_address() else ""
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


ONE, SWEEP = VIEWS = ("One run", "Sweep")
SHOWN = 6


def follow_link() -> None:
    """Show the sweep of an address that names one; leave its name out of the address of One run."""
    view = Train.view.among(VIEWS)
    if view.asked() is None and Train.sweep.asked(st.session_state.get(view.name)):
        view.take(1, VIEWS)
    elif view.value() == ONE:
        show({Train.sweep.name: None})


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
                "Accuracy": st.column_config.NumberColumn(format="%.2f%%", help="Of the validation digits"),
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
    form_state.put(replace(outcome.point.config(sweep.config), train_size=TRAIN_SIZE))
    Train.view.take(0, VIEWS)


def _open_run(outcome: Outcome) -> None:
    assert outcome.run is not None
    run_panel.WATCHING.look_at(outcome.run.id)
    Train.view.take(0, VIEWS)


def _ranked(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The finished ones, the best first."""
    finished = [outcome for outcome in outcomes if outcome.accuracy is not None]
    return sorted(finished, key=lambda outcome: (-(outcome.accuracy or 0.0), outcome.loss or 0.0))


# ---- all sweeps ----


def my_sweeps(watching: Watching[Sweep]) -> None:
    """Newest first, each with what became of it."""
    listed = list_sweeps(runs_root())[:SHOWN]
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
