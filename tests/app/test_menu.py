"""A menu that moved is another widget, and the one before is no longer listened to."""

import pytest
import streamlit as st

from cnnviz.ui.pages.train.recipe_menu import picked, place


def test_what_a_menu_that_moved_still_sends_is_no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", state)

    first = place("menu", "eight")
    assert state[first] == "eight"
    state[first] = "fast"
    assert picked("menu", first) == "fast"
    second = place("menu", "fast")
    third = place("menu", None)  # a setting was changed
    state[second] = "fast"  # sent before the browser knew

    assert len({first, second, third}) == 3
    assert picked("menu", first) is None
    assert picked("menu", second) is None
    assert place("menu", None) == third
    assert state[third] is None
