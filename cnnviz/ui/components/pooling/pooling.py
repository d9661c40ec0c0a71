"""The pooling picture: digit, feature map, winner mask and pooled map side by side, hover-linked.

    pooling(content, key=...)   draws a whole layer; returns the chosen map
    chosen_map(key)             the same inside an on_select callback

The browser holds all maps of the layer: pointing and switching maps cost no server round trip.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from cnnviz.interpret.pooling import Winners
from cnnviz.ui.components.shared.loader import component
from cnnviz.ui.components.shared.transport import last_tile, last_turn, pack

DECIDED, TIED, EMPTY = 0, 1, 2

_show = component("pooling", state="selected")
chosen_map = last_tile


@dataclass(frozen=True, eq=False)
class PoolingContent:
    """One pooling layer and one digit. Tensors: image (28, 28), feature (C, H, W), gradient (C, h, w).

    source, pooled: the names of the layers in front and of the pooling itself; digit: whose logit
    the gradient is of; spans: first and last pixel each row of the feature map sees; centers: the
    pixel in the middle; unshifted: the winners before the digit was moved, to mark what changed.
    """

    source: str
    pooled: str
    image: Tensor
    caption: str
    feature: Tensor
    winners: Winners
    gradient: Tensor
    digit: int
    spans: list[tuple[int, int]]
    centers: Tensor
    unshifted: Winners | None = None


def pooling(content: PoolingContent, *, key: str, selected: int, on_select: Callable[[], None]) -> None:
    """Show the layer with map `selected`; on_select runs before the rerun that another choice causes."""
    header = {
        "label": f"{content.pooled}: feature map, winners and pooled map",
        "source": content.source,
        "pooled": content.pooled,
        "caption": content.caption,
        "digit": content.digit,
        "window": content.winners.window,
        "selected": selected,
        "turn": last_turn(key),
    }
    _show(pack(header, _arrays(content)), key=key, on_change=on_select)


def _arrays(content: PoolingContent) -> dict[str, np.ndarray[Any, Any]]:
    won = content.winners
    arrays = {
        "image": content.image.numpy(),
        "feature": content.feature.numpy(),
        "corner": won.corner.numpy().astype(np.uint8),
        "margin": won.margin.numpy(),
        "state": _states(won),
        "gradient": content.gradient.numpy(),
        "spans": np.array(content.spans, np.int32),
        "centers": content.centers.numpy().astype(np.int32),
    }
    if content.unshifted is not None:
        before = content.unshifted
        both = won.decided & before.decided
        arrays["changed"] = ((won.corner != before.corner) & both).numpy().astype(np.uint8)
    return arrays


def _states(won: Winners) -> np.ndarray[Any, Any]:
    states = np.full(won.corner.shape, DECIDED, np.uint8)
    states[won.tied.numpy()] = TIED
    states[won.empty.numpy()] = EMPTY
    return states
