"""Train: what and how at the left, the run (or a sweep of them) as it happens at the right, all below."""

import streamlit as st

from cnnviz.ui.pages.train import form, run_panel, sweep
from cnnviz.ui.pages.train.run_list import my_runs
from cnnviz.ui.pages.train.sweep import ONE, SWEEP, follow_link
from cnnviz.ui.runs.form_state import workable
from cnnviz.ui.runs.program import program
from cnnviz.ui.shell.frame import require_frame
from cnnviz.ui.state.query_params import Train
from cnnviz.ui.widgets.choice_controls import show_view
from cnnviz.ui.widgets.code_panel import code_panel
from cnnviz.ui.widgets.export_panel import take_away_run

require_frame()


def one_run() -> None:
    with st.container():  # empty or not, all that follows keeps its place
        run = run_panel.WATCHING.current()

    with st.container(key="train_sides"):  # side by side; on a phone the run comes before the details
        with st.container():
            form.recipe(run.config if run else None)
            config = form.settings()
            st.button(
                "Start",
                key="train_start",
                type="primary",
                icon=":material/play_arrow:",
                disabled=config is None or (run is not None and run.busy),
                on_click=run_panel.start,
                args=(config,),
            )
        with st.container():
            run_panel.panel(run, workable())
            take_away_run(run)
            run_panel.limits()
        with st.container():
            form.details()

    my_runs(run)
    code_panel(program(run.config if run else workable()))


follow_link()
show_view({ONE: one_run, SWEEP: sweep.page}, Train.view)
