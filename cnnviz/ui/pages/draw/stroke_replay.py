"""The draw page's stroke replay: the drawing read again while it grows.

Computed only when asked for, and never again for the next stroke, so that drawing stays quick.
"""

import hashlib
import math
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.interpret.stroke_replay import Replay, replay
from cnnviz.networks.network import Network
from cnnviz.numbers import percent
from cnnviz.ui.components.stroke_replay.stroke_replay import SHOWN, replay_view
from cnnviz.ui.state.current_digit import CurrentDigit, current_digit, pad
from cnnviz.ui.state.current_model import CurrentModel, current_model
from cnnviz.ui.widgets.canvas import SIZE, strokes_of
from cnnviz.ui.widgets.code_panel import code_panel, loading

Strokes = tuple[NDArray[np.float32], ...]
PEN, WIDEST = 20.0, 100.0
_ASKED = "_replay_asked"


def stroke_replay() -> None:
    """Nothing without a drawing; a button for a new one; the replay once it was asked for."""
    if current_digit().strokes:
        _stroke_replay()


@st.fragment
def _stroke_replay() -> None:
    digit = current_digit()
    asked = _fingerprint(digit.strokes)
    with st.container(key="replay"):
        if st.session_state.get(_ASKED) != asked:
            st.button(
                "Replay my drawing, point by point",
                icon=":material/replay:",
                key="replay_start",
                on_click=lambda: st.session_state.update({_ASKED: asked}),
            )
            return
        st.subheader("When did the network make up its mind?", anchor=False)
        _replayed(digit)


def _replayed(digit: CurrentDigit) -> None:
    chosen, widths = current_model(), pen_widths(len(digit.strokes))
    with st.spinner("Reading every part of the drawing", show_time=False):
        found = _computed(chosen.digest, _fingerprint(digit.strokes), widths, chosen.model, digit)
    replay_view(found, digit.strokes, widths, key="replay_player", size=SIZE)
    st.caption(
        f"The network read {int(found.readable.sum())} parts of the drawing, each moved and scaled as if it "
        f"were all there is; it {_minds(len(found.changes))}. Digits that never pass {percent(SHOWN, 0)} "
        "have no line.  \n**What this does not show:** a network thinking over time. It sees each part "
        "afresh, remembers none, and was never taught half-drawn digits."
    )
    _code(chosen, digit.strokes, widths)


def _minds(changes: int) -> str:
    if not changes:
        return "never changed its mind"
    return f"changed its mind {'once' if changes == 1 else f'{changes} times'} (dashed)"


@st.cache_resource(max_entries=32, show_spinner=False)
def _computed(
    digest: str,  # noqa: ARG001 the key: which model
    strokes: str,  # noqa: ARG001 the key: which drawing
    widths: tuple[float, ...],
    _model: Network,
    _digit: CurrentDigit,
) -> Replay:
    return replay(_model, _digit.strokes, widths, size=SIZE, final=_digit.image)


def pen_widths(count: int) -> tuple[float, ...]:
    """Each stroke's pen width as the canvas drew it; the usual one where the canvas holds another drawing."""
    objects: list[dict[str, Any]] = (pad().drawing or {}).get("objects", [])
    widths = [_width(thing.get("strokeWidth")) for thing in objects if strokes_of([thing])]
    return tuple(widths) if len(widths) == count else (PEN,) * count


def _width(sent: Any) -> float:
    """What a browser sends is a stranger's input."""
    usable = isinstance(sent, int | float) and math.isfinite(sent) and 0 < sent <= WIDEST
    return float(sent) if usable else PEN


def _fingerprint(strokes: Strokes) -> str:
    return hashlib.sha256(b"/".join(stroke.tobytes() for stroke in strokes)).hexdigest()


def _code(chosen: CurrentModel, strokes: Strokes, widths: tuple[float, ...]) -> None:
    """With every point of the drawing, rounded to whole canvas pixels."""
    points = [np.round(stroke).astype(int).tolist() for stroke in strokes]
    code_panel(
        f"{loading(chosen)}"
        f"strokes = [np.array(points, np.float32) for points in {points}]\n"
        f"found = replay(model, strokes, widths={list(widths)})\n"
        "for step, probabilities in zip(found.steps, found.probabilities):\n"
        "    print(round(step.length), probabilities.argmax().item(), probabilities.max().item())\n"
        "print(found.changes)\n"
    )
