"""One unit, large: its map with values on hover, what a cell sees of the digit, its histogram.

activation(content, key=...)   draws it; hovering costs no server round trip
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from cnnviz.interpret.activations import Histogram
from cnnviz.ui.components.shared.loader import component
from cnnviz.ui.components.shared.transport import pack

_show = component("activation_detail")


@dataclass(frozen=True, eq=False)
class ActivationContent:
    """values: the unit's map (H, W), or (1, 1) for a dense unit; before: the same before the activation.

    limit: the value of the end colors; spans: first and last pixel that each row of the map sees
    (one pair for a dense unit); strongest: row and column of the largest value.
    """

    title: str
    values: Tensor
    before: Tensor | None
    image: Tensor  # (28, 28)
    caption: str
    limit: float
    spans: list[tuple[int, int]]
    strongest: tuple[int, int]
    dead: bool
    histogram: Histogram
    histogram_title: str


def activation(content: ActivationContent, *, key: str) -> None:
    header = {
        "label": f"{content.title}: arrow keys move from cell to cell",
        "title": content.title,
        "sees": content.caption,
        "limit": content.limit,
        "strongest": content.strongest,
        "dead": content.dead,
        "histogram": content.histogram_title,
    }
    arrays: dict[str, np.ndarray[Any, Any]] = {
        "map": content.values.numpy(),
        "image": content.image.numpy(),
        "spans": np.array(content.spans, np.int32),
        "edges": content.histogram.edges.numpy(),
        "counts": content.histogram.counts.numpy().astype(np.int32),
    }
    if content.before is not None:
        arrays["before"] = content.before.numpy()
    _show(pack(header, arrays), key=key)
