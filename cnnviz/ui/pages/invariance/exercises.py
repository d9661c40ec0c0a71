"""Questions about the current digit and model: what moves along, what stays, what is lost."""

import random

import torch.nn.functional as F

from cnnviz.errors import NetworkError
from cnnviz.interpret.pooling import pooling_layers, window_of
from cnnviz.labs.invariance import equivariance
from cnnviz.labs.quiz import Exercise
from cnnviz.ui.pages.invariance.layers import layers_with_maps
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import current_model, current_trace


def where_to(generator: random.Random) -> Exercise:
    """Convolution: the response at (r, c) goes along with the digit."""
    model, trace = current_model().model, current_trace()
    layer = _layer(layers_with_maps(model), "conv")
    size = trace[layer].output.shape[-1]
    found = equivariance(model, current_digit().image, layer, 0, 0)
    row, column = generator.randrange(size // 3, size // 2), generator.randrange(size // 3, size // 2)
    right, down = (found.stride * generator.randrange(1, 4) for _ in range(2))
    answer = (row + down // found.stride, column + right // found.stride)
    return Exercise(
        "invariance/where",
        f"The digit moves {right} px to the right and {down} px down. In `{layer}` a cell is "
        f"{found.stride} px. "
        f"Where does the response now at row {row}, column {column} go (row, column)?",
        answer,
        f"A convolution moves along: {right} ÷ {found.stride} = {right // found.stride} columns, {down} ÷ "
        f"{found.stride} = {down // found.stride} rows. Row {row} + {down // found.stride} = {answer[0]}, "
        f"column {column} + {right // found.stride} = {answer[1]}.",
    )


def same_value(generator: random.Random) -> Exercise:
    """Pooling: does the winner stay in its window?"""
    model, trace = current_model().model, current_trace()
    pools = [name for name, kind in pooling_layers(model).items() if kind == "max"]
    if not pools:
        raise NetworkError("This network has no max pooling; choose another model for this question.")
    layer = pools[0]
    record, window = trace[layer], window_of(model, layer)
    value, place = F.max_pool2d(record.input[None], window, return_indices=True)
    strong = (value[0] > value.max() / 3).nonzero().tolist()  # windows with a clear winner
    unit, row, column = strong[generator.randrange(len(strong))]
    across = int(place[0, unit, row, column]) % record.input.shape[-1]
    inside = across - column * window
    by = generator.choice((-1, 1))
    stays = 0 <= inside + by < window
    word, where = ("right", "left")[by < 0], f"column {inside} of 0 to {window - 1}"
    return Exercise(
        "invariance/stays",
        f"In window ({row}, {column}) of `{layer}`, map {unit}, the winner sits in {where} of its "
        "window. The "
        f"whole map moves one cell to the {word}. Is that winner still in the same window?",
        "yes" if stays else "no",
        f"It goes to column {inside + by}, which is {'inside' if stays else 'outside'} 0 to {window - 1}. "
        + ("The pooled value can only grow." if stays else "Another cell may win, with another value."),
        choices=("yes", "no"),
    )


def exactly(generator: random.Random) -> Exercise:
    """The shifts under which a layer is exactly equivariant are the multiples of its stride."""
    model = current_model().model
    layers = [name for name in layers_with_maps(model) if name.startswith("pool")]
    layer = generator.choice(layers) if layers else _layer(layers_with_maps(model), "conv")
    stride = equivariance(model, current_digit().image, layer, 0, 0).stride
    return Exercise(
        "invariance/multiple",
        "By how many pixels, at least, must the digit move (more than 0) so that every map of "
        f"`{layer}` moves "
        "along by whole cells?",
        float(stride),
        f"One cell of `{layer}` is {stride} px: the product of all strides up to there. Any multiple of "
        f"{stride} moves the maps by whole cells; anything else cuts the strokes at other places.",
    )


def _layer(layers: list[str], kind: str) -> str:
    found = [name for name in layers if name.startswith(kind)]
    if not found:
        raise NetworkError("This network has no convolution; choose another model for this question.")
    return found[-1]


MAKERS = {"Where does it go?": where_to, "Does the winner stay?": same_value, "When is it exact?": exactly}
