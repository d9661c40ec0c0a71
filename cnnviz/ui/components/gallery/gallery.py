"""The gallery widget: color pictures to choose from, as buttons with a name under each.

gallery(pictures, ...)    show them
chosen_picture(key)       the visitor's choice, for on_select callbacks
"""

from collections.abc import Callable, Sequence

import numpy as np

from cnnviz.ui.components.shared.loader import component
from cnnviz.ui.components.shared.transport import last_tile, last_turn, pack

_show = component("gallery", state="selected")
chosen_picture = last_tile


def gallery(
    pictures: Sequence[bytes],
    *,
    key: str,
    label: str,
    captions: Sequence[str],
    hints: Sequence[str] | None = None,
    selected: int | None = None,
    tile: int = 96,
    aspect: float = 1.0,
    crisp: bool = False,
    on_select: Callable[[], None] | None = None,
) -> None:
    """Show pictures (PNG, JPEG or WEBP bytes); without on_select they are only looked at.

    label: what they are; captions: a name each; hints: what the pointer brings up.
    selected: the chosen one. tile: wished width in CSS px; tiles grow to fill their row.
    aspect: width / height of a tile; pictures of another shape are cut. crisp: pixels stay squares.
    """
    if not len(pictures) == len(captions) == len(hints or captions):
        raise ValueError(f"{len(captions)} captions for {len(pictures)} pictures.")
    header = {
        "label": label,
        "captions": list(captions),
        "hints": list(hints or captions),
        "selected": selected,
        "turn": last_turn(key),
        "tile": tile,
        "aspect": aspect,
        "crisp": crisp,
        "selectable": on_select is not None,
        "ends": np.cumsum([len(picture) for picture in pictures]).tolist(),
    }
    files = np.frombuffer(b"".join(pictures), np.uint8)
    _show(pack(header, {"files": files}), key=key, on_change=on_select)
