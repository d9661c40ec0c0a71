"""The film of a training to take away: a popover in the time machine.

It is drawn picture by picture in a fragment that the browser asks for again, so that everything
else stays alive meanwhile.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.errors import CnnvizError
from cnnviz.export.training_film import SIDES, Scene, film, scenes
from cnnviz.io.video import gif, mp4
from cnnviz.training.history import History
from cnnviz.ui.shell.page_registry import page
from cnnviz.ui.state import cache
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import model_called, model_key
from cnnviz.ui.widgets.filter_picker import LAYER
from cnnviz.ui.widgets.pictures import theme

TICK_SECONDS = 0.05
SPEEDS = (2, 4, 8)  # pictures a second
HOLD = 1_500  # milliseconds of the last picture
_WORK = "_training_film"
_KINDS = {"filters": "kernels", "activations": "maps", "maximize": "favourites", "evaluate": "confusion"}


@dataclass(eq=False)
class Work:
    """A film while it is drawn. wish: what it depends on; pictures: those drawn so far."""

    request: tuple[object, ...]
    name: str
    count: int
    source: Iterator[NDArray[np.uint8]]
    pictures: list[NDArray[np.uint8]] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return len(self.pictures) == self.count


def film_popover(history: History) -> None:
    """Content that waited for the panel to open would make its closing a rerun, and that rerun takes
    back the click on a page's link that closed it.
    """
    work: Work | None = st.session_state.get(_WORK)
    with st.popover("Film", icon=":material/movie:", type="tertiary", key="film"):
        if work is not None and not work.done:
            st.fragment(_content, run_every=TICK_SECONDS)(history)
        else:
            _content(history)


def _content(history: History) -> None:
    try:
        _choose_and_draw(history)
    except CnnvizError as error:  # the frame does not see what happens in a fragment
        st.session_state.pop(_WORK, None)
        st.error(str(error))


def _choose_and_draw(history: History) -> None:
    scene = _scene()
    side = _one_of("Width, pixels", SIDES, "film_side")
    speed = _one_of("Moments a second", SPEEDS, "film_speed")
    digit = current_digit().image
    request = (history.name, len(history.snapshots), scene, side, theme(), digit.numpy().tobytes())
    work: Work | None = st.session_state.get(_WORK)
    if work is None or work.request != request:
        if st.button("Draw it", type="primary", key="film_draw", icon=":material/movie:"):
            name = f"training-{scene.kind}" + (f"-{scene.layer}" if scene.layer else "")
            source = film(history, scene, digit, cache.test_digits(), side, theme())
            st.session_state[_WORK] = Work(request, name, len(history.snapshots), source)
            st.rerun()
    elif not work.done:
        work.pictures.append(next(work.source))
        st.progress(len(work.pictures) / work.count, f"Moment {len(work.pictures)} of {work.count}")
        st.button("Cancel", key="film_cancel", on_click=_cancel)
        if work.done:
            st.rerun()  # now without a clock
    else:
        _downloads(work, 1000 // speed)


def _scene() -> Scene:
    choices = scenes(model_called(model_key()).model)
    return st.selectbox(
        "What it shows",
        choices,
        index=_likely(choices),
        format_func=lambda scene: scene.title,
        key=f"film_scene_{page()}_{st.session_state.get(LAYER)}",  # with a likely one of its own
    )


def _one_of(label: str, choices: tuple[int, ...], key: str) -> int:
    chosen = st.segmented_control(
        label, choices, default=choices[1], key=key, required=True, persist_state="session"
    )
    return chosen or choices[1]


def _downloads(work: Work, milliseconds: int) -> None:
    with st.container(horizontal=True):
        for ending, kind, make in (("gif", "image/gif", gif), ("mp4", "video/mp4", mp4)):
            st.download_button(
                ending.upper(),
                partial(make, work.pictures, milliseconds, HOLD),
                f"{work.name}.{ending}",
                kind,
                key=f"film_{ending}",
                icon=":material/download:",
                on_click="ignore",
            )
    st.image(work.pictures[-1], alt=f"The last of {work.count} pictures", width=200, output_format="PNG")


def _cancel() -> None:
    st.session_state.pop(_WORK, None)


def _likely(choices: list[Scene]) -> int:
    """The film of what is on screen: this page's kind, the chosen layer."""
    kind, layer = _KINDS.get(page()), st.session_state.get(LAYER)
    fits = [scene for scene in choices if scene.kind == kind] or choices
    return choices.index(next((scene for scene in fits if scene.layer == layer), fits[0]))
