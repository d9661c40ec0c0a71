"""Questions about shapes and counts, for stacks made anew each time."""

import random

from cnnviz.errors import NetworkError
from cnnviz.labs.architectures.layer_arithmetic import EXERCISE, LayerSpec, walk
from cnnviz.labs.architectures.weight_sharing import count_weights
from cnnviz.labs.quiz import Exercise


def flattening(generator: random.Random) -> Exercise:
    """130 × 130 × 3 through two convolutions and poolings, or a stack like it."""
    shape, layers = ((130, 130, 3), EXERCISE) if generator.random() < 0.3 else _stack(generator)
    rows = walk(shape, layers)
    code = "  \n".join(f"`{_pytorch(layer, depth)}`" for layer, depth in _with_depth(shape, layers))
    steps = ", ".join(" × ".join(map(str, row.shape)) for row in rows[:-1])
    return Exercise(
        "architectures/flattening",
        f"A picture of {' × '.join(map(str, shape))} goes through  \n{code}  \nHow many numbers come out of "
        "Flatten?",
        float(rows[-1].shape[0]),
        f"{steps}, so {rows[-1].shape_formula}.",
    )


def parameters(generator: random.Random) -> Exercise:
    """K·F·F·D + K."""
    filters, size, depth = (
        generator.choice((8, 16, 20, 32, 64)),
        generator.choice((1, 3, 5)),
        generator.choice((1, 3, 16)),
    )
    row = walk((32, 32, depth), [LayerSpec("convolution", filters, size)])[0]
    return Exercise(
        "architectures/parameters",
        f"How many parameters has a convolution of {filters} filters, {size} × {size}, over {depth} "
        f"map{'s' * (depth > 1)}, biases included?",
        float(row.parameters),
        f"K·F·F·D + K = {row.parameter_formula}.",
    )


def dense_or_shared(generator: random.Random) -> Exercise:
    """How many times more weights a dense layer has."""
    side, units = generator.choice((16, 28, 32, 64)), generator.choice((64, 128, 256))
    filters, kernel = generator.choice((8, 16, 32)), generator.choice((3, 5))
    counts = count_weights(side, units, filters, kernel)
    dense, shared = counts["dense"].weights, counts["shared"].weights
    return Exercise(
        "architectures/sharing",
        f"A picture of {side} × {side} pixels. How many more weights, without biases, has a dense layer of "
        f"{units} "
        f"units than a convolution of {filters} filters, {kernel} × {kernel}?",
        float(dense - shared),
        f"{side}·{side}·{units} = {dense:,}; {filters}·{kernel}·{kernel} = {shared:,}; the difference is "
        f"{dense - shared:,}.",
    )


def _stack(generator: random.Random) -> tuple[tuple[int, int, int], tuple[LayerSpec, ...]]:
    """Two convolutions, each with a pooling, that fit."""
    while True:
        side, depth = generator.randrange(28, 160, 2), generator.choice((1, 3))
        first, second = generator.choice((3, 5, 7)), generator.choice((3, 5))
        layers = (
            LayerSpec("convolution", generator.choice((6, 10, 16)), first, generator.choice((1, 2))),
            LayerSpec("max pooling", 0, 2, 2),
            LayerSpec(
                "convolution", generator.choice((16, 20, 32)), second, 1, generator.choice((0, second // 2))
            ),
            LayerSpec("max pooling", 0, 2, 2),
            LayerSpec("flatten"),
        )
        try:
            walk((side, side, depth), layers)
        except NetworkError:
            continue
        return (side, side, depth), layers


def _with_depth(shape: tuple[int, int, int], layers: tuple[LayerSpec, ...]) -> list[tuple[LayerSpec, int]]:
    """Each layer with the number of maps it is given."""
    depths = [shape[2], *(row.shape[-1] for row in walk(shape, layers))]
    return list(zip(layers, depths[:-1], strict=True))


def _pytorch(layer: LayerSpec, depth: int) -> str:
    if layer.kind == "flatten":
        return "nn.Flatten()"
    if layer.kind == "max pooling":
        return f"nn.MaxPool2d({layer.size}, {layer.stride})"
    padding = f", padding={layer.padding}" if layer.padding else ""
    stride = f", stride={layer.stride}" if layer.stride > 1 else ""
    return f"nn.Conv2d({depth}, {layer.filters}, {layer.size}{stride}{padding})"


MAKERS = {
    "How many come out?": flattening,
    "How many parameters?": parameters,
    "Dense or shared?": dense_or_shared,
}
