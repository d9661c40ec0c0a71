"""The train page's left side: what to train, and how.

recipe()     the menu of recipes, with the figure to expect
settings()   the widgets' TrainConfig, or None when they cannot work together
details()    every setting, in four tabs
"""

from typing import Any

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.networks.network import CLASSES
from cnnviz.networks.zoo import TITLES
from cnnviz.numbers import duration, percent
from cnnviz.training.config import TrainConfig
from cnnviz.training.recipes import PRESETS, RECIPES, measured
from cnnviz.ui.pages.train.augmentation import augmentation_sliders
from cnnviz.ui.pages.train.network_editor import editor
from cnnviz.ui.pages.train.recipe_menu import picked, place
from cnnviz.ui.runs import form_state as held
from cnnviz.ui.runs.charts import rate_chart
from cnnviz.ui.runs.form_state import setting
from cnnviz.ui.state.model_catalogue import is_here, source

OWN = "own"
SIZES = (1_000, 2_000, 5_000, 12_000, 20_000, 30_000, 45_000, 60_000)
OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "momentum": "SGD with momentum", "sgd": "SGD"}
SCHEDULES = {
    "constant": "Constant",
    "step": "In steps: a tenth after each third",
    "cosine": "Cosine: down to zero",
    "one_cycle": "One cycle: up, then down to zero",
}
PRECISIONS = {"float32": "float32", "bfloat16": "bfloat16, mixed"}
DATA = {"mnist": "MNIST", "mnist+pen": "MNIST and pen drawings"}
_RECIPE = "train_recipe"

# ---- recipe ----


def recipe(watched: TrainConfig | None) -> None:
    """Recipes to start from; the menu always says truly which one the settings are.

    watched: of the run on screen, whose settings a visitor finds who comes by its address.
    """
    held.begin(watched)
    config = held.chosen()
    matching = next((name for name, known in RECIPES.items() if known == config), OWN)
    key = place(_RECIPE, matching)
    st.selectbox(
        "Recipe", [*RECIPES, OWN], key=key, format_func=recipe_title, on_change=_take_recipe, args=(key,)
    )
    st.caption(expectation(matching))


def _take_recipe(key: str) -> None:
    known = RECIPES.get(picked(_RECIPE, key) or OWN)
    if known:
        held.put(known)


def recipe_title(name: str) -> str:
    """Its name and the figure to expect: Fast · 99.0% in 5 s."""
    if name == OWN:
        return "Your own settings"
    figures = _figures(name)
    shipped = ", as shipped" * bool(figures)
    title = PRESETS[name].title if name in PRESETS else TITLES[name].split(" · ")[0] + shipped
    return f"{title.split(' · ')[0]} · {percent(figures[0])} in {duration(figures[1])}" if figures else title


def _figures(name: str) -> tuple[float, float] | None:
    """Test accuracy and seconds, as measured; None where nothing was."""
    found = measured(name)
    if found:
        return found.accuracy, found.epoch_seconds * RECIPES[name].epochs
    card = shipped_card(name)
    return (card["test"]["mnist"]["accuracy"], card["seconds"]) if card else None


def expectation(name: str) -> str:
    """What a recipe gives, in a sentence."""
    if name == OWN:
        return "No figure to expect: find out."
    found = measured(name)
    if found:
        return (
            f"{PRESETS[name].stated}; here {100 * found.accuracy:.2f} ± {percent(found.spread, 2)} of the "
            f"test digits over {len(found.accuracies)} seeds."
        )
    figures = _figures(name)
    if not figures:
        return "No figure to expect yet: find out."
    return (
        f"The shipped model was made so: {percent(figures[0], 2)} of the test digits in "
        f"{duration(figures[1])}."
    )


def shipped_card(name: str) -> dict[str, Any]:
    """The card of a shipped model; empty when it is not there."""
    return source(name).checkpoint().card if is_here(name) else {}


# ---- settings ----


def settings() -> TrainConfig | None:
    """What the widgets say; an impossible combination is one sentence on screen."""
    config = held.chosen()
    if isinstance(config, CnnvizError):
        st.error(str(config), icon=":material/error:")
        return None
    return config


def details() -> None:
    network, learning, digits, changes = st.tabs(["Network", "Learning", "Digits", "Augment"])
    with network:
        editor()
    with learning:
        _learning()
    with digits:
        _digits()
    with changes:
        augmentation_sliders()


def _learning() -> None:
    left, right = st.columns(2, wrap=False)
    with left:
        _number("epochs", "Epochs", 0)
        _number("learning_rate", "Learning rate", 0.0, step=0.001, format="%.5g")
    with right:
        _number("batch_size", "Batch size", 0, step=32)
        _number("weight_decay", "Weight decay", 0.0, step=0.001, format="%.5g")
    _choice("optimizer", "Optimizer", OPTIMIZERS)
    if st.session_state[setting("optimizer")] == "momentum":
        _number("momentum", "Momentum", 0.0, step=0.05, format="%.3g")
    _choice("schedule", "Learning rate over the run", SCHEDULES)
    rate_chart(held.workable(), key="train_rate_curve")
    left, right = st.columns(2, wrap=False)
    with left:
        _number("label_smoothing", "Label smoothing", 0.0, step=0.01, format="%.3g", help=_SMOOTHING)
        _number("seed", "Seed", 0)
    with right:
        _number("patience", "Patience", 0, help=_PATIENCE)
        _choice("precision", "Precision", PRECISIONS, help=_PRECISION)
    st.toggle(
        "End with the best weights",
        key=setting("keep_best"),
        help="Of all validations, instead of the last step's.",
        persist_state="session",
    )


_SMOOTHING = "Share of the target spread over all ten digits: 0.05 keeps the network from being too sure."
_PRECISION = (
    "bfloat16: layers multiply in 16 bits, weights stay float32. Up to twice as fast with larger networks "
    "on a processor that has it; on others float32 is used."
)
_HANDS = "Copies of each, every one varied as by another hand; painting them takes about five seconds a hand."
_PATIENCE = "Validations without a better one after which the run ends early; 0 never ends it early."


def _digits() -> None:
    st.select_slider(
        "MNIST digits used",
        sorted({*SIZES, st.session_state[setting("train_size")]}),
        key=setting("train_size"),
        format_func="{:,}".format,
        persist_state="session",
    )
    _number("validation_size", "Of those, held back to validate", 0, step=500)
    _choice("data", "Learn from", DATA)
    if st.session_state[setting("data")] == "mnist+pen":
        _number("pen_variants", "Hands that write each pen digit", 0, help=_HANDS)
    st.markdown("**Class balance**, percent of each digit used")
    with st.container(horizontal=True, gap="xsmall"):
        for digit in range(CLASSES):
            st.number_input(
                f"{digit}",
                0,
                step=10,
                key=setting(held.share_of(digit)),
                persist_state="session",
                width=58,
            )


def _number(name: str, label: str, low: float, **options: Any) -> None:
    """No upper limit of the widget's own: what is too much is answered with the reason."""
    st.number_input(label, low, key=setting(name), persist_state="session", **options)


def _choice(name: str, label: str, titles: dict[str, str], help: str | None = None) -> None:
    st.selectbox(
        label,
        list(titles),
        key=setting(name),
        format_func=titles.__getitem__,
        help=help,
        persist_state="session",
    )
