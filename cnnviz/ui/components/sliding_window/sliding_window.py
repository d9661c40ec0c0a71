"""The sliding picture: image, kernel and result side by side, the window's arithmetic written out.

sliding_picture(content, key=...)   draws it
typed_cells(key)                    the kernel as the visitor typed it, for on_edit callbacks

Python computes every number; the browser holds them all, so that the window moves without a server.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.labs.convolution.geometry import WindowGeometry, sources
from cnnviz.ui.components.shared.loader import component
from cnnviz.ui.components.shared.transport import floats, pack, sent

Rule = Literal["sum", "max", "mean"]
Cells = list[list[list[str | None]]]  # channel, row, column; None: left as it was
CELL_LIMIT = 40  # characters typed into one cell that are read

_show = component("sliding_window", state="cells")


@dataclass(frozen=True, eq=False)
class SlidingContent:
    """What slides over what. image: (C, H, W), shown in gray from 0 to `limit` (default its largest value).

    rule: what a window becomes: the weighted sum, its largest or its mean value. kernel: (C, h, w),
    for the sum only; window: (h, w). partial: (C, H', W') what each channel adds; total: (H', W');
    both None when there is no place for the window, and `problem` says why. winners: int64 (H', W'),
    places in the flattened image, for the maximum. typed: the kernel's cells as text, when some cannot
    be read. names: one a channel.
    """

    label: str
    rule: Rule
    image: Tensor
    window: tuple[int, int]
    geometry: WindowGeometry
    names: Sequence[str]
    total: Tensor | None = None
    partial: Tensor | None = None
    kernel: Tensor | None = None
    winners: Tensor | None = None
    bias: float = 0.0
    problem: str = ""
    typed: Cells | None = None
    editable: bool = False
    limit: float | None = None


def sliding_picture(content: SlidingContent, *, key: str, on_edit: Callable[[], None] | None = None) -> None:
    """Show it; on_edit runs before the rerun that an edited kernel causes."""
    edit = sent(key, "cells")
    turn = edit.get("turn") if hasattr(edit, "get") else None
    geometry = content.geometry
    header = {
        "label": content.label,
        "rule": content.rule,
        "names": list(content.names),
        "window": content.window,
        "stride": geometry.stride,
        "dilation": geometry.dilation,
        "padding": geometry.padding,
        "border": geometry.border,
        "limit": content.limit or max(float(content.image.max()), 1e-12),
        "bias": content.bias,
        "problem": content.problem,
        "typed": content.typed,
        "editable": content.editable,
        "turn": turn if type(turn) is int else 0,
    }
    _show(pack(header, _arrays(content)), key=key, on_change=on_edit)


def typed_cells(key: str) -> Cells | None:
    """What the visitor typed, cell by cell; None when the browser sent something else."""
    edit = sent(key, "cells")
    slices = edit.get("cells") if hasattr(edit, "get") else None
    if not isinstance(slices, list) or not 1 <= len(slices) <= 3:
        return None
    if not all(isinstance(rows, list) and all(isinstance(row, list) for row in rows) for rows in slices):
        return None
    return [[[_text(cell) for cell in row[:9]] for row in rows[:9]] for rows in slices]


def _text(cell: Any) -> str | None:
    return None if cell is None else str(cell)[:CELL_LIMIT]


def _arrays(content: SlidingContent) -> dict[str, NDArray[Any]]:
    height, width = content.image.shape[1:]
    geometry = content.geometry
    arrays: dict[str, NDArray[Any]] = {
        "image": floats(content.image),
        "rows": sources(height, geometry.padding, geometry.border).numpy().astype(np.int32),
        "columns": sources(width, geometry.padding, geometry.border).numpy().astype(np.int32),
    }
    given = {"kernel": content.kernel, "partial": content.partial, "total": content.total}
    arrays |= {name: floats(values) for name, values in given.items() if values is not None}
    if content.winners is not None:
        arrays["winners"] = content.winners.numpy().astype(np.int32)
    return arrays
