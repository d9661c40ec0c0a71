"""The models the lab compares, and how a change is chosen."""

from cnnviz.labs.invariance import CHANGES
from cnnviz.numbers import number
from cnnviz.ui.state.current_model import CurrentModel, current_model, model_called
from cnnviz.ui.state.query_params import Invariance
from cnnviz.ui.widgets.choice_controls import segments

TITLES = {
    "mlp": "MLP",
    "classic": "CNN",
    "augmented": "CNN, moved digits",
}


def compared() -> dict[str, CurrentModel]:
    """Title -> model: no convolution, convolution, the same trained on moved digits; then the visitor's."""
    models = {title: model_called(key) for key, title in TITLES.items()}
    chosen = current_model()
    if chosen.digest not in {model.digest for model in models.values()}:
        models[chosen.title.split(" · ")[0]] = chosen
    return models


def choose_change() -> str:
    """A kind of CHANGES."""
    return segments("What happens to the digit", Invariance.change, label_visibility="collapsed")


def in_words(kind: str, amount: float) -> str:
    """+3 px, −20°, 0.8 ×."""
    change = CHANGES[kind]
    if kind == "scale":
        return f"{amount:g} ×"
    space = "" if change.unit == "°" else " "
    return f"{number(amount, '+g') if amount else 0}{space}{change.unit}"
