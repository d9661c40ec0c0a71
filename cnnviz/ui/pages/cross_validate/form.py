"""The cross-validate page's left side: which recipe, how many folds, of how many digits, dealt how.

chosen()         the widgets' Choice, or None when they cannot work together
dealt(...)       how often each digit is in each fold
title_of(...)    what to call a recipe
program(...)     Python that does the same without a browser
"""

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.errors import CnnvizError
from cnnviz.runs.cross_validation import fold_config
from cnnviz.runs.run import network_title
from cnnviz.training.config import TrainConfig
from cnnviz.training.cross_validation import FEWEST, MOST, fold_counts
from cnnviz.training.cross_validation_examples import QUICK
from cnnviz.training.recipes import PRESETS, RECIPES
from cnnviz.ui.runs import form_state
from cnnviz.ui.runs.program import config_lines

MINE = "train page"
SIZES = (500, 1_000, 2_000, 6_000, 12_000, 20_000, 40_000, 60_000)
_TITLES = {
    "quick": "Quick · 3 epochs",
    "moved": "Quick, digits moved a little",
    "fast": "Fast · 1 epoch",
    "eight": "Eight filters · 10 epochs",
    "classic": "Classic · 15 epochs",
    "wide": "Wide · 5 epochs",
    "lenet5": "LeNet-5 · 10 epochs",
    "mlp": "MLP · no convolution, 10 epochs",
}
_STRATIFIED = "Stratified"


@dataclass(frozen=True)
class Choice:
    config: TrainConfig
    folds: int
    stratified: bool


def chosen() -> Choice | None:
    """Ask for everything a cross-validation needs; what cannot work is one sentence on screen."""
    name = _select("cv_recipe", "Recipe", [*_TITLES, MINE])
    kind = _segments()
    folds = st.slider("Folds", FEWEST, MOST, 5, key="cv_folds", persist_state="session")
    size = st.select_slider(
        "MNIST training digits",
        SIZES,
        6_000,
        key="cv_digits",
        format_func="{:,}".format,
        persist_state="session",
    )
    seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="cv_seed", help=_SEED, persist_state="session")
    try:
        recipe = form_state.workable() if name == MINE else _recipes()[name]
        config = replace(fold_config(recipe), train_size=size, seed=seed)
        dealt(size, seed, folds, kind)
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")
        return None
    return Choice(config, folds, kind)


_SEED = "Deals the digits into folds and draws the network's first weights. Another seed, other folds."


@st.cache_data(max_entries=64, show_spinner=False)
def dealt(size: int, seed: int, folds: int, stratified: bool) -> NDArray[np.int64]:
    """How often each digit is in each fold: (folds, 10). Raises ConfigError."""
    return fold_counts(TrainConfig(train_size=size, validation_size=0, seed=seed), folds, stratified)


def title_of(config: TrainConfig) -> str:
    """The recipe's name, whatever digits and seed it is used with."""
    for name, recipe in _recipes().items():
        if replace(fold_config(recipe), train_size=config.train_size, seed=config.seed) == config:
            return _TITLES[name].split(" · ")[0]
    return f"{network_title(config)}, own settings"


def program(choice: Choice) -> str:
    call = f"cross_validate(config, folds={choice.folds}, stratified={choice.stratified})"
    return (
        f"{config_lines(choice.config)}accuracies = {{}}\nfor record in {call}:\n"
        "    if record.progress.last:\n"
        "        accuracies[record.fold.number] = record.progress.validation_accuracy\n"
        "print(summarize(list(accuracies.values())))\n"
    )


def _recipes() -> dict[str, TrainConfig]:
    return {name: {**RECIPES, **QUICK}[name] for name in _TITLES}


def _select(key: str, label: str, names: list[str]) -> str:
    def title(name: str) -> str:
        return "As set on the Train page" if name == MINE else _TITLES[name]

    name = st.selectbox(label, names, key=key, format_func=title, persist_state="session")
    if name in PRESETS:
        st.caption(f"{PRESETS[name].stated}, trained on all 60,000 digits; here on fewer.")
    return name


def _segments() -> bool:
    kind = st.segmented_control(
        "Deal the digits out",
        (_STRATIFIED, "Plain"),
        default=_STRATIFIED,
        key="cv_kind",
        help="Plain: at random (KFold). Stratified: every fold gets the same share of each digit.",
        required=True,
        persist_state="session",
    )
    return kind == _STRATIFIED
