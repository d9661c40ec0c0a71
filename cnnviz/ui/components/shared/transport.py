"""Numbers on their way to the browser and choices on their way back; the other end is transport.js.

pack(header, arrays)   one JSON header and the arrays' own bytes
floats(values)         a tensor or array as float32
sent(key, state)       what the browser sent last, unchecked
last_choice(key)       what a visitor chose in a widget that has tiles
"""

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

Arrays = Mapping[str, NDArray[np.generic]]


def pack(header: dict[str, Any], arrays: Arrays) -> bytes:
    """Header and arrays (float32, int32 or uint8) as bytes: length, JSON, then each array, aligned to 4.

    Equal input gives equal bytes, so that an unchanged picture is not sent again.
    """
    places, offset, chunks = {}, 0, []
    for name, array in arrays.items():
        content = np.ascontiguousarray(array).tobytes()
        places[name] = {"type": array.dtype.name, "shape": array.shape, "offset": offset}
        padding = -len(content) % 4
        chunks.append(content + b"\0" * padding)
        offset += len(content) + padding
    head = json.dumps({**header, "arrays": places}).encode()
    head += b" " * (-len(head) % 4)
    return struct.pack("<I", len(head)) + head + b"".join(chunks)


def floats(values: Tensor | NDArray[Any] | Sequence[float]) -> NDArray[np.float32]:
    if isinstance(values, Tensor):
        values = values.detach().cpu().numpy()
    return np.asarray(values, dtype=np.float32)


def sent(key: str, state: str) -> Any:
    """What the browser sent last under this name, unchecked; None when it never did."""
    return (st.session_state.get(key) or {}).get(state)


def last_choice(key: str) -> tuple[int, int] | None:
    """(turn, tile) as the browser sent it; None when it never did or sent something else."""
    choice = sent(key, "selected")
    if not isinstance(choice, dict):
        return None
    turn, tile = choice.get("turn"), choice.get("tile")
    if type(turn) is not int or type(tile) is not int or tile < 0:
        return None
    return turn, tile


def last_turn(key: str) -> int:
    """The number of the visitor's last choice, which Python echoes; 0 when there was none."""
    return (last_choice(key) or (0, 0))[0]


def last_tile(key: str) -> int | None:
    """The tile chosen last in the widget called `key`, for on_select callbacks."""
    return (last_choice(key) or (0, None))[1]
