"""The words beside the time machine's slider, and what a browser may send."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.training.history import Snapshot
from cnnviz.ui.components.time_machine.time_machine import worth


@pytest.mark.parametrize(
    ("snapshot", "words"),
    [
        (Snapshot(0, 0.0), "not measured"),
        (Snapshot(5, 0.1, None, 0.5), "50.0% of its last training digits right"),
        (Snapshot(5, 0.1, 0.98765, 0.5), "98.77% of validation digits right"),
    ],
)
def test_how_good_a_moment_was(snapshot: Snapshot, words: str) -> None:
    assert worth(snapshot) == words


def _page() -> None:
    import streamlit as st

    from cnnviz.ui.components.time_machine.time_machine import chosen

    st.session_state["result"] = chosen()


@pytest.mark.parametrize(
    ("sent", "choice"),
    [
        ({"turn": 1, "tile": 7, "playing": True}, (7, True)),
        ({"turn": 1, "tile": 7, "playing": "yes"}, (7, False)),
        ({"turn": 1, "tile": 7}, (7, False)),
        ({"turn": 1, "tile": -7}, None),
        ({"turn": 1, "tile": "7"}, None),
        ({"turn": 1}, None),
        ("nonsense", None),
        (None, None),
    ],
)
def test_what_a_browser_sends_is_a_strangers_input(sent: Any, choice: tuple[int, bool] | None) -> None:
    page = AppTest.from_function(_page)
    page.session_state["time_machine"] = {"selected": sent}
    page.run()

    assert page.session_state["result"] == choice
