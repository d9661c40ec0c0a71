"""The drawing canvas, behind one adapter: everything the rest of the app knows of the widget.

What a browser sends is a stranger's input: the picture is decoded with caps, the strokes are
checked number by number, and the widget's own `.image_data` is never used.
"""

import base64
import binascii
import math
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.errors import ImageError, NothingDrawn
from cnnviz.io.images import decode
from cnnviz.ui.components.shared.loader import component
from cnnviz.ui.state import current_digit
from cnnviz.ui.widgets.pictures import PNG_URI

SIZE = 280
PNG_LIMIT, OBJECT_LIMIT, POINT_LIMIT = 256_000, 500, 20_000
_PROBLEM = "_canvas_problem"

_pen_up = component("canvas_patch")


def canvas(width: int) -> None:
    """The canvas. What it sends, collect() finds at the beginning of the next run."""
    from streamlit_drawable_canvas import st_canvas  # registers itself with a running server only

    pad = current_digit.pad()
    with st.container(key="canvas"):
        st_canvas(
            stroke_width=width,
            stroke_color="#ffffff",
            background_color="#000000",
            width=SIZE,
            height=SIZE,
            drawing_mode="freedraw",
            initial_drawing=pad.mounted,
            return_image_data=True,
            key=_key(),
        )
        _pen_up(None, key="pen_up")
    if problem := st.session_state.pop(_PROBLEM, None):
        st.info(problem, icon=":material/draw:")


def undo() -> None:
    """Take back the last stroke."""
    objects = _objects(current_digit.pad().drawing)[:-1]
    current_digit.remount_pad({"objects": objects} if objects else None)
    if objects:
        _show_strokes(objects)
    else:
        current_digit.forget_digit()


def clear() -> None:
    """An empty canvas, and no drawing as the current digit."""
    current_digit.remount_pad(None)
    current_digit.forget_digit()


def collect() -> None:
    """Make a new drawing the current digit, before anything is drawn from it.

    Anything malformed is treated as nothing drawn.
    """
    value: Any = st.session_state.get(_key())
    sent: Any = value.get("drawing") if hasattr(value, "get") else None
    if sent is None:
        return
    if not hasattr(sent, "get"):
        current_digit.remount_pad(None)  # the widget itself would stumble over it
        return
    objects = _objects(sent.get("raw"))
    if objects == _objects(current_digit.pad().drawing):
        return  # the canvas repeats what it was mounted with
    current_digit.keep_drawing({"objects": objects} if objects else None)
    if not objects:
        current_digit.forget_digit()
        return
    try:
        current_digit.show_picture(_decode_png(sent.get("data")), "drawing", strokes_of(objects))
    except NothingDrawn as error:
        current_digit.forget_digit()
        st.session_state[_PROBLEM] = str(error)
    except ImageError:
        current_digit.forget_digit()
        st.session_state[_PROBLEM] = "The drawing could not be read; clear the canvas and draw again."


def _key() -> str:
    return f"pad{current_digit.pad().version}"


def strokes_of(objects: list[dict[str, Any]]) -> tuple[NDArray[np.float32], ...]:
    """The pen's points in canvas pixels, one (P, 2) array a stroke, from Fabric.js paths."""
    strokes, room = [], POINT_LIMIT
    for thing in objects:
        path = thing.get("path")
        if not isinstance(path, list):
            continue
        points = [command[-2:] for command in path[:room] if _is_command(command)]
        room -= len(points)
        if points:
            strokes.append(np.array(points, np.float32))
    return tuple(strokes)


def _show_strokes(objects: list[dict[str, Any]]) -> None:
    """Paint the strokes here, at once, rather than waiting for the browser to send them back."""
    from cnnviz.data.rasterize import rasterize

    strokes = strokes_of(objects)
    width = objects[-1].get("strokeWidth")
    try:
        current_digit.show_picture(rasterize(strokes, float(width or 20), SIZE), "drawing", strokes)
    except NothingDrawn:
        current_digit.forget_digit()


def _is_command(command: Any) -> bool:
    return (
        isinstance(command, list)
        and len(command) >= 3
        and all(isinstance(value, int | float) and math.isfinite(value) for value in command[-2:])
    )


def _objects(drawing: Any) -> list[dict[str, Any]]:
    found = drawing.get("objects") if hasattr(drawing, "get") else None
    if not isinstance(found, list) or len(found) > OBJECT_LIMIT:
        return []
    return [thing for thing in found if isinstance(thing, dict)]


def _decode_png(text: Any) -> NDArray[np.uint8]:
    if not isinstance(text, str) or not text.startswith(PNG_URI) or len(text) > PNG_LIMIT:
        raise ImageError("The canvas sent no picture.")
    try:
        content = base64.b64decode(text.removeprefix(PNG_URI), validate=True)
    except binascii.Error as error:
        raise ImageError("The canvas sent a damaged picture.") from error
    pixels = decode(content)
    if pixels.shape[:2] != (SIZE, SIZE):
        raise ImageError("The canvas sent a picture of another size.")
    return pixels
