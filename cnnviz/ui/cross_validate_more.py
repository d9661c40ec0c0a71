"""The cross-validate page's lower part: what the folds hold, a second recipe, and the studies so far."""

import numpy as np
import streamlit as st

from cnnviz import studies
from cnnviz.example_study import Figures, examples
from cnnviz.studies import Study
from cnnviz.ui import cross_validate_words as words
from cnnviz.ui import settings
from cnnviz.ui.cross_validate_charts import pairs_chart, shares_chart
from cnnviz.ui.cross_validate_form import dealt, title_of
from cnnviz.ui.run_set_controls import row
from cnnviz.ui.watching import Watching

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


def other_recipe(study: Study | None, figures: Figures) -> None:
    """The paired difference to a second cross-validation that held out the very same digits."""
    st.markdown("**Is one recipe better?** Difference on the same folds, in points")
    rivals = {
        name: other
        for name, other in _finished(study).items()
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


def _finished(study: Study | None) -> dict[str, Figures]:
    """Other studies of this machine, newest first, then the examples."""
    found = {
        other.id: other.figures(events=False)
        for other in studies.list_studies(settings.runs_root())
        if study is None or other.id != study.id
    }
    return found | examples()


def _title(key: str, figures: Figures) -> str:
    return title_of(figures.config) + (" (example)" if key in examples() else f" · {words.headline(figures)}")


def my_studies(watching: Watching[Study]) -> None:
    """Newest first, each with what became of it."""
    listed = studies.list_studies(settings.runs_root())[:SHOWN]
    if not listed:
        return
    st.subheader("My cross-validations", anchor=False)
    for study in listed:
        figures = study.figures(events=False)
        title = f"{title_of(study.config)}, {words.headline(figures)} · {words.dealt_line(figures)}"
        row("study", watching, study, title, "folds")
