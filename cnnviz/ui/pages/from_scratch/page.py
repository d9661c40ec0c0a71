"""The from-scratch page: each step of a NumPy network on the current digit, beside the code that ran.

One fragment: another step, filter or cell reruns nothing else. The address names the step.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.labs.numpy_cnn import readable
from cnnviz.labs.numpy_cnn.readable import FILTERS
from cnnviz.numbers import percent
from cnnviz.ui.pages.from_scratch import backward as back, forward as ahead
from cnnviz.ui.pages.from_scratch.exercises import makers
from cnnviz.ui.pages.from_scratch.figures import forget_place, show_code
from cnnviz.ui.pages.from_scratch.gradient_check import check, program
from cnnviz.ui.pages.from_scratch.model import COLUMN, FILTER, ROW, TRUE, Lesson, current_lesson, trained
from cnnviz.ui.pages.from_scratch.training import training
from cnnviz.ui.state.query_params import FromScratch
from cnnviz.ui.widgets.choice_controls import segments
from cnnviz.ui.widgets.code_panel import code_panel
from cnnviz.ui.widgets.quiz import exercises

NEXT = "scratch_next"


@dataclass(frozen=True)
class Stage:
    """title; the functions that ran; what to show of their values."""

    title: str
    code: tuple[Callable[..., object], ...]
    show: Callable[[Lesson], None]
    place: bool = False  # whether filter and cell matter


STAGES = {
    "patches": Stage("Cut the picture into patches", (readable.patches_of,), ahead.patches, True),
    "filters": Stage("Every patch times every filter", (readable.convolve,), ahead.convolution, True),
    "pooling": Stage("Keep the largest of four", (readable.relu, readable.pool), ahead.pooling, True),
    "dense": Stage("Weigh all that is left", (readable.dense, readable.relu), ahead.dense_layer),
    "softmax": Stage("From sums to probabilities", (readable.softmax,), ahead.softmax_step),
    "loss": Stage("How wrong was that?", (readable.cross_entropy,), ahead.loss),
    "p − y": Stage("The error where it is simplest", (readable.logit_error,), back.at_logits),
    "← dense": Stage("Whose fault was it?", (readable.dense_gradients, readable.error_before), back.at_dense),
    "← pooling": Stage("Only winners are blamed", (readable.route,), back.at_maps, True),
    "← filters": Stage("A correlation with the error", (readable.filter_gradients,), back.at_filters, True),
    "update": Stage("One step of Adam", (readable.adam,), back.update),
}


@st.fragment
def from_scratch_page() -> None:
    """All of the page, for the current digit; a bad choice is told in one sentence."""
    if not trained():  # there are no steps to show yet
        training()
        return
    try:
        chosen = _choose_stage()
        lesson = current_lesson()
        _show(STAGES[chosen], lesson)
        check(lesson)
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")
        return
    training()
    exercises("from_scratch", makers(lesson))
    code_panel(program(lesson))


def _choose_stage() -> str:
    names = list(STAGES)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="scratch_stages"):
        stage = FromScratch.stage.among(names)
        chosen = segments("Step: forward, then back", stage, label_visibility="collapsed")
        following = (names.index(chosen) + 1) % len(names)
        st.button(
            "Next",
            icon=":material/arrow_forward:",
            key=NEXT,
            on_click=stage.take,
            args=(following, names),
        )
    return chosen


def _show(stage: Stage, lesson: Lesson) -> None:
    pictures, words = st.columns([1.3, 1], gap="large")
    with pictures:
        stage.show(lesson)
    with words:
        st.subheader(stage.title, anchor=False)
        _place(stage, lesson)
        show_code(*stage.code)
        st.caption(
            "The text of the very function that computed the values beside it. The network: 12,000 digits, "
            f"{lesson.run.latest.epoch:.0f} epochs, **{percent(lesson.run.test_accuracy, 2)}** of "
            "10,000 test digits right, in NumPy alone.  \n"
            "**What this does not show:** batches. Here N is 1; in training every function gets 64 images."
        )


def _place(stage: Stage, lesson: Lesson) -> None:
    """Filter, pooled cell and, for drawings, what they are meant to be."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="scratch_place"):
        if stage.place or stage.title.startswith("One step"):
            _number("Filter", FILTER, lesson.filter, FILTERS - 1, forget_place)
        if stage.place:
            side = lesson.passed.pooled.shape[-1] - 1
            _number("Pooled row", ROW, lesson.row, side)
            _number("Column", COLUMN, lesson.column, side)
        if not lesson.known and not stage.place:
            _number("It is meant to be a", TRUE, lesson.label, 9)


def _number(
    label: str, key: str, value: int, highest: int, on_change: Callable[[], None] | None = None
) -> None:
    st.session_state[key] = value  # what is shown, be it chosen or found
    st.number_input(label, 0, highest, key=key, on_change=on_change, width=112)
