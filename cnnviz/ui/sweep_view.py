"""The train page's sweep: what to try at the left, a cell a run at the right."""

from collections.abc import Callable

import streamlit as st

from cnnviz import sweeps
from cnnviz.sweeps import Outcome, Sweep, best
from cnnviz.ui import settings, training_form
from cnnviz.ui import sweep_words as words
from cnnviz.ui.cross_validate_words import status_line
from cnnviz.ui.run_set_controls import buttons, live
from cnnviz.ui.snippet import code_panel
from cnnviz.ui.sweep_charts import cells_chart, line_chart
from cnnviz.ui.sweep_form import Choice, chosen, program
from cnnviz.ui.sweep_more import go_on, my_sweeps, table
from cnnviz.ui.sweep_words import percent
from cnnviz.ui.training_controls import problem
from cnnviz.ui.watching import Watching

WATCHING = Watching("sweep", sweeps.open_sweep)


def page() -> None:
    with st.container():  # empty or not, all that follows keeps its place
        problem()
        sweep = WATCHING.current()
    with st.container(key="train_sides"):
        with st.container():
            training_form.recipe(None)
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
    return lambda: sweeps.start_sweep(settings.engine(), settings.runs_root(), choice.config, choice.grid)


def _before(choice: Choice) -> None:
    """The cells as they will be filled."""
    _head(None, f"**Ready** · {words.axes_line(choice.grid)}")
    waiting = [Outcome(point, None, "queued", False, None, None, []) for point in choice.grid.points()]
    cells_chart(waiting, choice.grid, key="sweep_cells")


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
