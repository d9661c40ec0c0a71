"""Train: what and how at the left, the run as it happens at the right, all runs below."""

import streamlit as st

from cnnviz.ui import training_form, training_view
from cnnviz.ui.frame import require_frame
from cnnviz.ui.snippet import code_panel
from cnnviz.ui.training_list import my_runs
from cnnviz.ui.training_program import program
from cnnviz.ui.training_settings import workable

require_frame()

training_view.problem()
run = training_view.watched()
alive = run is not None and run.alive
left, right = st.columns([1, 1.9], gap="medium")

with left:
    training_form.recipe()
    config = training_form.settings()
    with st.container(horizontal=True):
        st.button(
            "Start",
            key="train_start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=config is None or alive,
            on_click=training_view.start,
            args=(config,),
        )
        st.button(
            "Stop",
            key="train_stop",
            icon=":material/stop:",
            disabled=not alive,
            on_click=training_view.stop,
            args=(run.id if run else "",),
        )
    training_form.details()

with right:
    training_view.panel(run, workable())
    training_view.limits()

my_runs(run)
code_panel(program(run.config if run else workable()))
