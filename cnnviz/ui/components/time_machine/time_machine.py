"""The time machine's slider: the moments of a training, chosen by hand or played as a film.

slider(history, index, on_change)   draws it
chosen()                            what the visitor chose, inside on_change
page_drawn()                        last thing on a page: the film may go on
"""

from collections.abc import Callable

from cnnviz.numbers import percent
from cnnviz.training.history import History, Snapshot
from cnnviz.ui.components.shared.loader import component
from cnnviz.ui.components.shared.transport import last_choice, last_turn, sent

KEY = "time_machine"

_show = component("time_machine", state="selected")


def slider(history: History, index: int, on_change: Callable[[], None]) -> None:
    """A slider with one place a moment; the last is the trained model."""
    _show(
        {
            "when": [snapshot.when(history.steps) for snapshot in history.snapshots],
            "worth": [worth(snapshot) for snapshot in history.snapshots],
            "errors": [_error(snapshot) for snapshot in history.snapshots],
            "selected": index,
            "turn": last_turn(KEY),
        },
        key=KEY,
        on_change=on_change,
    )


def chosen() -> tuple[int, bool] | None:
    """The index of the moment, and whether the film is playing; None when the browser sent nonsense."""
    event = last_choice(KEY)
    if event is None:
        return None
    return event[1], sent(KEY, "selected").get("playing") is True


def page_drawn() -> None:
    """Tell the browser that all of the page shows the moment chosen last, once one was chosen."""
    if turn := last_turn(KEY):
        _show({"drawn": turn}, key=f"{KEY}_drawn", height=1)


def worth(snapshot: Snapshot) -> str:
    """How good the network was then, as far as it was measured."""
    if snapshot.validation_accuracy is not None:
        return f"{percent(snapshot.validation_accuracy, 2)} of validation digits right"
    if snapshot.training_accuracy is not None:
        return f"{percent(snapshot.training_accuracy)} of its last training digits right"
    return "not measured"


def _error(snapshot: Snapshot) -> float | None:
    return None if snapshot.validation_accuracy is None else 1 - snapshot.validation_accuracy
