"""Train: what and how at the left, the run (or a sweep of them) as it happens at the right, all below."""

import streamlit as st

from cnnviz.ui import sweep_view, training_form, training_view
from cnnviz.ui.export_panel import take_away_run
from cnnviz.ui.frame import require_frame
from cnnviz.ui.snippet import code_panel
from cnnviz.ui.sweep_more import ONE, SWEEP, VIEW, follow_link
from cnnviz.ui.training_list import my_runs
from cnnviz.ui.training_program import program
from cnnviz.ui.training_settings import workable
from cnnviz.ui.views import show_view

require_frame()


def one_run() -> None:
    with st.container():  # empty or not, all that follows keeps its place
        run = training_view.WATCHING.current()

    with st.container(key="train_sides"):  # side by side; on a phone the run comes before the details
        with st.container():
            training_form.recipe(run.config if run else None)
            config = training_form.settings()
            st.button(
                "Start",
                key="train_start",
                type="primary",
                icon=":material/play_arrow:",
                disabled=config is None or (run is not None and run.busy),
                on_click=training_view.start,
                args=(config,),
            )
        with st.container():
            training_view.panel(run, workable())
            take_away_run(run)
            training_view.limits()
        with st.container():
            training_form.details()

    my_runs(run)
    code_panel(program(run.config if run else workable()))


follow_link()
show_view({ONE: one_run, SWEEP: sweep_view.page}, VIEW)
