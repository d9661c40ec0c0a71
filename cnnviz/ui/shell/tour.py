"""The guided tour: twelve stops through the whole app, on the visitor's own digit.

    offer()              the button that begins it
    follow(pages)        goes to the first stop when it was just begun; call it before the page is drawn
    stop(name, pages)    the stop's words in a bar at the window's foot, with Back, Next and End

Whoever leaves the path finds it again: on any other page the tour offers the way back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import Page

from cnnviz.networks.network import parameter_count
from cnnviz.numbers import percent, probability
from cnnviz.ui.state import learning_progress
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import current_model, current_trace
from cnnviz.ui.state.prediction import current_prediction

_AT, _GO = "_tour_at", "_tour_go"


@dataclass(frozen=True)
class Stop:
    """page: where; say: what to look at, from the digit and the model on screen; try_: what to do."""

    page: str
    say: Callable[[], str]
    try_: str


def _prediction() -> str:
    prediction = current_prediction()
    return f"**{prediction.digit}** ({probability(prediction.probability)})"


def _drawn() -> str:
    return f"On screen is {current_digit().caption}; the network reads a {_prediction()}."


def _size() -> str:
    model = current_model().model
    layers = len(list(model.named_children()))
    return f"{layers} layers and {parameter_count(model):,} numbers turn 784 pixels into a {_prediction()}."


def _first_layer() -> str:
    records = [record for record in current_trace() if record.output.ndim == 3]
    if not any(record.kind == "Conv2d" for record in records):
        return (
            "This network has no kernels: every unit of its first layer is a template of the whole picture."
        )
    first = next(record for record in records if record.kind == "Conv2d")
    return f"The first layer, `{first.name}`, lays {len(first.output)} small patterns over the picture."


def _maps() -> str:
    records = [record for record in current_trace() if record.kind in ("ReLU", "Tanh")]
    if not records:
        return "Nothing is switched off between this network's layers: their maps are of both signs."
    lit = float((records[0].output > 0).float().mean())
    return (
        f"A pattern that is found lights up its map: in `{records[0].name}`, {percent(lit, 0)} of all cells."
    )


def _pooled() -> str:
    records = [record for record in current_trace() if "Pool" in record.kind]
    if not records:
        return "This network does not pool; choose another model to see winners."
    (_, *before), (_, *after) = records[0].input.shape, records[0].output.shape
    sizes = " become ".join(f"{high} × {wide}" for high, wide in (before, after))
    return f"`{records[0].name}` keeps one number of every window: {sizes}."


STOPS = (
    Stop("draw", _drawn, "Draw a digit of your own. Everything that follows is about it."),
    Stop("network", _size, "Point at any cell: its patch, its arithmetic, its way back to the pixels."),
    Stop("filters", _first_layer, "Choose a filter and see what training made of it."),
    Stop("activations", _maps, "Choose the brightest map, and look where on your digit it was."),
    Stop("pooling", _pooled, "Move the digit by a pixel and count the winners that change."),
    Stop("maximize", lambda: "Turned round: not what lights up here, but what would light it up most.",
         "Open “digits”: pictures the network is sure of, made from nothing."),
    Stop("dream", lambda: "The same climb, begun at a photograph, by a network that knows a thousand things.",
         "Choose an early layer, then a late one: lines become animals."),
    Stop("train", lambda: "All of these numbers were learned. Here it happens while you watch.",
         "Press Start. Then use that model, and move the slider at the top through its training."),
    Stop("evaluate", lambda: "One digit proves nothing. Here are ten thousand, and every mistake among them.",
         "Click a cell of the matrix; make one of its digits yours."),
    Stop("convolution", lambda: "Back to the smallest step: one kernel, one window, one sum.",
         "Edit the kernel, and answer the first question below."),
    Stop("invariance", lambda: "Move your digit, turn it, shrink it: who still reads it?",
         "Press Play, and see which network gives up first."),
    Stop("from_scratch", lambda: "And all of it once more in plain NumPy, with your digit and its gradients.",
         "Compare the gradients with PyTorch's. Then teach it twelve thousand digits."),
)  # fmt: skip


def start() -> None:
    """A button's callback on the home page; follow() then goes to the first stop."""
    st.session_state[_AT], st.session_state[_GO] = 0, True


def offer() -> None:
    """The home page's button."""
    st.button("Take the tour", icon=":material/tour:", key="tour_start", on_click=start, type="primary")


def follow(pages: Mapping[str, Page]) -> None:
    if st.session_state.pop(_GO, False):
        st.switch_page(pages[STOPS[0].page])


def stop(name: str, pages: Mapping[str, Page]) -> None:
    """Links, not buttons: a script that changes the page may not while the address is bound to widgets."""
    if _AT not in st.session_state:
        return
    names = [here.page for here in STOPS]
    with st.container(horizontal=True, vertical_alignment="center", key="tour"):
        if name in names:
            at = st.session_state[_AT] = names.index(name)
            _visit(at)
            links = [(at - 1, "Back", "arrow_back"), (at + 1, "Next", "arrow_forward")]
        else:
            st.markdown("You left the tour for a look around.")
            links = [(st.session_state[_AT], "Back", "tour")]
        for to, word, icon in links:
            if 0 <= to < len(STOPS):
                page = pages[STOPS[to].page]
                st.page_link(page, label=f"**{word}**", icon=f":material/{icon}:", width="content")
        st.button("End", key="tour_end", on_click=_end, type="tertiary")
    learning_progress.keep("tour_progress")


def _visit(at: int) -> None:
    here = STOPS[at]
    if not learning_progress.done(f"tour/{here.page}"):
        learning_progress.note(f"tour/{here.page}", right=True)
    st.markdown(f"**Stop {at + 1} of {len(STOPS)}.** {here.say()} {here.try_}")


def _end() -> None:
    st.session_state.pop(_AT, None)
