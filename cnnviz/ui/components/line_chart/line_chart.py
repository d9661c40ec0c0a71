"""A few curves of shares (0 to 1) over whole numbers, drawn in the browser in under a millisecond."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnnviz.ui.components.shared.loader import component
from cnnviz.ui.components.shared.transport import pack

_show = component("line_chart")


@dataclass(frozen=True)
class Curve:
    """values: one share for each x; None where there is none. dash: lengths of line and gap."""

    name: str
    values: Sequence[float | None]
    color: str
    dash: tuple[int, ...] = ()


def curves(lines: Sequence[Curve], x: Sequence[int], *, key: str, label: str, axis: str, marked: int) -> None:
    """Draw the lines over x; `marked` is the place in x that the picture beside it shows."""
    header = {
        "label": label,
        "axis": axis,
        "marked": marked,
        "lines": [{"name": line.name, "color": line.color, "dash": line.dash} for line in lines],
    }
    values = np.array([line.values for line in lines], np.float32)  # (L, X); None becomes NaN
    _show(pack(header, {"x": np.array(x, np.int32), "values": values}), key=key)
