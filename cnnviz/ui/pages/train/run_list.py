"""The train page's lower part: every run of this machine, whatever became of it."""

import streamlit as st

from cnnviz.runs.run import Run, delete_run, list_runs
from cnnviz.ui.pages.train.run_panel import WATCHING, actions
from cnnviz.ui.runs.controls import attempt
from cnnviz.ui.runs.selected_run import STATE_COLORS
from cnnviz.ui.state.environment import runs_root

POLL_SECONDS = 3.0
SHOWN = 6


def my_runs(watched: Run | None) -> None:
    """Newest first; kept up to date while one of them lives that nobody here watches."""
    listed = list_runs(runs_root())
    if not listed:
        return
    st.subheader("My runs", anchor=False)
    others_live = any(run.alive and (watched is None or run.id != watched.id) for run in listed)
    st.fragment(_rows, run_every=POLL_SECONDS if others_live else None)(watched.id if watched else "")


def _rows(watched_id: str) -> None:
    listed = list_runs(runs_root())
    shown = listed if len(listed) <= SHOWN or st.session_state.get("train_all_runs") else listed[:SHOWN]
    for run in shown:
        _row(run, run.id == watched_id)
    if len(listed) > SHOWN:
        st.toggle(f"Show all {len(listed)} runs", key="train_all_runs")


def _row(run: Run, watched: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"run_{run.id}", border=watched):
        st.badge(run.state, color=STATE_COLORS[run.state])
        st.markdown(f"**{run.title}**" if watched else run.title, width="stretch")
        clicked = False
        if not watched:
            clicked = st.button(
                "Open", key=f"open_{run.id}", on_click=WATCHING.look_at, args=(run.id,), type="tertiary"
            )
        clicked |= actions(run, "list", "tertiary")
        clicked |= not run.alive and _delete(run)
        if clicked:
            st.rerun()  # a click in here runs the list alone; the rest of the page is to follow


def _delete(run: Run) -> bool:
    with st.popover("Delete", type="tertiary", key=f"ask_delete_{run.id}"):
        st.markdown("Its weights, history and figures will be gone.")
        return st.button("Delete this run", key=f"delete_{run.id}", on_click=_forget, args=(run.id,))


def _forget(run_id: str) -> None:
    def delete() -> None:
        delete_run(runs_root(), run_id)
        WATCHING.look_away(run_id)

    attempt(delete)
