"""Components drawn in the browser: plain JavaScript files in the folders beside this one, no build step.

    script(*names)         the files as one module, with the palette in front
    pack(header, arrays)   numbers for the browser: one JSON header and the arrays' own bytes
    last_choice(key)       what a visitor chose in a widget that has tiles

`transport.js` holds the other ends: unpack(data) and the color tables.
"""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.colors import CORNERS, SCALES

FOLDER = Path(__file__).parents[1]


def script(*names: str) -> str:
    """One JavaScript module out of the palette, transport.js and the named files, in that order."""
    constants = f"const SCALES = {json.dumps(SCALES)};\nconst CORNERS = {json.dumps(CORNERS)};\n"
    return constants + "\n".join((FOLDER / name).read_text() for name in ("shared/transport.js", *names))


def style(name: str) -> str:
    return (FOLDER / name).read_text()


def pack(header: dict[str, Any], arrays: dict[str, NDArray[np.generic]]) -> bytes:
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


def last_choice(key: str) -> tuple[int, int] | None:
    """(turn, tile) as the browser sent it; None when it never did or sent something else."""
    sent: Any = (st.session_state.get(key) or {}).get("selected")
    if not isinstance(sent, dict):
        return None
    turn, tile = sent.get("turn"), sent.get("tile")
    if type(turn) is not int or type(tile) is not int or tile < 0:
        return None
    return turn, tile
