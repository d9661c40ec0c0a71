"""The compare widget: a picture before and after, one over the other, with a divider to drag.

Both pictures arrive as files (PNG, JPEG or WEBP bytes); dragging costs no server round trip.
"""

import numpy as np
from numpy.typing import NDArray

from cnnviz.ui.components.shared.loader import component
from cnnviz.ui.components.shared.transport import pack

_show = component("before_after")


def compare(
    before: bytes,
    after: bytes,
    *,
    key: str,
    label: str,
    titles: tuple[str, str],
    aspect: float,
    start: float = 0.3,
    height: int = 480,
    crisp: bool = False,
) -> None:
    """Show `before` left of the divider and `after` right of it.

    label: what is shown, for those who cannot see it; titles: the two pictures' names.
    aspect: width / height of both; start: the divider's first place, 0 to 1; height: at most, in CSS px.
    crisp: pixels stay squares, for digits.
    """
    header = {
        "label": label,
        "titles": list(titles),
        "aspect": aspect,
        "start": start,
        "height": height,
        "crisp": crisp,
    }
    files: dict[str, NDArray[np.generic]] = {
        "before": np.frombuffer(before, np.uint8),
        "after": np.frombuffer(after, np.uint8),
    }
    _show(pack(header, files), key=key)
