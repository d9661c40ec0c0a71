"""The sweep's left side: which settings are tried, with which values, on how many digits.

chosen()        the widgets' Choice, or None when they cannot work together
program(...)    Python that does the same without a browser
"""

from dataclasses import dataclass, replace

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.runs.grid import MOST_SETTINGS, SETTINGS, VALIDATION, Grid, Value, read_values, with_digits
from cnnviz.training.config import TrainConfig
from cnnviz.ui.pages.train import form
from cnnviz.ui.pages.train.sweep_text import digits_line, value_title
from cnnviz.ui.runs.program import config_lines

NONE = "none"
SIZES = (1_000, 3_000, 10_000, 30_000, 58_000)
_FIRST = ("learning_rate", "optimizer", NONE)
_TYPED = {
    "learning_rate": "0.0003, 0.001, 0.003, 0.01",
    "batch_size": "32, 128, 512",
    "epochs": "1, 2, 4",
    "weight_decay": "0, 0.01, 0.1",
    "label_smoothing": "0, 0.05, 0.1",
    "dropout": "0, 0.25, 0.5",
    "filters": "4, 8, 16",
    "units": "32, 128",
    "shift": "0, 1, 2",
}
_PICKED = {"optimizer": ["adam", "momentum"], "schedule": ["constant", "one_cycle"]}


@dataclass(frozen=True)
class Choice:
    config: TrainConfig
    grid: Grid


def chosen() -> Choice | None:
    """Ask for everything a sweep needs; what cannot work is one sentence on screen."""
    base = form.settings()
    try:
        axes = [axis for row in range(MOST_SETTINGS) if (axis := _axis(row))]
        size, epochs = _amount("epochs" in dict(axes))
        if base is None:
            return None
        config = replace(with_digits(base, size), epochs=epochs or base.epochs)
        grid = Grid(tuple(axes))
        grid.check(config)
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")
        return None
    st.caption(
        f"{digits_line(config, grid)}, each measured on the same {VALIDATION:,} others. "
        "All else as set under *One run*."
    )
    return Choice(config, grid)


def _axis(row: int) -> tuple[str, tuple[Value, ...]] | None:
    """One setting and its values. Raises ConfigError."""
    left, right = st.columns([1, 1.35], wrap=False, vertical_alignment="bottom")
    options = list(SETTINGS) if row == 0 else [NONE, *SETTINGS]
    with left:
        name = st.selectbox(
            "Try" if row == 0 else "and",
            options,
            options.index(_FIRST[row]),
            key=f"sweep_setting_{row}",
            format_func=lambda name: "–" if name == NONE else SETTINGS[name].title,
            persist_state="session",
        )
    if name == NONE:
        return None
    key = f"sweep_values_{row}_{name}"
    if SETTINGS[name].choices:
        picked = _picked(name, key)
        return name, tuple(choice for choice in SETTINGS[name].choices if choice in picked)
    with right:
        text = st.text_input("with the values", _TYPED[name], key=key, persist_state="session")
    return name, read_values(name, text)


def _picked(name: str, key: str) -> list[str]:
    return st.pills(
        "with the values",
        SETTINGS[name].choices,
        selection_mode="multi",
        default=_PICKED[name],
        key=key,
        format_func=value_title,
        label_visibility="collapsed",
        persist_state="session",
    )


def _amount(epochs_tried: bool) -> tuple[int, int | None]:
    """(training digits, epochs); without epochs when these are what is tried."""
    left, right = st.columns([1.7, 1], wrap=False)
    with left:
        size = st.select_slider(
            "Training digits", SIZES, 3_000, key="sweep_digits", format_func="{:,}".format,
            persist_state="session",
        )  # fmt: skip
    with right:
        epochs = st.number_input(
            "Epochs", 1, 100, 1, key="sweep_epochs", disabled=epochs_tried, persist_state="session"
        )
    return size, None if epochs_tried else epochs


def program(choice: Choice) -> str:
    return (
        f"{config_lines(choice.config)}"
        f"grid = Grid({choice.grid.axes!r})\n"
        "for point in grid.points():\n"
        "    tried = point.config(config)\n"
        "    *_, last = fit(tried, *load_parts(tried))\n"
        '    print(f"{point.title}: {last.validation_accuracy:.2%}")\n'
    )
