"""The maps widget: a grid of maps or kernels, drawn in the browser from one typed array.

    maps(values, key=..., label=...)   -> the selected tile's index, or None
    chosen_tile(key)                   the same inside an on_select callback

Hover, keyboard, range and captions cost no server round trip; only a selection does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.ui.components.shared.loader import component
from cnnviz.ui.components.shared.transport import floats, last_choice, last_tile, pack

Values = Tensor | NDArray[np.floating]
MapScale = Literal["signed", "activation", "digit"]
Rectangle = tuple[int, int, int, int, int]  # tile, row, column, height, width; in cells
TILE, SINGLE_TILE = 72, 420  # wished side in CSS px of one among many, and of a map alone

_show = component("maps", state="selected")


def maps(
    values: Values,
    *,
    key: str,
    label: str,
    captions: Sequence[str] | None = None,
    notes: Sequence[str] | None = None,
    noun: str | None = None,
    scale: MapScale = "signed",
    limit: float | None = None,
    limits: Values | Sequence[float] | None = None,
    selected: int | None = None,
    tile: int | None = None,
    marks: Sequence[bool] | NDArray[np.bool_] | None = None,
    overlay: Sequence[Rectangle] | None = None,
    numbers: bool = False,
    link: str | None = None,
    legend: bool = True,
    on_select: Callable[[], None] | None = None,
    selectable: bool = True,
) -> int | None:
    """Show N maps and return the index of the selected one, or None.

    values: (N, H, W). label: what is shown, for those who cannot see it.
    captions: a short line under each tile (default its index); notes: what the hover line adds
    ("dead", a score); noun: what a tile is called in the hover line ("filter").
    scale: "signed" diverges from zero; "activation" is its upper half (signed again should a value
    be negative); "digit" is gray, 0 to 1.
    limit: the value of the end colors (default the largest |value|); limits: one a tile instead.
    selected: controlled by Python: a new value moves the selection, an unchanged one leaves the
    user's choice alone. The choice outlives a page switch.
    tile: wished side in CSS px (default 72; a map alone fills its column up to 420).
    marks: tiles to strike through (dead units). overlay: rectangles of cells to outline.
    numbers: write the values into the cells where they fit.
    link: widgets with the same link show the hovered cell together, whatever their resolutions.
    legend: the color bar with the range; one of several pictures on the same scale is enough.
    on_select runs before the rerun that a selection causes; chosen_tile(key) is the new choice.
    """
    array = floats(values)
    if array.ndim != 3 or not array.size:
        raise ValueError(f"maps takes (N, H, W) values, at least one, not {array.shape}.")
    count = len(array)
    choice = _resolve(key, selected, count) if selectable else _Choice(0, selected, selected)
    if scale == "activation" and array.min() < 0:
        scale = "signed"
    noun = noun or ("map" if captions is None else "")
    captions = _texts(captions, [str(index) for index in range(count)], "captions")
    header = {
        "label": label,
        "captions": captions,
        "names": [f"{noun} {caption}".strip() for caption in captions],
        "notes": None if notes is None else _texts(notes, [""] * count, "notes"),
        "scale": scale,
        "limit": _limit(array, scale) if limit is None else float(limit),
        "selected": choice.tile,
        "turn": choice.turn,
        "tile": tile or (SINGLE_TILE if count == 1 else TILE),
        "overlay": [list(map(int, rectangle)) for rectangle in overlay or ()],
        "numbers": numbers,
        "link": link,
        "legend": legend,
        "selectable": selectable,
    }
    arrays: dict[str, NDArray[np.generic]] = {"values": array}
    if limits is not None:
        arrays["limits"] = _per_tile(floats(limits), count, "limits")
    if marks is not None:
        arrays["marks"] = _per_tile(np.asarray(marks, dtype=np.uint8), count, "marks")
    _show(pack(header, arrays), key=key, on_change=on_select)
    return choice.tile


chosen_tile = last_tile


@dataclass(frozen=True)
class _Choice:
    """Who chose last: `turn` counts the user's choices, `given` is what Python passed."""

    turn: int
    given: int | None
    tile: int | None


def _resolve(key: str, given: int | None, count: int) -> _Choice:
    """The newest choice: the user's if there is a new one, else Python's if it changed.

    Without this order a click made while an earlier one is still being answered would be undone.
    """
    memory = f"{key}:choice"
    last: _Choice | None = st.session_state.get(memory)
    event = last_choice(key)
    if last is None:
        choice = _Choice(0, given, given)
        if event is not None:
            choice = _Choice(event[0], given, event[1])
    elif event is not None and event[0] > last.turn:
        choice = _Choice(event[0], given, event[1])
    elif given != last.given:
        choice = _Choice(last.turn, given, given)
    else:
        choice = last
    if choice.tile is not None and not 0 <= choice.tile < count:  # other data since it was chosen
        valid = given is not None and 0 <= given < count
        choice = _Choice(choice.turn, given, given if valid else None)
    st.session_state[memory] = choice
    return choice


def _limit(array: NDArray[np.float32], scale: MapScale) -> float:
    if scale == "digit":
        return 1.0
    finite = array[np.isfinite(array)]
    return float(np.abs(finite).max(initial=0.0))


def _texts(texts: Sequence[str] | None, default: list[str], what: str) -> list[str]:
    if texts is None:
        return default
    if len(texts) != len(default):
        raise ValueError(f"{len(texts)} {what} for {len(default)} tiles.")
    return list(map(str, texts))


def _per_tile(array: NDArray[Any], count: int, what: str) -> NDArray[Any]:
    if array.shape != (count,):
        raise ValueError(f"{what} has shape {array.shape}; one a tile makes ({count},).")
    return array
