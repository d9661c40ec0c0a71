"""What AppTest can see of a page: what its widgets received, and its words."""

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest


def picture(app: AppTest, key: str) -> tuple[dict[str, Any], NDArray[np.float32]]:
    """Header and values that the maps widget called `key` received."""
    found = [part for part in app.get("bidi_component") if part.proto.id.endswith(f"-{key}")]
    content = found[0].proto.bytes
    (length,) = struct.unpack_from("<I", content)
    header = json.loads(content[4 : 4 + length])
    place = header["arrays"]["values"]
    start = 4 + length + place["offset"]
    return header, np.frombuffer(content, "<f4", int(np.prod(place["shape"])), start).reshape(place["shape"])


def words(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.markdown, *app.caption])


def menu(app: AppTest, kind: str, name: str) -> Any:
    """The widget that stands for a menu of cnnviz.ui.pages.train.recipe_menu at the moment."""
    (found,) = [widget for widget in getattr(app, kind) if str(widget.key).startswith(f"{name}_")]
    return found
