"""What one visitor has on screen: the current digit, the current model, and the link to both.

Every page shows the same digit through the same model; this module alone knows the session's
keys. Digits are kept in 256 grey levels, as MNIST's are, so that a link reproduces them exactly.
"""

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.checkpoints import MODELS, digest, shipped_models
from cnnviz.drawing import Digit, to_digit
from cnnviz.errors import NothingDrawn
from cnnviz.history import History, history_file, parse_history
from cnnviz.moments import Moment
from cnnviz.networks import TITLES, Network
from cnnviz.packing import pack_image, unpack_image
from cnnviz.tracing import Trace
from cnnviz.ui import cache, settings

FIRST_DIGIT = 18  # a clear 3: what is on screen before anything is chosen

_DIGIT, _PAD, _MODEL, _PAGE, _LINK_READ = "_digit", "_pad", "model_choice", "_page", "_link_read"
_STEP, _PLAYING = "_step", "_playing"


@dataclass(frozen=True, eq=False)
class CurrentDigit:
    """The digit every page shows. image: float32 (28, 28) in [0, 1]."""

    image: Tensor
    caption: str
    source: str  # "default", "test", "drawing", "upload" or "link"
    index: int | None = None  # in the test set
    label: int | None = None
    steps: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    strokes: tuple[NDArray[np.float32], ...] = ()  # canvas pixels, (P, 2) each

    @property
    def chosen(self) -> bool:
        """Whether the visitor chose it, rather than finding it on screen."""
        return self.source != "default"


@dataclass(frozen=True, eq=False)
class CurrentModel:
    """The model every page shows. moment: where in its training, None for the trained model itself."""

    key: str  # a shipped model's name, "run:ID" or "own:DIGEST"
    title: str
    model: Network
    digest: str
    card: dict[str, Any]
    moment: Moment | None = None


@dataclass(frozen=True)
class Pad:
    """The canvas: its Fabric.js drawing, and a version that changes when Python redraws it."""

    drawing: dict[str, Any] | None = None
    mounted: dict[str, Any] | None = None  # what the present version began with
    version: int = 0


# ---- the page ----


def enter_page(name: str) -> None:
    """Note which page runs; a canvas on a page just entered starts from the saved drawing."""
    if st.session_state.get(_PAGE) != name:
        st.session_state[_PAGE] = name
        remount_pad(pad().drawing)


def page() -> str:
    """The name of the page that runs."""
    return str(st.session_state.get(_PAGE, "home"))


# ---- the digit ----


def current_digit() -> CurrentDigit:
    return cache.remember(_DIGIT, lambda: _test_digit(FIRST_DIGIT, "default"))


def choose_test_digit(index: int) -> None:
    """Show a digit of the test set; the number is wrapped into 0..9,999."""
    st.session_state[_DIGIT] = _test_digit(index % len(cache.test_digits()), "test")


def choose_random_digit() -> None:
    choose_test_digit(random.randrange(len(cache.test_digits())))


def show_picture(
    pixels: NDArray[np.generic], source: str, strokes: tuple[NDArray[np.float32], ...] = ()
) -> None:
    """Make a drawing or an upload the current digit. Raises ImageError, NothingDrawn."""
    digit = to_digit(pixels)
    st.session_state[_DIGIT] = _from_digit(digit, source, strokes)


def forget_digit() -> None:
    """Back to the digit that is on screen before anything is chosen."""
    st.session_state.pop(_DIGIT, None)


def _test_digit(index: int, source: str) -> CurrentDigit:
    digits = cache.test_digits()
    image = digits.images[index].float() / 255
    return CurrentDigit(image, f"test digit {index:,}", source, index=index, label=int(digits.labels[index]))


def _from_digit(digit: Digit, source: str, strokes: tuple[NDArray[np.float32], ...]) -> CurrentDigit:
    image = (digit.image * 255).round() / 255
    caption = {"drawing": "your drawing", "upload": "your picture"}[source]
    return CurrentDigit(image, caption, source, steps=digit.steps, strokes=strokes)


# ---- the canvas ----


def pad() -> Pad:
    return cache.remember(_PAD, Pad)


def keep_drawing(drawing: dict[str, Any] | None) -> None:
    """Remember what the canvas holds now, without redrawing it."""
    now = pad()
    st.session_state[_PAD] = Pad(drawing, now.mounted, now.version)


def remount_pad(drawing: dict[str, Any] | None) -> None:
    """Have the canvas begin anew, with this drawing."""
    st.session_state[_PAD] = Pad(drawing, drawing, pad().version + 1)


# ---- the model ----


def model_keys() -> list[str]:
    """All models one can choose: shipped ones, then this machine's own and its runs, newest first.

    The chosen one is among them also when it is a run that no list shows, such as a sweep's.
    """
    keys = [*shipped_models(), *settings.own_keys(), *settings.run_models()]
    chosen = st.session_state.get(_MODEL, "")
    return [*keys, chosen] if chosen not in keys and settings.is_run_model(chosen) else keys


def model_title(key: str) -> str:
    if key.startswith(settings.OWN):
        return settings.own_title(key)
    return settings.run_title(key) if key.startswith(settings.RUN) else TITLES.get(key, key)


