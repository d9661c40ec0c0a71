"""The time machine's slider: the moments of a training, chosen by hand or played as a film.

slider(history, index, on_change)   draws it
chosen()                            what the visitor chose, inside on_change
page_drawn()                        last thing on a page: the film may go on
"""

from collections.abc import Callable

import streamlit as st

from cnnviz.training.history import History, Snapshot
from cnnviz.ui.components.shared.loader import last_choice, script, style

KEY = "time_machine"

_mount = st.components.v2.component(
    "cnnviz_time_machine",
    html=style("time_machine/time_machine.html"),
    css=style("time_machine/time_machine.css"),
    js=script("time_machine/time_machine.js"),
)


def slider(history: History, index: int, on_change: Callable[[], None]) -> None:
    """A slider with one place a moment; the last is the trained model."""
    _mount(
        key=KEY,
        data={
            "when": [snapshot.when(history.steps) for snapshot in history.snapshots],
            "worth": [worth(snapshot) for snapshot in history.snapshots],
            "errors": [_error(snapshot) for snapshot in history.snapshots],
            "selected": index,
            "turn": _turn(),
        },
        on_selected_change=on_change,
    )


def chosen() -> tuple[int, bool] | None:
    """The index of the moment, and whether the film is playing; None when the browser sent nonsense."""
    event = last_choice(KEY)
    if event is None:
        return None
    return event[1], st.session_state[KEY]["selected"].get("playing") is True


def page_drawn() -> None:
    """Tell the browser that all of the page shows the moment chosen last, once one was chosen."""
    if turn := _turn():
        _mount(key=f"{KEY}_drawn", data={"drawn": turn}, height=1)


def worth(snapshot: Snapshot) -> str:
    """How good the network was then, as far as it was measured."""
    if snapshot.validation_accuracy is not None:
        return f"{snapshot.validation_accuracy:.2%} of validation digits right"
    if snapshot.training_accuracy is not None:
        return f"{snapshot.training_accuracy:.1%} of its last training digits right"
    return "not measured"


def _turn() -> int:
    event = last_choice(KEY)
    return 0 if event is None else event[0]


def _error(snapshot: Snapshot) -> float | None:
    return None if snapshot.validation_accuracy is None else 1 - snapshot.validation_accuracy
