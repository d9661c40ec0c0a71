"""What a pooling layer kept of one image, where it came from, and where a gradient would go.

    pooling_layers(model)            name -> "max" or "average"
    winners(model, record)           Winners: who won every window, by how much, ties, empty windows
    route(winners, gradient)         a gradient at the pooled map, handed on to the feature map
    logit_gradient(model, trace, layer, digit)   how each pooled value moves the digit's logit
    center_pixels(model, layer)      the pixel in the middle of what each cell of a map looks at
    survivors(model, layer, winners) these pixels, for the winners of every map
    average(model, record)           what average pooling makes of the same feature map

Windows do not overlap (stride = window, no padding), as in all networks of cnnviz; cells that no
window covers (the last row of 13 with windows of 2) take no part and get no gradient.
"""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.errors import NetworkError
from cnnviz.interpret.receptive_fields import pixel_spans
from cnnviz.networks.network import SIZE, Network, check_model, evaluated
from cnnviz.networks.tracing import LayerRecord, Trace

PoolKind = Literal["max", "average"]
_KINDS: dict[type[nn.Module], PoolKind] = {nn.MaxPool2d: "max", nn.AvgPool2d: "average"}


@dataclass(frozen=True, eq=False)
class Winners:
    """Every window of a max-pooling layer; tensors are (C, h, w), the pooled map's shape.

    corner: int64, 0 .. window * window - 1, the winner's place in its window, row by row;
    place: int64, its index into the flattened (H, W) feature map, as PyTorch's return_indices.
    value: the winner's. margin: how far it is ahead of the runner-up, >= 0 (infinite when the
    window holds one cell). tied: several cells share the largest value, which is not zero; the
    first in row-major order won. empty: all cells are zero, so nobody really won.
    """

    window: int
    height: int  # of the feature map
    width: int
    corner: Tensor
    place: Tensor
    value: Tensor
    margin: Tensor
    tied: Tensor
    empty: Tensor

    @property
    def decided(self) -> Tensor:
        """bool (C, h, w): one cell beat all others."""
        return self.margin > 0

    @property
    def rows(self) -> Tensor:
        """The winner's row on the feature map."""
        return self.place // self.width

    @property
    def columns(self) -> Tensor:
        """The winner's column on the feature map."""
        return self.place % self.width

    @property
    def lost_rows(self) -> int:
        """Rows at the bottom that no window covers."""
        return self.height - self.window * self.corner.shape[1]

    @property
    def lost_columns(self) -> int:
        """Columns at the right that no window covers."""
        return self.width - self.window * self.corner.shape[2]


def pooling_layers(model: Network) -> dict[str, PoolKind]:
    """The pooling layers in order; empty for a network without any."""
    return {name: _KINDS[type(module)] for name, module in model.named_children() if type(module) in _KINDS}


def window_of(model: Network, layer: str) -> int:
    """Side of the pooling window. Raises NetworkError for any other layer."""
    check_model(model)
    module = dict(model.named_children()).get(layer)
    if not isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        raise NetworkError(f"{layer} is not a pooling layer; choose one of {_names(model)}.")
    window = module.kernel_size
    if not isinstance(window, int) or module.stride != window or module.padding != 0:
        raise NetworkError(f"{layer} has overlapping or padded windows; only plain pooling can be shown.")
    return window


def windows(values: Tensor, window: int, stride: int | None = None) -> Tensor:
    """(C, H, W) -> (C, h, w, window * window): each window's cells, row by row. stride: default window."""
    step = stride or window
    return values.unfold(1, window, step).unfold(2, window, step).flatten(3)  # (C, h, w, k * k)


def winners(model: Network, record: LayerRecord) -> Winners:
    """Who won every window of a max-pooling layer. Raises NetworkError for any other layer."""
    if record.winners is None:
        raise NetworkError(f"{record.name} picks no winners; only max-pooling does.")
    return pick_winners(record.input, record.winners, window_of(model, record.name))


