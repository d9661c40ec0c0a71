"""What the network page adds to its picture: the address of the pinned number, and the code.

first_selection(trace)      what the address, or the last visit, says to pin
keep_selection(selection)   write it into the address
program(...)                a short program that computes the pinned number twice
"""

import streamlit as st
from torch import nn

from cnnviz.networks.layers import PositionEmbedding, Residual, TransformerBlock
from cnnviz.networks.network import Network
from cnnviz.networks.tracing import Trace
from cnnviz.ui.components.network.network import Selection, is_cell, pair
from cnnviz.ui.state.current_digit import CurrentDigit
from cnnviz.ui.state.current_model import CurrentModel
from cnnviz.ui.state.query_params import NetworkPage, show
from cnnviz.ui.widgets.code_panel import opening

_LAST = "_network_selection"


def first_selection(trace: Trace) -> Selection | None:
    """The number to pin when the picture appears; None when there is none or it does not exist."""
    found: Selection | None = st.session_state.get(_LAST)
    layer, channel, cell = (
        each.asked(found) for each in (NetworkPage.layer, NetworkPage.channel, NetworkPage.cell)
    )
    if layer is not None:
        numbers = [channel or "0", *(cell or "0,0").split(",")]
        if len(numbers) != 3 or not all(number.isdecimal() and len(number) < 7 for number in numbers):
            return None
        found = Selection(layer, *map(int, numbers))
    return found if found and is_cell(trace, found) else None


def keep_selection(selection: Selection | None) -> None:
    """Remember it for the next visit of the page, and keep the address in step."""
    st.session_state[_LAST] = selection
    layer = channel = cell = None
    if selection is not None:
        layer, channel = selection.layer, str(selection.channel)
        cell = f"{selection.row},{selection.column}" if selection.row or selection.column else None
    show({NetworkPage.layer.name: layer, NetworkPage.channel.name: channel, NetworkPage.cell.name: cell})


def program(chosen: CurrentModel, digit: CurrentDigit, trace: Trace, selection: Selection | None) -> str:
    """Python that prints a number as traced and as computed from its inputs; they agree."""
    names = list(trace.layers)
    cell = selection or Selection(names[-1], int(trace.probabilities.argmax()))
    if cell.layer == "input":
        return opening(chosen, digit) + f"print(image[{cell.row}, {cell.column}])\n"
    place = f"{cell.channel}" + (f", {cell.row}, {cell.column}" if trace[cell.layer].output.ndim == 3 else "")
    return (
        opening(chosen, digit)
        + f'layer = trace(model, image)["{cell.layer}"]\n'
        + "inputs, module = layer.input, model."
        + f"{cell.layer}\n"
        + _by_hand(chosen.model, cell, place)
        + f"print(layer.output[{place}], by_hand)\n"
        + _probability(names[-1], cell)
    )


def _by_hand(model: Network, cell: Selection, place: str) -> str:
    """The lines that set `by_hand` for one cell of a layer."""
    module = model.get_submodule(cell.layer)
    match module:
        case nn.Conv2d():
            weight, bias = f"module.weight[{cell.channel}]", f"module.bias[{cell.channel}]"
            return (
                _padded(pair(module.padding))
                + f"patch = inputs[:, {_window(module, cell)}]  # of every input map\n"
                + f"by_hand = (patch * {weight}).sum() + {bias}\n"
            )
        case nn.MaxPool2d() | nn.AvgPool2d():
            verb = "max" if isinstance(module, nn.MaxPool2d) else "mean"
            return f"by_hand = inputs[{cell.channel}, {_window(module, cell)}].{verb}()\n"
        case nn.Linear():
            return f"by_hand = inputs @ module.weight[{cell.channel}] + module.bias[{cell.channel}]\n"
        case nn.BatchNorm2d():
            parts = {"weight": "scale", "bias": "shift", "running_mean": "mean", "running_var": "variance"}
            names = ", ".join(parts.values())
            values = ", ".join(f"module.{name}[{cell.channel}]" for name in parts)
            return (
                f"{names} = {values}\n"
                f"by_hand = (inputs[{place}] - mean) / (variance + module.eps).sqrt() * scale + shift\n"
            )
        case nn.LayerNorm():
            return (
                "scaled = (inputs - inputs.mean()) / (inputs.var(correction=0) + module.eps).sqrt()\n"
                f"by_hand = (scaled * module.weight + module.bias)[{place}]\n"
            )
        case Residual():
            return (
                "inside = module.activation(module.norm1(module.conv1(inputs[None])))\n"
                f"by_hand = inputs[{place}] + module.norm2(module.conv2(inside))[0, {place}]\n"
            )
        case PositionEmbedding():
            return f"by_hand = inputs[{place}] + module.places[{place}]\n"
        case TransformerBlock():
            return (
                "tokens = inputs.flatten(1).T[None]  # (1, cells, numbers of each)\n"
                "tokens = tokens + module.proj(module.attend(module.norm1(tokens)))\n"
                "tokens = tokens + module.fc2(module.activation(module.fc1(module.norm2(tokens))))\n"
                f"by_hand = tokens[0].T.reshape(inputs.shape)[{place}]\n"
            )
        case nn.ReLU():
            return f"by_hand = inputs[{place}].clamp(min=0)\n"
        case nn.Tanh():
            return f"by_hand = inputs[{place}].tanh()\n"
        case nn.Flatten():
            return f"by_hand = inputs.ravel()[{cell.channel}]\n"
        case nn.Dropout():
            return f"by_hand = inputs[{place}]  # nothing is dropped while reading\n"
        case _:
            return f"by_hand = (inputs[{place}] - 0.1307) / 0.3081\n"


def _window(module: nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d, cell: Selection) -> str:
    """The rows and columns under the window, as slices."""
    places = zip((cell.row, cell.column), pair(module.stride), pair(module.kernel_size), strict=True)
    return ", ".join(f"{at * stride}:{at * stride + side}" for at, stride, side in places)


def _padded(padding: tuple[int, int]) -> str:
    """torch.nn.functional.pad counts from the last axis: left, right, top, bottom."""
    if not any(padding):
        return ""
    rows, columns = padding
    return f"inputs = torch.nn.functional.pad(inputs, {(columns, columns, rows, rows)})\n"


def _probability(last: str, cell: Selection) -> str:
    return "print(layer.output.softmax(0))  # ten probabilities\n" if cell.layer == last else ""
