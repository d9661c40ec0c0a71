"""The cross-validate page: what to start at the left, the folds as they train at the right.

watched()         the study this visitor looks at
page()            everything between the frame and the code
"""

import time
from collections.abc import Callable

import streamlit as st

from cnnviz import run_sets, studies
from cnnviz.errors import CnnvizError
from cnnviz.example_study import Figures, examples
from cnnviz.studies import Study
from cnnviz.ui import cross_validate_words as words
from cnnviz.ui import settings
from cnnviz.ui.cross_validate_charts import folds_chart
from cnnviz.ui.cross_validate_form import Choice, chosen, program, title_of
from cnnviz.ui.cross_validate_more import my_studies, other_recipe, shares
from cnnviz.ui.snippet import code_panel

POLL_SECONDS = 1.0
PATIENCE_SECONDS = 5.0  # after that, a study told to stop may be ended at once
_STUDY, _PROBLEM = "_watched_study", "_study_problem"


def page() -> None:
    sentence = st.session_state.pop(_PROBLEM, None)
    if sentence:
        st.error(sentence, icon=":material/error:")
    study = watched()
    left, right = st.columns([1, 2.2], gap="medium")
    with left:
        choice = chosen()
        _buttons(choice, study)
    with right:
        if study and study.alive:
            st.fragment(_live, run_every=POLL_SECONDS)(study.id)
        else:
            _show(study, choice)
    shown = study.figures(events=False) if study else _example(choice)
    st.divider()
    left, right = st.columns(2, gap="large")
    with left:
        shares(shown)
    with right:
        other_recipe(study, shown)
    my_studies(study.id if study else "", watch, _delete)
    code_panel(program(Choice(shown.config, shown.folds, shown.stratified)))


# ---- which study ----


def watched() -> Study | None:
    """The study in the address, else the one this visitor started or opened last."""
    asked = st.query_params.get("study")
    study_id = asked or st.session_state.get(_STUDY)
    if not study_id:
        return None
    try:
        study = studies.open_study(settings.runs_root(), study_id)
    except CnnvizError as error:
        if asked:
            st.warning(str(error), icon=":material/error:")
            del st.query_params["study"]
        st.session_state.pop(_STUDY, None)
        return None
    watch(study_id)
    return study


def watch(study_id: str) -> None:
    """Look at this study from now on; its id in the address lets a reload and others find it."""
    st.session_state[_STUDY] = study_id
    st.query_params["study"] = study_id


def _attempt(action: Callable[[], None]) -> None:
    """Do what a button asks; what goes wrong is said at the top of the page."""
    try:
        action()
    except CnnvizError as error:
        st.session_state[_PROBLEM] = str(error)


def _start(choice: Choice) -> None:
    """A second click while the study one looks at is alive starts nothing."""

    def start() -> None:
        root, known = settings.runs_root(), st.session_state.get(_STUDY)
        if not any(study.id == known and study.alive for study in studies.list_studies(root)):
            watch(
                studies.start_study(settings.engine(), root, choice.config, choice.folds, choice.stratified)
            )

    _attempt(start)


def _resume(study: Study) -> None:
    _attempt(lambda: run_sets.resume_all(settings.engine(), study))


def _stop(study: Study) -> None:
    _attempt(lambda: run_sets.stop_all(settings.engine(), study))


def _end(study: Study) -> None:
    _attempt(lambda: run_sets.end_all(settings.engine(), study))


def _delete(study: Study) -> None:
    def delete() -> None:
        run_sets.delete_all(settings.runs_root(), study)
        if st.session_state.get(_STUDY) == study.id:
            del st.session_state[_STUDY]
            st.query_params.pop("study", None)

    _attempt(delete)


# ---- the panel ----


def _buttons(choice: Choice | None, study: Study | None) -> None:
    alive = study is not None and study.alive
    with st.container(horizontal=True):
        st.button(
            "Start",
            key="cv_start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=choice is None or alive,
            on_click=_start,
            args=(choice,),
        )
        st.button(
            "Stop", key="cv_stop", icon=":material/stop:", disabled=not alive, on_click=_stop, args=(study,)
        )
        if study and study.resumable:
            st.button("Resume", key="cv_resume", on_click=_resume, args=(study,))


def _live(study_id: str) -> None:
    try:
        study = studies.open_study(settings.runs_root(), study_id)
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")
        return
    if not study.alive:
        st.rerun()  # the whole page: buttons, shares and list change too
    _show(study, None)
    asked = [run.folder.read("control") for run in study.runs if run and run.folder.stop_wanted()]
    if asked and time.time() - max(control["time"] for control in asked) > PATIENCE_SECONDS:
        st.button("End it at once", icon=":material/dangerous:", on_click=_end, args=(study,))


def _show(study: Study | None, choice: Choice | None) -> None:
    figures = study.figures() if study else _example(choice)
    number, line = st.columns([1, 2.4], vertical_alignment="center")
    with number, st.container(key="cv_accuracy"):
        st.metric("Held-out accuracy", words.headline(figures))
    with line, st.container(key="cv_status"):
        _status(study, figures)
    folds_chart(figures, key="cv_folds_chart")
    st.caption(
        "Blue: digits held out of the fold's training; grey: its training batches. Dashed: the mean of the "
        "finished folds, with one standard deviation. The axis widens towards 100 %."
    )
    if len(figures.scores) > 1:
        _said(figures)


def _status(study: Study | None, figures: Figures) -> None:
    title = f"{title_of(figures.config)}: {words.dealt_line(figures)}"
    if study is None:
        st.markdown(f"**An example, made beforehand** · {title}. *Start* trains your own.")
        return
    where = " · on the Ray cluster" if settings.ray_address() else ""
    st.markdown(f"{words.status_line(study)}{where}  \n{title}")
    if study.alive:
        st.progress(words.share_done(figures))
    elif study.state == "failed":
        st.error(study.reason, icon=":material/error:")
    elif study.state == "interrupted":
        st.warning("Some folds were ended from outside. Resume goes on from what they saved last.")


def _said(figures: Figures) -> None:
    says, table = st.columns([1.5, 1], gap="medium")
    with says:
        st.markdown(words.verdict(figures))
        with st.expander("The numbers"):
            st.latex(words.formula(figures))
            st.caption(words.FORMULA_NOTE)
        st.caption(words.LIMITS)
    with table:
        st.dataframe(
            {
                "Fold": [score.fold + 1 for score in figures.scores],
                "Accuracy": [100 * score.accuracy for score in figures.scores],
                "Loss": [score.loss for score in figures.scores],
            },
            hide_index=True,
            height="content",
            column_config={
                "Fold": st.column_config.NumberColumn(width=50),
                "Accuracy": st.column_config.NumberColumn(format="%.2f %%", width=80),
                "Loss": st.column_config.NumberColumn(
                    format="%.4f", width=70, help="Mean cross-entropy, nats"
                ),
            },
            alt="Accuracy and loss of every finished fold on the digits held out from it",
        )


def _example(choice: Choice | None) -> Figures:
    """The example of the recipe that is chosen, else the first."""
    moved = choice is not None and bool(choice.config.augmentation)
    return examples()["moved" if moved else "quick"]