def pick_winners(feature: Tensor, place: Tensor, window: int) -> Winners:
    """Winners from a feature map (C, H, W) and PyTorch's indices (C, h, w)."""
    _, height, width = feature.shape
    cells = windows(feature, window)  # (C, h, w, k*k)
    ordered = cells.topk(min(2, window * window)).values
    value = ordered[..., 0]
    margin = value - ordered[..., 1] if window > 1 else torch.full_like(value, torch.inf)
    empty = (cells == 0).all(-1)
    return Winners(
        window=window,
        height=height,
        width=width,
        corner=(place // width % window) * window + place % width % window,
        place=place,
        value=value,
        margin=margin,
        tied=(margin == 0) & ~empty,
        empty=empty,
    )


def average(model: Network, record: LayerRecord) -> Tensor:
    """(C, h, w): the average of every window of a pooling layer's input."""
    return F.avg_pool2d(record.input, window_of(model, record.name))


# ---- gradients ----


def route(chosen: Winners, gradient: Tensor) -> Tensor:
    """Gradient at the pooled map (C, h, w) -> at the feature map (C, H, W): all of it to the winner."""
    channels = len(gradient)
    routed = gradient.new_zeros(channels, chosen.height * chosen.width)
    routed.scatter_(1, chosen.place.flatten(1), gradient.flatten(1))  # windows do not overlap
    return routed.reshape(channels, chosen.height, chosen.width)


def spread(gradient: Tensor, window: int, height: int, width: int) -> Tensor:
    """The same for average pooling: every cell of the window gets an equal share."""
    cells = gradient.repeat_interleave(window, 1).repeat_interleave(window, 2) / window**2
    right, below = width - cells.shape[2], height - cells.shape[1]
    return F.pad(cells, (0, right, 0, below))  # (C, H, W); uncovered cells get nothing


def logit_gradient(model: Network, passed: Trace, layer: str, digit: int) -> Tensor:
    """(C, h, w): how much the digit's logit changes per unit of each of the layer's outputs."""
    tail = _after(evaluated(model), layer)
    if not 0 <= digit < len(passed.logits):
        raise NetworkError(f"The network's classes are 0 to {len(passed.logits) - 1}; {digit} is none.")
    pooled = passed[layer].output.detach().clone().requires_grad_()
    with torch.enable_grad():
        x = pooled[None]
        for module in tail:
            x = module(x)
        (gradient,) = torch.autograd.grad(x[0, digit], pooled)
    return gradient


# ---- back to the pixels ----


def center_pixels(model: Network, layer: str) -> Tensor:
    """int64 (side,): the pixel row (and column) in the middle of what each row of the maps can see.

    The upper of two when the span is even; on the image even where padding reaches beyond it.
    """
    spans = torch.tensor(pixel_spans(model, layer, clip=False))  # (side, 2)
    return (spans.sum(1) // 2).clamp(0, SIZE - 1)


def survivors(model: Network, layer: str, chosen: Winners) -> Tensor:
    """int64 (C, 28, 28): how many winners of each map have this pixel at their center.

    Empty windows and ties are left out: there, no pixel prevailed over its neighbors.
    """
    centers = center_pixels(model, before(model, layer))
    pixel = centers[chosen.rows] * SIZE + centers[chosen.columns]  # (C, h, w)
    counts = torch.zeros(len(pixel), SIZE * SIZE, dtype=torch.int64)
    counts.scatter_add_(1, pixel.flatten(1), chosen.decided.long().flatten(1))
    return counts.reshape(-1, SIZE, SIZE)


def before(model: Network, layer: str) -> str:
    """The name of the layer whose output this one takes; "input" for the first."""
    names = ["input", *(name for name, _ in model.named_children())]
    if layer not in names[1:]:
        raise NetworkError(f"There is no layer called {layer!r}.")
    return names[names.index(layer) - 1]


def _after(model: Network, layer: str) -> list[nn.Module]:
    names = [name for name, _ in model.named_children()]
    if layer not in names:
        raise NetworkError(f"There is no layer called {layer!r}.")
    return [module for name, module in model.named_children()][names.index(layer) + 1 :]


def _names(model: Network) -> str:
    return ", ".join(pooling_layers(model)) or "none (this network has no pooling)"
