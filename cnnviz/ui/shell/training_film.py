"""The film of a training to take away: a dialog, built when it opens."""

from dataclasses import dataclass
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
from cnnviz.ui.state.incremental import Incremental, stop, watch
from cnnviz.ui.state.query_params import LAYER
from cnnviz.ui.widgets.pictures import theme

SPEEDS = (2, 4, 8)  # pictures a second
HOLD = 1_500  # milliseconds of the last picture
_FILM, _OPEN = "_training_film", "_training_film_open"
_KINDS = {"filters": "kernels", "activations": "maps", "maximize": "favourites", "evaluate": "confusion"}


@dataclass(frozen=True, eq=False)
class TrainingFilm:
    """request: what it depends on; work: its `count` pictures as they are drawn."""

    request: tuple[object, ...]
    name: str
    count: int
    work: Incremental[NDArray[np.uint8]]


def film_button(history: History) -> None:
    """The dialog is there until it is dismissed, also while a film is drawn and the page runs anew."""
    icon, opened = ":material/movie:", {_OPEN: page()}
    st.button("Film", "film", type="tertiary", icon=icon, on_click=st.session_state.update, args=(opened,))
    if st.session_state.get(_OPEN) == page():
        _dialog(history)


@st.dialog("The training as a film", on_dismiss=lambda: st.session_state.pop(_OPEN, None))
def _dialog(history: History) -> None:
    try:
        _choose_and_draw(history)
    except CnnvizError as error:  # the frame does not see what happens in a fragment
        st.error(str(error))


def _choose_and_draw(history: History) -> None:
    scene = _scene()
    side = _one_of("Width, pixels", SIDES, "film_side")
    speed = _one_of("Moments a second", SPEEDS, "film_speed")
    digit = current_digit().image
    request = (history.name, len(history.snapshots), scene, side, theme(), digit.numpy().tobytes())
    made: TrainingFilm | None = st.session_state.get(_FILM)
    if made is None or made.request != request:
        name = f"training-{scene.kind}" + (f"-{scene.layer}" if scene.layer else "")
        begin = partial(film, history, scene, digit, cache.test_digits(), side, theme())
        new = TrainingFilm(request, name, len(history.snapshots), Incremental(begin))
        keep, icon = st.session_state.update, ":material/movie:"
        st.button("Draw it", "film_draw", type="primary", icon=icon, on_click=keep, args=({_FILM: new},))
    else:
        watch(lambda: _show(made, 1000 // speed), [made.work])


def _scene() -> Scene:
    choices = scenes(model_called(model_key()).model)
    return st.selectbox(
        "What it shows",
        choices,
        index=_likely(choices),
        format_func=lambda scene: scene.title,
        key=f"film_scene_{page()}_{st.session_state.get(LAYER.name)}",  # with a likely one of its own
    )


def _one_of(label: str, choices: tuple[int, ...], key: str) -> int:
    chosen = st.segmented_control(
        label, choices, default=choices[1], key=key, required=True, persist_state="session"
    )
    return chosen or choices[1]


def _show(made: TrainingFilm, milliseconds: int) -> None:
    pictures = made.work.records
    if not made.work.done:
        st.progress(len(pictures) / made.count, f"Moment {len(pictures)} of {made.count}")
        st.button("Cancel", key="film_cancel", on_click=_cancel, args=(made,))
        return
    with st.container(horizontal=True):
        for ending, kind, make in (("gif", "image/gif", gif), ("mp4", "video/mp4", mp4)):
            st.download_button(
                ending.upper(),
                partial(make, pictures, milliseconds, HOLD),
                f"{made.name}.{ending}",
                kind,
                key=f"film_{ending}",
                icon=":material/download:",
                on_click="ignore",
            )
    st.image(pictures[-1], alt=f"The last of {made.count} pictures", width=200, output_format="PNG")


def _cancel(made: TrainingFilm) -> None:
    stop([made.work])
    st.session_state.pop(_FILM, None)


def _likely(choices: list[Scene]) -> int:
    """The film of what is on screen: this page's kind, the chosen layer."""
    kind, layer = _KINDS.get(page()), st.session_state.get(LAYER.name)
    fits = [scene for scene in choices if scene.kind == kind] or choices
    return choices.index(next((scene for scene in fits if scene.layer == layer), fits[0]))
