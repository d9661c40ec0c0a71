"""The whole network as one live picture: every number can say where it comes from.

    network_view(model, trace, ...)   draws it and returns the pinned Selection, or None
    payload(model, trace, ...)        what the browser receives: the trace and all weights

The browser holds everything, so that hovering, the arithmetic and the chain back to the pixels
cost no server round trip; only a pinned cell is sent back, for links.
"""

from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor, nn

from cnnviz.data.mnist import MEAN, STD
from cnnviz.networks.layers import PositionEmbedding, Residual, TransformerBlock
from cnnviz.networks.network import Network
from cnnviz.networks.tracing import Trace
from cnnviz.ui.components.shared.loader import component
from cnnviz.ui.components.shared.transport import floats, pack, sent

_show = component("network", state="selected")


@dataclass(frozen=True)
class Selection:
    """One number of the network. channel: map or unit; row and column are 0 for units."""

    layer: str
    channel: int = 0
    row: int = 0
    column: int = 0


def network_view(
    model: Network, trace: Trace, *, key: str, caption: str = "", start: Selection | None = None
) -> Selection | None:
    """Show one forward pass; returns what the visitor pinned, or None.

    start: pinned when the picture first appears; keep it unchanged while it is on screen, because
    equal bytes are not sent again.
    """
    _show(payload(model, trace, caption, start), key=key)
    return pinned(trace, key, start)


def pinned(trace: Trace, key: str, start: Selection | None = None) -> Selection | None:
    """What is pinned in the picture called `key`; None for nothing, or for what this network lacks."""
    cell = sent(key, "selected")
    if cell is None:  # nothing sent yet; a release sends an empty record
        return start
    fields = {"layer", "channel", "row", "column"}
    if not isinstance(cell, dict) or cell.keys() != fields or not isinstance(cell["layer"], str):
        return None
    if not all(type(cell[name]) is int for name in fields - {"layer"}):
        return None
    selection = Selection(**cell)
    return selection if is_cell(trace, selection) else None


def is_cell(trace: Trace, selection: Selection) -> bool:
    """Whether the network has this number."""
    if selection.layer not in {"input", *trace.layers}:
        return False
    shape = trace.image.shape if selection.layer == "input" else trace[selection.layer].output.shape
    sides = {1: (*shape, 1, 1), 2: (1, *shape), 3: tuple(shape)}[len(shape)]
    places = (selection.channel, selection.row, selection.column)
    return all(0 <= place < side for place, side in zip(places, sides, strict=True))


def payload(model: Network, trace: Trace, caption: str = "", start: Selection | None = None) -> bytes:
    """The trace and the weights as pack()ed float32; arrays LAYER and LAYER.weight, LAYER.bias, ..."""
    layers: list[dict[str, Any]] = [{"name": "input", "kind": "Input", "shape": [1, *trace.image.shape]}]
    arrays = {"input": floats(trace.image)}
    for record in trace:
        module = model.get_submodule(record.name)
        settings, tensors = _describe(module)
        if isinstance(module, Residual | PositionEmbedding | TransformerBlock):
            tensors = {"added": record.output - record.input}
        layers.append(
            {"name": record.name, "kind": record.kind, "shape": list(record.output.shape), **settings}
        )
        arrays[record.name] = floats(record.output)
        arrays |= {f"{record.name}.{part}": floats(tensor) for part, tensor in tensors.items()}
    arrays["probabilities"] = floats(trace.probabilities)
    header = {"layers": layers, "caption": caption, "start": asdict(start) if start else None}
    return pack(header, arrays)


def _describe(module: nn.Module) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What a layer's arithmetic needs: its settings, and its weights by name."""
    match module:
        case nn.Conv2d():
            window = _window(module, dilation=pair(module.dilation))
            return window, {"weight": module.weight, "bias": _bias(module)}
        case nn.Linear():
            return {}, {"weight": module.weight, "bias": _bias(module)}
        case nn.BatchNorm2d():
            tensors = {
                "scale": module.weight,
                "shift": module.bias,
                "mean": module.running_mean,
                "variance": module.running_var,
            }
            return {"eps": module.eps}, {name: t for name, t in tensors.items() if t is not None}
        case nn.MaxPool2d() | nn.AvgPool2d():
            return _window(module, dilation=(1, 1)), {}
        case nn.Dropout():
            return {"share": module.p}, {}
        case nn.LayerNorm():
            return {"eps": module.eps}, {"scale": module.weight, "shift": module.bias}
        case Residual():  # the window of its two convolutions together
            reach = pair(module.conv1.kernel_size)[0] - 1
            one = (1, 1)
            sides = {"kernel": (2 * reach + 1,) * 2, "stride": one, "padding": (reach,) * 2, "dilation": one}
            return {"window": sides}, {}
        case _:
            is_normalize = type(module).__name__ == "Normalize"
            return ({"mean": MEAN, "std": STD} if is_normalize else {}), {}


def _window(module: nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d, dilation: tuple[int, int]) -> dict[str, Any]:
    return {
        "kernel": pair(module.kernel_size),
        "stride": pair(module.stride),
        "padding": pair(module.padding),
        "dilation": dilation,
    }


def pair(value: Any) -> tuple[int, int]:
    """PyTorch keeps a setting with equal sides as one number or as a pair."""
    first, second = value if isinstance(value, tuple) else (value, value)
    return int(first), int(second)


def _bias(module: nn.Conv2d | nn.Linear) -> Tensor:
    return module.weight.new_zeros(len(module.weight)) if module.bias is None else module.bias
