"""What AppTest can see of a page besides its pictures: its words and menus."""

from typing import Any

from streamlit.testing.v1 import AppTest


def words(app: AppTest) -> str:
    """All text of the page itself, with the frame."""
    kinds = (app.main.markdown, app.main.caption, app.main.info, app.main.subheader)
    return "\n".join(part.value for kind in kinds for part in kind)


def frame_digit(app: AppTest) -> str:
    """What the frame calls the current digit: "test digit 61"."""
    return str(app.main.caption[0].value).split(" · ")[0]


def frame_reading(app: AppTest) -> str:
    """What the frame says that the network reads, and how sure it is: "Reads **3** · 83.5% sure"."""
    words = str(app.main.caption[0].value).partition(" · ")[2]
    return f"{app.main.markdown[0].value} {words}"


def menu(app: AppTest, kind: str, name: str) -> Any:
    """The widget that stands for a menu of cnnviz.ui.pages.train.recipe_menu at the moment."""
    (found,) = [widget for widget in getattr(app, kind) if str(widget.key).startswith(f"{name}_")]
    return found
