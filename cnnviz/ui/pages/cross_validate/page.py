"""The cross-validate page: what to start at the left, the folds as they train at the right."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from cnnviz.runs.cross_validation import (
    CrossValidationRun,
    list_cross_validations,
    open_cross_validation,
    start_cross_validation,
)
from cnnviz.training.cross_validation_examples import Figures, examples
from cnnviz.ui.pages.cross_validate import text as words
from cnnviz.ui.pages.cross_validate.charts import folds_chart, pairs_chart, shares_chart
from cnnviz.ui.pages.cross_validate.form import Choice, chosen, dealt, program, title_of
from cnnviz.ui.runs.controls import problem
from cnnviz.ui.runs.run_group import buttons, live, row, status_line
from cnnviz.ui.runs.selected_run import Watching
from cnnviz.ui.state.environment import engine, ray_address, runs_root
from cnnviz.ui.state.query_params import CrossValidate
from cnnviz.ui.widgets.code_panel import code_panel

WATCHING = Watching(CrossValidate.study, open_cross_validation)


def page() -> None:
    problem()
    group = WATCHING.current()
    left, right = st.columns([1, 2.2], gap="medium")
    with left:
        choice = chosen()
        buttons("cv", WATCHING, group, _starter(choice))
    with right:
        if group and group.alive:
            live(WATCHING, group.id, _show)
        else:
            with st.container():  # as a fragment is: so that one panel takes another's place
                _show(group, choice)
    shown = group.figures(events=False) if group else _example(choice)
    st.divider()
    left, right = st.columns(2, gap="large")
    with left:
        shares(shown)
    with right:
        other_recipe(group, shown)
    my_studies(WATCHING)
    code_panel(program(Choice(shown.config, shown.folds, shown.stratified)))


# ---- the panel ----


def _starter(choice: Choice | None) -> Callable[[], str] | None:
    if choice is None:
        return None
    return lambda: start_cross_validation(
        engine(), runs_root(), choice.config, choice.folds, choice.stratified
    )


def _show(group: CrossValidationRun | None, choice: Choice | None = None) -> None:
    figures = group.figures() if group else _example(choice)
    number, line = st.columns([1, 2.4], vertical_alignment="center")
    with number, st.container(key="cv_accuracy"):
        st.metric("Held-out accuracy", words.headline(figures))
    with line, st.container(key="cv_status"):
        _status(group, figures)
    folds_chart(figures, key="cv_folds_chart")
    st.caption(
        "Blue: digits held out of the fold's training; gray: its training batches. Dashed: the mean of the "
        "finished folds, with one standard deviation. The axis widens towards 100%."
    )
    if len(figures.scores) > 1:
        _said(figures)


def _status(group: CrossValidationRun | None, figures: Figures) -> None:
    title = f"{title_of(figures.config)}: {words.dealt_line(figures)}"
    if group is None:
        st.markdown(f"**An example, made beforehand** · {title}. *Start* trains your own.")
        return
    where = " · on the Ray cluster" if ray_address() else ""
    st.markdown(f"{status_line(group)}{where}  \n{title}")
    if group.alive:
        st.progress(words.share_done(figures))
    elif group.state == "failed":
        st.error(group.reason, icon=":material/error:")
    elif group.state == "interrupted":
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
                "Accuracy": st.column_config.NumberColumn(format="%.2f%%", width=80),
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


STRATIFIED, PLAIN = "stratified", "plain"
SHOWN = 6


def shares(figures: Figures) -> None:
    """The folds' class shares, dealt both ways, whichever of them was used."""
    st.markdown("**What is in a fold?** Share of each digit, one dot a fold")
    config = figures.config
    counts = {
        PLAIN: dealt(config.train_size, config.seed, figures.folds, False),
        STRATIFIED: dealt(config.train_size, config.seed, figures.folds, True),
    }
    shares_chart(counts, STRATIFIED if figures.stratified else PLAIN, key="cv_shares_chart")
    spread = {
        way: 100 * np.ptp(table / table.sum(1, keepdims=True), axis=0).max() for way, table in counts.items()
    }
    st.caption(
        f"Dealt plainly (KFold), a digit's share differs by up to {spread[PLAIN]:.1f} points between folds; "
        f"stratified (StratifiedKFold) by {spread[STRATIFIED]:.1f}. The fewer digits, the more it matters."
    )


def other_recipe(group: CrossValidationRun | None, figures: Figures) -> None:
    """The paired difference to a second cross-validation that held out the very same digits."""
    st.markdown("**Is one recipe better?** Difference on the same folds, in points")
    rivals = {
        name: other
        for name, other in _finished(group).items()
        if other.pairs_with(figures) and other.config != figures.config
    }
    if not rivals:
        st.info(
            "Finish a second recipe with the same folds, digits and seed: then the two are compared here, "
            "fold by fold.",
            icon=":material/compare_arrows:",
        )
        return
    titles = {name: _title(name, other) for name, other in rivals.items()}
    other = rivals[
        st.selectbox("Compared with", list(rivals), key="cv_rival", format_func=titles.__getitem__)
    ]
    differences = [mine - theirs for mine, theirs in zip(figures.accuracies, other.accuracies, strict=True)]
    pairs_chart(differences, key="cv_pairs_chart")
    st.markdown(words.pair_verdict(figures, other, title_of(figures.config), title_of(other.config)))


def _finished(group: CrossValidationRun | None) -> dict[str, Figures]:
    """Other studies of this machine, newest first, then the examples."""
    found = {
        other.id: other.figures(events=False)
        for other in list_cross_validations(runs_root())
        if group is None or other.id != group.id
    }
    return found | examples()


def _title(key: str, figures: Figures) -> str:
    return title_of(figures.config) + (" (example)" if key in examples() else f" · {words.headline(figures)}")


def my_studies(watching: Watching[CrossValidationRun]) -> None:
    """Newest first, each with what became of it."""
    listed = list_cross_validations(runs_root())[:SHOWN]
    if not listed:
        return
    st.subheader("My cross-validations", anchor=False)
    for group in listed:
        figures = group.figures(events=False)
        title = f"{title_of(group.config)}, {words.headline(figures)} · {words.dealt_line(figures)}"
        row("study", watching, group, title, "folds")
