"""What surrounds every page: navigation, title, and the sidebar with the current digit and model.

`pages/` beside st.navigation has a trap: on a fresh server a deep link runs the page file
alone, without app.py. So each page begins with require_frame(), which notices and mends it.
"""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from cnnviz.errors import CnnvizError
from cnnviz.ui import canvas, session
from cnnviz.ui.cache import warm_up
from cnnviz.ui.sidebar import sidebar

FOLDER = Path(__file__).parents[2] / "pages"
_INSIDE = "_inside_frame"
_MENDED = "_frame_mended"


@dataclass(frozen=True)
class PageInfo:
    """A page: `name` is its file and its URL; the question is what the page answers."""

    name: str
    title: str
    question: str
    icon: str
    group: str


PAGES = (
    PageInfo("home", "Home", "See one network, one digit, and every number between them.", "home", ""),
    PageInfo("draw", "Draw", "What does the network read?", "draw", "Explore"),
    PageInfo("network", "Network", "How does the number come about?", "account_tree", "Explore"),
    PageInfo("filters", "Filters", "What has each filter learnt to look for?", "grid_view", "Explore"),
    PageInfo("activations", "Activations", "What lights up?", "flare", "Explore"),
    PageInfo("pooling", "Pooling", "Which pixels survive?", "filter_alt", "Explore"),
    PageInfo("maximize", "Maximize", "What would it love to see?", "auto_awesome", "Imagine"),
    PageInfo("dream", "Dream", "What does it see in my picture?", "bedtime", "Imagine"),
    PageInfo("train", "Train", "Can I watch it learn?", "model_training", "Train"),
    PageInfo("evaluate", "Evaluate", "How good is it, and where is it wrong?", "rule", "Train"),
)


def present_pages() -> tuple[PageInfo, ...]:
    """The pages whose file exists."""
    return tuple(page for page in PAGES if (FOLDER / f"{page.name}.py").exists())


def run() -> None:
    """All of app.py: set the page up, draw the frame, run the page inside it."""
    st.set_page_config(page_title="cnnviz", page_icon=":material/blur_on:", layout="wide")
    st.html(Path(__file__).parent / "style.css")
    warm_up()
    pages = _pages()
    chosen = st.navigation(list(pages.values()), position="hidden")
    info = next(info for info in present_pages() if pages[info.name].title == chosen.title)
    session.enter_page(info.name)
    st.session_state[_INSIDE] = True
    st.session_state.pop(_MENDED, None)
    try:
        session.read_link()
        canvas.collect()
        session.check_model()
        sidebar(pages, present_pages())
        _header(info)
        chosen.run()
        session.write_link()
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")
    finally:
        st.session_state.pop(_INSIDE, None)


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
    """Built anew each run, because st.navigation changes the objects and sessions share modules."""
    return {
        info.name: st.Page(
            FOLDER / f"{info.name}.py",
            title=info.title,
            icon=f":material/{info.icon}:",
            default=info.name == "home",
            help=info.question,
        )
        for info in present_pages()
    }


def _header(info: PageInfo) -> None:
    if info.name != "home":  # home has its own, larger greeting
        st.title(info.title, anchor=False)
        st.markdown(info.question)
