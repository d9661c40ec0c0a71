"""A menu that also says what the settings are: a choice sets them, and a changed setting moves it.

place(name, entry)    the key of its widget, which stands on that entry
picked(name, key)     what was chosen in the widget of that key

With every change the browser sends what its menu stands on. Sent before the browser has heard that
the menu moved, this would look like a choice, and undo the change that moved it. So a menu that
moved is another widget, and only the one on screen is listened to.
"""

import streamlit as st


def place(name: str, entry: str | None) -> str:
    turn, before = st.session_state.get(_state(name), (0, entry))
    turn += entry != before
    st.session_state[_state(name)] = (turn, entry)
    key = _key(name, turn)
    st.session_state[key] = entry
    return key


def picked(name: str, key: str) -> str | None:
    """For its callback. None for no entry, and for a widget that another has followed."""
    turn, _ = st.session_state[_state(name)]
    chosen: str | None = st.session_state[key] if key == _key(name, turn) else None
    return chosen


def _state(name: str) -> str:
    return f"_menu_{name}"


def _key(name: str, turn: int) -> str:
    return f"{name}_{turn}"
