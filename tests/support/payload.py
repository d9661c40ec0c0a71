"""What a browser component received, for tests without a browser."""

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

Arrays = dict[str, NDArray[Any]]


def decode(content: bytes) -> tuple[dict[str, Any], Arrays]:
    """Header and arrays, by the format's description alone: the inverse of the loader's `pack`."""
    (length,) = struct.unpack_from("<I", content)
    header = json.loads(content[4 : 4 + length])
    arrays = {}
    for name, place in header.pop("arrays").items():
        start, count = 4 + length + place["offset"], int(np.prod(place["shape"]))
        assert start % 4 == 0  # or the browser could not lay a Float32Array over it
        arrays[name] = np.frombuffer(content, place["type"], count, start).reshape(place["shape"])
    return header, arrays


def payload(app: AppTest, key: str) -> tuple[dict[str, Any], Arrays]:
    """Header and arrays of the component called `key`."""
    (found,) = [part for part in app.get("bidi_component") if part.proto.id.endswith(f"-{key}")]
    return decode(found.proto.bytes)


def picture(app: AppTest, key: str) -> tuple[dict[str, Any], NDArray[np.float32]]:
    """Header and values of the maps widget called `key`."""
    header, arrays = payload(app, key)
    return header, arrays["values"]


def present(app: AppTest, key: str) -> bool:
    return any(part.proto.id.endswith(f"-{key}") for part in app.get("bidi_component"))
