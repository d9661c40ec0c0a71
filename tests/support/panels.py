"""Panels and popovers, whose content is there when they are open."""

from streamlit.testing.v1 import AppTest


def open_panel(app: AppTest, key: str) -> AppTest:
    """The page after a click on the panel or popover called `key`."""
    app.session_state[key] = True
    return app.run()
