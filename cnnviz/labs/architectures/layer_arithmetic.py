"""Shapes, parameters and work of a stack of layers, with every formula filled in.

LayerSpec                  one layer: convolution, pooling, flatten or dense
walk(shape, layers)        -> one Row a layer
EXERCISE                   the stack of the flattening exercise: 130 × 130 × 3 becomes 5,120 numbers
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cnnviz.errors import NetworkError
from cnnviz.networks.config import output_size

Kind = Literal["convolution", "max pooling", "average pooling", "flatten", "dense"]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class LayerSpec:
    """filters: maps of a convolution or units of a dense layer. size: of the kernel or window."""

    kind: Kind
    filters: int = 0
    size: int = 0
    stride: int = 1
    padding: int = 0


@dataclass(frozen=True)
class Row:
    """What one layer gives. shape: (height, width, depth), or (units,); formulas with the numbers in them."""

    layer: LayerSpec
    shape: Shape
    parameters: int
    multiply_adds: int
    shape_formula: str
    parameter_formula: str


EXERCISE: tuple[LayerSpec, ...] = (
    LayerSpec("convolution", 10, 3),
    LayerSpec("max pooling", 0, 4, 4),
    LayerSpec("convolution", 20, 5, padding=2),
    LayerSpec("max pooling", 0, 2, 2),
    LayerSpec("flatten"),
)


def walk(shape: Shape, layers: Sequence[LayerSpec]) -> list[Row]:
    """Follow a picture (height, width, depth) through the layers. Raises NetworkError, naming the layer."""
    if len(shape) != 3 or min(shape) < 1:
        raise NetworkError("A picture has a height, a width and a depth, each at least 1.")
    rows = []
    for number, layer in enumerate(layers, 1):
        try:
            rows.append(_row(shape, layer))
        except NetworkError as error:
            raise NetworkError(f"Layer {number}, {layer.kind}: {error}") from error
        shape = rows[-1].shape
    return rows


def side_after(side: int, layer: LayerSpec) -> int:
    """(W − F + 2P) / S + 1, rounded down. Raises NetworkError when nothing is left."""
    _check(layer)
    places = output_size(side, layer.size, layer.stride, layer.padding)
    if places < 1:
        padded = f" with {layer.padding} on each side" if layer.padding else ""
        raise NetworkError(f"a window of {layer.size} does not fit on {side} cells{padded}.")
    return places


def _row(shape: Shape, layer: LayerSpec) -> Row:
    if layer.kind == "flatten":
        count = 1
        for size in shape:
            count *= size
        return Row(layer, (count,), 0, 0, f"{' · '.join(map(str, shape))} = {count:,}", "0")
    if layer.kind == "dense":
        return _dense(shape, layer)
    if len(shape) != 3:
        raise NetworkError("it needs maps, and these were flattened before.")
    height, width, depth = shape
    after = (side_after(height, layer), side_after(width, layer))
    formula = f"({width} − {layer.size} + 2·{layer.padding}) / {layer.stride} + 1 = {after[1]}"
    if layer.kind != "convolution":
        return Row(layer, (*after, depth), 0, 0, formula, "0")
    if layer.filters < 1:
        raise NetworkError("it needs at least one filter.")
    weights = layer.filters * layer.size**2 * depth
    return Row(
        layer,
        (*after, layer.filters),
        weights + layer.filters,
        weights * after[0] * after[1],
        formula,
        f"{layer.filters}·{layer.size}·{layer.size}·{depth} + {layer.filters} = {weights + layer.filters:,}",
    )


def _dense(shape: Shape, layer: LayerSpec) -> Row:
    if len(shape) != 1:
        raise NetworkError("flatten the maps first.")
    if layer.filters < 1:
        raise NetworkError("it needs at least one unit.")
    parameters = (shape[0] + 1) * layer.filters
    formula = f"{shape[0]:,}·{layer.filters} + {layer.filters} = {parameters:,}"
    return Row(layer, (layer.filters,), parameters, shape[0] * layer.filters, f"{layer.filters}", formula)


def _check(layer: LayerSpec) -> None:
    if layer.size < 1:
        raise NetworkError("the window must be at least 1 wide.")
    if layer.stride < 1:
        raise NetworkError("with a stride of 0 the window would never move on; choose at least 1.")
    if layer.padding < 0:
        raise NetworkError("padding cannot be negative.")
    if layer.kind != "convolution" and 2 * layer.padding > layer.size:
        raise NetworkError("padding of more than half the window would pool nothing but padding.")
