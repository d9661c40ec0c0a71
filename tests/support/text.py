"""What AppTest can see of a page besides its pictures: its words and menus."""

from typing import Any

from streamlit.testing.v1 import AppTest


def words(app: AppTest) -> str:
    """All text of the page itself, without the sidebar."""
    kinds = (app.main.markdown, app.main.caption, app.main.info, app.main.subheader)
    return "\n".join(part.value for kind in kinds for part in kind)


def menu(app: AppTest, kind: str, name: str) -> Any:
    """The widget that stands for a menu of cnnviz.ui.pages.train.recipe_menu at the moment."""
    (found,) = [widget for widget in getattr(app, kind) if str(widget.key).startswith(f"{name}_")]
    return found