def select_model(key: str) -> None:
    """Show this model everywhere; call it from a callback, before the picker is drawn."""
    st.session_state[_MODEL] = key


def check_model() -> None:
    """Fall back to the default model, and say so, when the chosen one is not (or no longer) here."""
    chosen = st.session_state.get(_MODEL)
    if chosen not in model_keys():
        if chosen:
            st.warning(f"The model “{chosen[:40]}” is not here; showing the default one.")
        select_model("default")


def current_model() -> CurrentModel:
    """The chosen model, at the chosen moment. Raises CheckpointError when its file is damaged or gone."""
    return model_at(moment_index())


def model_at(index: int) -> CurrentModel:
    """The chosen model at any moment of its history."""
    key, past = model_key(), history()
    if past is None or index == past.last:
        return model_called(key)
    moment = past.moments[index]
    checkpoint = cache.moment(key, past.name, moment.step, past)
    return CurrentModel(key, model_title(key), checkpoint.model, checkpoint.digest, checkpoint.card, moment)


def model_called(key: str) -> CurrentModel:
    """Any model of model_keys(). Raises CheckpointError when its file is damaged or gone."""
    if key.startswith((settings.RUN, settings.OWN)):
        read = settings.run_checkpoint if key.startswith(settings.RUN) else settings.own_checkpoint
        content, card = read(key)
        name = digest(content)
        return CurrentModel(key, model_title(key), cache.parsed(name, content), name, card)
    path = MODELS / f"{Path(key).name}.safetensors"
    changed = path.stat().st_mtime if path.exists() else 0.0
    checkpoint = cache.shipped(key, changed)
    return CurrentModel(key, model_title(key), checkpoint.model, checkpoint.digest, checkpoint.card)


def current_trace() -> Trace:
    """The current model's pass over the current digit, computed once for all pages."""
    chosen = current_model()
    return trace_of(chosen, current_digit().image)


def trace_of(chosen: CurrentModel, image: Tensor) -> Trace:
    return cache.traced(chosen.digest, image.numpy().tobytes(), chosen.model, image)


# ---- the moment of its training ----


def model_key() -> str:
    return st.session_state.get(_MODEL) or "default"


def history() -> History | None:
    """The chosen model's history; None when it has none. Raises CheckpointError when it is damaged."""
    key = model_key()
    if key.startswith(settings.RUN):
        return cache.history(key, settings.run_stamp(key), lambda: settings.run_history(key))
    path = MODELS / f"{Path(key).name}.safetensors"
    file = history_file(path)
    if not file.exists():
        return None
    changed = path.stat().st_mtime
    return cache.history(
        key,
        (changed, file.stat().st_mtime),
        lambda: parse_history(file.read_bytes(), cache.shipped(key, changed)),
    )


def moment_index() -> int:
    """Which of the history's moments is on screen; the last one unless another was chosen."""
    past, (key, step) = history(), st.session_state.get(_STEP, ("", None))
    if past is None:
        return 0
    return past.last if key != model_key() or step is None else past.index_of(step)


def show_moment(index: int, playing: bool = False) -> None:
    """Show the network as it was at this moment everywhere; call it from a callback."""
    past = history()
    if past is None or not 0 <= index < past.last:
        show_final()
        return
    st.session_state[_STEP] = (model_key(), past.moments[index].step)
    st.session_state[_PLAYING] = playing


def playing() -> bool:
    """Whether the moments follow each other as a film: no time for what is slow and beside the point."""
    return bool(st.session_state.get(_PLAYING))


def show_final() -> None:
    """Back to the trained model."""
    st.session_state.pop(_STEP, None)
    st.session_state.pop(_PLAYING, None)


# ---- the link ----


def read_link() -> None:
    """Take model and digit from the address, once, when the session begins."""
    if st.session_state.get(_LINK_READ):
        return
    st.session_state[_LINK_READ] = True
    parameters = st.query_params
    if "model" in parameters:
        select_model(parameters["model"])
    if parameters.get("snapshot", "").isdecimal():
        st.session_state[_STEP] = (model_key(), int(parameters["snapshot"][:9]))
    if "drawing" in parameters:
        _read_drawing(parameters["drawing"])
    elif parameters.get("digit", "").isdecimal():
        choose_test_digit(int(parameters["digit"][:6]))


def write_link() -> None:
    """Keep the address such that it shows somebody else the same thing; a playing film leaves it alone."""
    if playing():
        return
    digit, chosen, moment = current_digit(), model_key(), current_model().moment
    wanted = {
        "model": None if chosen == "default" else chosen,
        "digit": str(digit.index) if digit.source == "test" else None,
        "drawing": pack_image(digit.image) if digit.chosen and digit.index is None else None,
        "snapshot": None if moment is None else str(moment.step),
    }
    for name, value in wanted.items():
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value


def _read_drawing(text: str) -> None:
    try:
        st.session_state[_DIGIT] = CurrentDigit(unpack_image(text), "the drawing in this link", "link")
    except NothingDrawn as error:
        st.warning(str(error))
