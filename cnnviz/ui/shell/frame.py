"""What surrounds every page: navigation, the row of digit and model, title and question.

`pages/` beside st.navigation has a trap: on a fresh server a deep link runs the page file
alone, without app.py. So each page begins with require_frame(), which notices and mends it.
"""

import functools
from copy import copy
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from cnnviz.errors import CnnvizError
from cnnviz.io.assets import ASSETS
from cnnviz.ui.components.shared.loader import tokens
from cnnviz.ui.components.time_machine.time_machine import page_drawn
from cnnviz.ui.shell import tour
from cnnviz.ui.shell.context_row import context_row
from cnnviz.ui.shell.page_registry import FOLDER, PageInfo, enter_page, present_pages
from cnnviz.ui.shell.time_machine import title_row
from cnnviz.ui.state.cache import warm_up
from cnnviz.ui.state.current_model import check_model
from cnnviz.ui.state.deep_link import read_link, write_link
from cnnviz.ui.widgets import canvas

_STYLE = f"<style>{tokens()}{(Path(__file__).parent / 'style.css').read_text()}</style>"
_ICON = ASSETS / "icon.png"  # a kernel; Streamlit's own icons are fetched from elsewhere
_INSIDE = "_inside_frame"
_MENDED = "_frame_mended"


def run() -> None:
    """All of app.py: set the page up, draw the frame, run the page inside it."""
    st.set_page_config(page_title="cnnviz", page_icon=_ICON, layout="wide")
    st.html(_STYLE)
    warm_up()
    pages = _pages()
    chosen = st.navigation(_by_group(pages), position="top")
    info = next(info for info in present_pages() if pages[info.name] is chosen)
    tour.follow(pages)
    enter_page(info.name)
    st.session_state[_INSIDE] = True
    st.session_state.pop(_MENDED, None)
    try:
        read_link()
        canvas.collect()
        check_model()
        context_row(info)
        _header(info, pages)
        chosen.run()
        write_link()
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")
    finally:
        st.session_state.pop(_INSIDE, None)
    page_drawn()


def require_frame() -> None:
    """Must be a page's first call: makes a cold deep link run app.py, and the page inside it."""
    if st.session_state.get(_INSIDE):
        return
    if st.session_state.get(_MENDED):
        st.error("Pages run inside app.py; start with: streamlit run app.py")
        st.stop()
    st.session_state[_MENDED] = True
    st.navigation(list(_pages().values()), position="hidden")  # leaves Streamlit's own pages/ mode
    st.rerun()


def _pages() -> dict[str, Page]:
    """Copies for this run, because st.navigation changes the objects and sessions share modules."""
    return {name: copy(page) for name, page in _page_files().items()}


@functools.cache
def _page_files() -> dict[str, Page]:
    return {
        info.name: st.Page(
            FOLDER / f"{info.name}.py",
            title=info.title if info.group else "cnnviz",
            icon=f":material/{info.icon}:",
            default=info.name == "home",
        )
        for info in present_pages()
    }


def _by_group(pages: dict[str, Page]) -> dict[str, list[Page]]:
    groups: dict[str, list[Page]] = {}
    for info in present_pages():
        groups.setdefault(info.group, []).append(pages[info.name])
    return groups


def _header(info: PageInfo, pages: dict[str, Page]) -> None:
    if info.name != "home":  # home has its own, larger greeting
        title_row(info.title, info.question)
        tour.stop(info.name, pages)
