"""The cross-validate page: what to start at the left, the folds as they train at the right."""

from collections.abc import Callable

import streamlit as st

from cnnviz import studies
from cnnviz.example_study import Figures, examples
from cnnviz.studies import Study
from cnnviz.ui import cross_validate_words as words
from cnnviz.ui import settings
from cnnviz.ui.cross_validate_charts import folds_chart
from cnnviz.ui.cross_validate_form import Choice, chosen, program, title_of
from cnnviz.ui.cross_validate_more import my_studies, other_recipe, shares
from cnnviz.ui.run_set_controls import buttons, live
from cnnviz.ui.snippet import code_panel
from cnnviz.ui.training_controls import problem
from cnnviz.ui.watching import Watching

WATCHING = Watching("study", studies.open_study)


def page() -> None:
    problem()
    study = WATCHING.current()
    left, right = st.columns([1, 2.2], gap="medium")
    with left:
        choice = chosen()
        buttons("cv", WATCHING, study, _starter(choice))
    with right:
        if study and study.alive:
            live(WATCHING, study.id, _show)
        else:
            with st.container():  # as a fragment is: so that one panel takes another's place
                _show(study, choice)
    shown = study.figures(events=False) if study else _example(choice)
    st.divider()
    left, right = st.columns(2, gap="large")
    with left:
        shares(shown)
    with right:
        other_recipe(study, shown)
    my_studies(WATCHING)
    code_panel(program(Choice(shown.config, shown.folds, shown.stratified)))


# ---- the panel ----


def _starter(choice: Choice | None) -> Callable[[], str] | None:
    if choice is None:
        return None
    return lambda: studies.start_study(
        settings.engine(), settings.runs_root(), choice.config, choice.folds, choice.stratified
    )


def _show(study: Study | None, choice: Choice | None = None) -> None:
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
