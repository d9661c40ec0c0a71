"""What a browser component received, for tests without a browser."""

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

Arrays = dict[str, NDArray[Any]]


def payload(app: AppTest, key: str) -> tuple[dict[str, Any], Arrays]:
    """Header and arrays of the component called `key`: the inverse of components.pack."""
    (found,) = [part for part in app.get("bidi_component") if part.proto.id.endswith(f"-{key}")]
    content = found.proto.bytes
    (length,) = struct.unpack_from("<I", content)
    header = json.loads(content[4 : 4 + length])
    arrays = {}
    for name, place in header.pop("arrays").items():
        start, count = 4 + length + place["offset"], int(np.prod(place["shape"]))
        arrays[name] = np.frombuffer(content, place["type"], count, start).reshape(place["shape"])
    return header, arrays


def present(app: AppTest, key: str) -> bool:
    return any(part.proto.id.endswith(f"-{key}") for part in app.get("bidi_component"))


def words(app: AppTest) -> str:
    """All text on the page."""
    kinds = (app.markdown, app.caption, app.info, app.subheader)
    return "\n".join(part.value for kind in kinds for part in kind)
