"""From chosen pooled values back towards the image: the deconvnet of Zeiler and Fergus (2014).

    strongest(values, count)           which pooled values to keep: the largest ones
    unpool(model, passed, layer, keep) a signed picture (28, 28): what the kept values stand for

Every layer is taken backwards: max-pooling puts a value back where its winner was (the "switch"
of this very image), ReLU drops what is negative on the way, a convolution is transposed, with
the same weights and no bias. What the paper does not have: batch normalization and the input's
normalization only scale (their shifts are biases too), average pooling shares a value out
equally, tanh lets everything pass. A residual block hands on what it got and adds what its own
layers make of it on their way back. Attention has no way back: it is no sum with fixed weights.
"""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.data.mnist import STD
from cnnviz.errors import NetworkError
from cnnviz.interpret.pooling import spread
from cnnviz.networks.layers import Normalize, Residual, TransformerBlock
from cnnviz.networks.network import Network
from cnnviz.networks.tracing import LayerRecord, Trace


def strongest(values: Tensor, count: int, channel: int | None = None) -> Tensor:
    """bool, the shape of `values` (C, h, w): the `count` largest positive ones, in one channel or in all.

    Of equal values the first in row-major order is taken first.
    """
    keep = torch.zeros_like(values, dtype=torch.bool)
    candidates = values if channel is None else values[channel]
    order = candidates.flatten().argsort(descending=True, stable=True)[: max(count, 0)]
    chosen = torch.zeros(candidates.numel(), dtype=torch.bool)
    chosen[order] = True
    chosen = chosen.reshape(candidates.shape) & (candidates > 0)
    if channel is None:
        return chosen
    keep[channel] = chosen
    return keep


def unpool(model: Network, passed: Trace, layer: str, keep: Tensor) -> Tensor:
    """(28, 28), signed: the kept outputs of `layer` taken back to the image.

    keep: bool of the layer's output shape; all other outputs are set to zero. Works from any
    convolution, residual block, activation or pooling layer. Raises NetworkError from others.
    """
    if layer not in passed.layers:
        raise NetworkError(f"There is no layer called {layer!r}.")
    if keep.shape != passed[layer].output.shape or keep.ndim != 3:
        raise NetworkError(
            f"{layer} has outputs {tuple(passed[layer].output.shape)}, not {tuple(keep.shape)}."
        )
    x = passed[layer].output * keep
    names = list(passed.layers)
    names = names[: names.index(layer) + 1]
    if any(isinstance(model.get_submodule(name), TransformerBlock) for name in names):
        raise NetworkError(
            "What went through attention cannot be taken back to the picture: its weights are made anew for "
            "every digit."
        )
    with torch.no_grad():
        for name in reversed(names):
            x = _back(model.get_submodule(name), passed[name], x)
    return x[0]


def _back(module: nn.Module, record: LayerRecord, x: Tensor) -> Tensor:
    """One layer backwards: the shape of its output in, the shape of its input out."""
    if isinstance(module, nn.MaxPool2d):
        return _to_switches(record, x)
    if isinstance(module, nn.AvgPool2d):
        _, height, width = record.input.shape
        return spread(x, cast(int, module.kernel_size), height, width)
    if isinstance(module, nn.ReLU):
        return x.clamp(min=0)
    if isinstance(module, nn.BatchNorm2d):
        return _unscaled(module, x)
    if isinstance(module, nn.Conv2d):
        return _transposed(module, record.input.shape[-1], x)
    if isinstance(module, Residual):
        side = x.shape[-1]
        inside = _transposed(module.conv2, side, _unscaled(module.norm2, x))
        inside = inside.clamp(min=0) if isinstance(module.activation, nn.ReLU) else inside
        return x + _transposed(module.conv1, side, _unscaled(module.norm1, inside))
    return x / STD if isinstance(module, Normalize) else x


def _to_switches(record: LayerRecord, x: Tensor) -> Tensor:
    assert record.winners is not None
    placed = torch.zeros_like(record.input).flatten(1)  # (C, H*W)
    placed.scatter_(1, record.winners.flatten(1), x.flatten(1))
    return placed.reshape(record.input.shape)


def _transposed(module: nn.Conv2d, side: int, x: Tensor) -> Tensor:
    """The convolution's transpose, as large as its input was: `side` a side."""
    stride, padding = (cast(tuple[int, int], pair)[0] for pair in (module.stride, module.padding))
    reached = (x.shape[-1] - 1) * stride - 2 * padding + module.kernel_size[0]
    missing = side - reached  # rows that the last stride stepped over
    return F.conv_transpose2d(x, module.weight, stride=stride, padding=padding, output_padding=missing)


def _unscaled(module: nn.Module, x: Tensor) -> Tensor:
    """Through batch normalization, which only scales; through the identity in its place as it is."""
    if not isinstance(module, nn.BatchNorm2d):
        return x
    assert module.running_var is not None
    scale = module.weight / torch.sqrt(module.running_var + module.eps)  # (C,)
    return x * scale[:, None, None]
