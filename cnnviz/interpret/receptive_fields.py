"""Which pixels a number comes from: the receptive field of any layer's cell.

    receptive_field(model, layer, row, column)   -> Box on the 28x28 image
    pixel_spans(model, layer)                    -> the same for all rows of a layer's maps at once
    map_stride(model, layer)                     -> pixels from cell to cell of a layer's maps

Every layer is taken backwards as an interval of rows and one of columns: a window with kernel k,
stride s, padding p and dilation d turns the interval [first, last] of its output into
[first * s - p, last * s - p + d * (k - 1)] of its input (Dumoulin and Visin 2016). A residual block
is the window of its two convolutions together; attention is one that covers the whole map.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn

from cnnviz.errors import NetworkError
from cnnviz.networks.layers import Residual, TransformerBlock
from cnnviz.networks.network import SIZE, Network, check_model, output_shapes


@dataclass(frozen=True)
class Box:
    """Rows row .. row + height - 1 and columns column .. column + width - 1."""

    row: int
    column: int
    height: int
    width: int


@dataclass(frozen=True)
class _Window:
    """One axis of a sliding window, and the side of the map it slides over."""

    kernel: int
    stride: int  # 0: the window does not move, every cell has the same
    padding: int
    dilation: int
    side: int

    def back(self, first: int, last: int, clip: bool) -> tuple[int, int]:
        first = first * self.stride - self.padding
        last = last * self.stride - self.padding + self.dilation * (self.kernel - 1)
        return (max(first, 0), min(last, self.side - 1)) if clip else (first, last)


def receptive_field(model: Network, layer: str, row: int = 0, column: int = 0, *, clip: bool = True) -> Box:
    """The pixels that can change the cell (row, column) of `layer`; the same in all its channels.

    clip=False keeps the part that lies on padding, outside the image. After `flatten` a cell is a
    unit: row is its index and column is 0; after a dense layer every unit sees the whole last map.
    Raises NetworkError for an unknown layer or a cell outside its map.
    """
    check_model(model, Network)
    shapes = {"input": (1, SIZE, SIZE), **output_shapes(model.config)}
    if layer not in shapes:
        raise NetworkError(f"There is no layer called {layer!r}; choose one of {', '.join(shapes)}.")
    rows, columns = _start(model, shapes, layer, row, column)
    for vertical, horizontal in _windows_before(model, shapes, layer):
        rows, columns = vertical.back(*rows, clip), horizontal.back(*columns, clip)
    return Box(rows[0], columns[0], rows[1] - rows[0] + 1, columns[1] - columns[0] + 1)


def pixel_spans(model: Network, layer: str, *, clip: bool = True) -> list[tuple[int, int]]:
    """First and last pixel row that each row of the layer's maps can see.

    Images, kernels and maps are square, so the columns' spans are the same. Raises NetworkError
    for a layer without maps.
    """
    check_model(model, Network)
    shapes = {"input": (1, SIZE, SIZE), **output_shapes(model.config)}
    if len(shapes.get(layer, ())) != 3:
        raise NetworkError(f"There is no layer called {layer!r} with maps.")
    windows = [vertical for vertical, _ in _windows_before(model, shapes, layer)]
    spans = [(row, row) for row in range(shapes[layer][1])]
    for window in windows:
        spans = [window.back(*span, clip) for span in spans]
    return spans


def map_stride(model: Network, layer: str) -> int:
    """How many pixels apart neighboring cells of the layer's maps lie; SIZE for maps of one cell."""
    if len(pixel_spans(model, layer)) == 1:
        return SIZE
    shapes = {"input": (1, SIZE, SIZE), **output_shapes(model.config)}
    return math.prod(max(vertical.stride, 1) for vertical, _ in _windows_before(model, shapes, layer))


def _start(
    model: Network, shapes: dict[str, tuple[int, ...]], layer: str, row: int, column: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns the cell covers on the last map at or before `layer`."""
    shape = shapes[layer]
    height, width = shape[-2:] if len(shape) == 3 else (shape[0], 1)
    if not (0 <= row < height and 0 <= column < width):
        raise NetworkError(f"{layer} has no cell ({row}, {column}); it is {height} x {width}.")
    if len(shape) == 3:
        return (row, row), (column, column)
    names = list(shapes)
    before = names[: names.index(layer) + 1]
    _, map_height, map_width = next(shapes[name] for name in reversed(before) if len(shapes[name]) == 3)
    if any(isinstance(model.get_submodule(name), nn.Linear) for name in before[1:]):
        return (0, map_height - 1), (0, map_width - 1)
    place = row % (map_height * map_width)  # the unit's place on its map, row by row
    return (place // map_width,) * 2, (place % map_width,) * 2


def _windows_before(
    model: Network, shapes: dict[str, tuple[int, ...]], layer: str
) -> Iterator[tuple[_Window, _Window]]:
    """The sliding windows from `layer` back to the image: (vertical, horizontal) each."""
    names = list(shapes)
    for number in range(names.index(layer), 0, -1):
        module, source = model.get_submodule(names[number]), shapes[names[number - 1]]
        if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            vertical, horizontal = (_window(module, axis, source[axis + 1]) for axis in (0, 1))
            yield vertical, horizontal
        elif isinstance(module, Residual):
            yield _both_convolutions(module, source[1]), _both_convolutions(module, source[2])
        elif isinstance(module, TransformerBlock):
            yield _Window(source[1], 0, 0, 1, source[1]), _Window(source[2], 0, 0, 1, source[2])


def _both_convolutions(block: Residual, side: int) -> _Window:
    kernel = block.conv1.kernel_size[0]
    return _Window(2 * kernel - 1, 1, kernel - 1, 1, side)


def _window(module: nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d, axis: int, side: int) -> _Window:
    return _Window(
        kernel=_side(module.kernel_size, axis),
        stride=_side(module.stride, axis),
        padding=_side(module.padding, axis),
        dilation=_side(getattr(module, "dilation", 1), axis),  # average pooling has none
        side=side,
    )


def _side(value: int | str | tuple[int, ...], axis: int) -> int:
    """A module's setting for one axis; PyTorch keeps pairs as tuples and equal sides as one number."""
    picked = value[axis] if isinstance(value, tuple) else value
    return int(picked)
