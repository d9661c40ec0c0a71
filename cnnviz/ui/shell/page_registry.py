"""Every page, once: its file, title, question, icon and group, and what of the context it uses."""

import functools
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from cnnviz.ui.state.current_digit import pad, remount_pad

FOLDER = Path(__file__).parents[3] / "pages"
_PAGE = "_page"


@dataclass(frozen=True)
class PageInfo:
    """A page: `name` is its file and its URL; the question is what the page answers.

    uses: which of the visitor's digit, model and history (of its training) change what the page shows.
    """

    name: str
    title: str
    question: str
    icon: str
    group: str
    uses: tuple[str, ...] = ()


_ALL, _DIGIT = ("digit", "model", "history"), ("digit",)
PAGES = (
    PageInfo("home", "Home", "See one network, one digit, and every number between them.", "home", "", _ALL),
    PageInfo("draw", "Draw", "What does the network read?", "draw", "Explore", _ALL),
    PageInfo("network", "Network", "How does the number come about?", "account_tree", "Explore", _ALL),
    PageInfo("filters", "Filters", "What has each filter learned to look for?", "grid_view", "Explore", _ALL),
    PageInfo("activations", "Activations", "What lights up?", "flare", "Explore", _ALL),
    PageInfo("pooling", "Pooling", "Which pixels survive?", "filter_alt", "Explore", _ALL),
    PageInfo("maximize", "Maximize", "What would it love to see?", "auto_awesome", "Imagine", _ALL),
    PageInfo("dream", "Dream", "What does it see in my picture?", "bedtime", "Imagine"),
    PageInfo("train", "Train", "Can I watch it learn?", "model_training", "Train", _ALL),
    PageInfo("evaluate", "Evaluate", "How good is it, and where is it wrong?", "rule", "Train", _ALL),
    PageInfo("cross_validate", "Cross-validate", "Is that luck?", "stacked_line_chart", "Train"),
    PageInfo("finetune", "Fine-tune", "Can it learn my hand?", "tune", "Train", ("model",)),
    PageInfo("convolution", "Convolution", "Slide it yourself.", "grid_on", "Learn", _DIGIT),
    PageInfo("architectures", "Architectures", "Why this shape?", "schema", "Learn"),
    PageInfo("invariance", "Invariance", "What if it moves?", "open_with", "Learn", _ALL),
    PageInfo("from_scratch", "From scratch", "No framework: is it really just this?", "code", "Learn", _ALL),
    PageInfo(
        "capsules", "Capsules", "What is lost in pooling, and one way to keep it?", "pill", "Learn", _DIGIT
    ),
)


@functools.cache
def present_pages() -> tuple[PageInfo, ...]:
    """The pages whose file exists."""
    return tuple(page for page in PAGES if (FOLDER / f"{page.name}.py").exists())


def enter_page(name: str) -> None:
    """Note which page runs; a canvas on a page just entered starts from the saved drawing."""
    if st.session_state.get(_PAGE) != name:
        st.session_state[_PAGE] = name
        remount_pad(pad().drawing)


def page() -> str:
    """The name of the page that runs."""
    return str(st.session_state.get(_PAGE, "home"))
