"""A trace in the portions people look at: each layer's maps before and after its activation.

stages(passed)                 Stage of every convolution, block, pooling and dense layer, in order
find(stages, name)             the stage that contains a layer of this name
measure(values)                each unit's lowest, highest and mean value
dead(stage)                    units that stay at zero for this digit
order(stage, by)               unit indices, sorted
limits(stages, stage, scope)   the largest |value| the colors must reach
histogram(values)              a map's values, zeros counted apart
strongest_cell(values)         where a map is largest
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from cnnviz.errors import NetworkError
from cnnviz.networks.tracing import LayerRecord, Trace

Order = Literal["index", "mean", "maximum"]
Scope = Literal["unit", "layer", "network"]
_STARTS = ("Conv2d", "Linear", "Residual", "TransformerBlock", "LayerNorm")
_ACTIVATIONS = ("ReLU", "Tanh")
_POOLS = {"MaxPool2d": "max-pooling", "AvgPool2d": "average pooling"}
_BLOCKS = {
    "PositionEmbedding": "adding the position embedding",
    "TransformerBlock": "attention",
    "LayerNorm": "normalisation",
}


@dataclass(frozen=True, eq=False)
class Stage:
    """One step of the network as it is looked at: `before` and `after` what `doing` names.

    name: the layer that begins it ("conv2"); layers: all it contains, up to its activation.
    before, after: (C, H, W) maps or (U,) units. doing: "ReLU", "tanh", "max-pooling", "softmax",
    "attention" and so on.
    """

    name: str
    layers: tuple[str, ...]
    before: Tensor
    after: Tensor
    doing: str

    @property
    def maps(self) -> bool:
        """Whether its units are maps rather than single numbers."""
        return self.after.ndim == 3

    @property
    def source(self) -> str:
        """The layer whose output `after` is."""
        return self.layers[-1]


@dataclass(frozen=True, eq=False)
class Measures:
    """One number a unit, each (C,)."""

    low: Tensor
    high: Tensor
    mean: Tensor


@dataclass(frozen=True, eq=False)
class Histogram:
    """edges: (bins + 1,); counts: (bins,) of the values that are not exactly zero; zeros: the others."""

    edges: Tensor
    counts: Tensor
    zeros: int


def stages(passed: Trace) -> list[Stage]:
    """Every convolution or block with its activation, pooling, dense layer; the last ends in softmax."""
    records = [record for record in passed if record.kind not in ("Flatten", "Dropout", "Normalize")]
    found = []
    for group in _groups(records):
        first, last = group[0], group[-1]
        names = tuple(record.name for record in group)
        if first.kind in _POOLS:
            found.append(Stage(first.name, names, first.input, first.output, _POOLS[first.kind]))
        elif last.kind in _ACTIVATIONS:
            doing = "ReLU" if last.kind == "ReLU" else "tanh"
            found.append(Stage(first.name, names, last.input, last.output, doing))
        elif last.kind in _BLOCKS:
            found.append(Stage(first.name, names, last.input, last.output, _BLOCKS[last.kind]))
        else:
            found.append(Stage(first.name, names, last.output, last.output.softmax(0), "softmax"))
    return found


def find(among: Sequence[Stage], name: str) -> Stage:
    """The stage that contains layer `name` ("relu2" lies in "conv2"). Raises NetworkError."""
    for stage in among:
        if name in stage.layers:
            return stage
    known = ", ".join(stage.name for stage in among)
    raise NetworkError(f"There is no layer called {name!r}; choose one of {known}.")


def measure(values: Tensor) -> Measures:
    """Each unit's range and mean; a dense unit is its own lowest, highest and mean."""
    cells = values.reshape(len(values), -1)  # (C, H*W)
    return Measures(cells.amin(1), cells.amax(1), cells.mean(1))


def dead(stage: Stage) -> Tensor:
    """bool (C,): units whose every value is zero; only ReLU, and pooling after it, make such units."""
    return (stage.after == 0).reshape(len(stage.after), -1).all(1)


def order(stage: Stage, by: Order) -> Tensor:
    """Unit indices: as they are, or by the mean or the maximum after the activation, largest first."""
    if by == "index":
        return torch.arange(len(stage.after))
    measures = measure(stage.after)
    return (measures.mean if by == "mean" else measures.high).argsort(descending=True, stable=True)


def limits(among: Sequence[Stage], stage: Stage, scope: Scope) -> tuple[Tensor, Tensor]:
    """(C,) each: the |value| at which a unit's colors end, before and after.

    "unit": its own largest; "layer": the stage's; "network": the largest that any activation or
    pooling puts out. Before and after share it, so that what passes keeps its color; what ReLU
    cuts off may then lie beyond the end color. Where the activation changes the scale itself
    (tanh, softmax, normalization), and where nothing passes, each has its own.
    """
    before, after = (_spread(values, scope) for values in (stage.before, stage.after))
    if stage.doing == "softmax":
        return before, after
    if scope == "network":
        after = _largest_of(among).expand(len(after)).clone()
    if stage.doing in ("tanh", "normalisation"):
        return before, after
    return torch.where(after > 0, after, before), after


def histogram(values: Tensor, bins: int = 24) -> Histogram:
    """How often which value occurs; exact zeros apart, because after ReLU they outnumber all others."""
    flat = values.flatten()
    rest = flat[flat != 0]
    low, high = (float(rest.min()), float(rest.max())) if len(rest) else (0.0, 1.0)
    low, high = min(low, 0.0), max(high, 0.0)  # zero is always on the axis
    counts, edges = torch.histogram(rest, bins, range=(low, high if high > low else low + 1.0))
    return Histogram(edges, counts.long(), int(flat.numel() - len(rest)))


def strongest_cell(values: Tensor) -> tuple[int, int]:
    """Row and column of a map's (H, W) largest value; the first in row-major order."""
    place = int(values.argmax())
    return place // values.shape[1], place % values.shape[1]


def _spread(values: Tensor, scope: Scope) -> Tensor:
    own = _largest(values)
    return own if scope == "unit" else own.max().expand(len(own)).clone()


def _largest_of(among: Sequence[Stage]) -> Tensor:
    ends = [_largest(stage.after).max() for stage in among if stage.doing != "softmax"]
    return torch.stack(ends or [torch.tensor(1.0)]).max()


def _largest(values: Tensor) -> Tensor:
    return values.abs().reshape(len(values), -1).amax(1)  # (C,)


def _groups(records: Sequence[LayerRecord]) -> Iterator[list[LayerRecord]]:
    """Consecutive records that belong together: each group starts at a weight layer or a pooling."""
    group: list[LayerRecord] = []
    for record in records:
        if group and record.kind in (*_STARTS, *_POOLS):
            yield group
            group = []
        group.append(record)
    if group:
        yield group
