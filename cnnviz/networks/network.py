"""The networks, each an ordered list of named layers.

    NETWORKS                  name -> NetworkConfig of every network cnnviz knows
    build(config, seed)       a Network with PyTorch's default initialization, from its own seed
    evaluated(model)          the model in evaluation mode, without a change of the one given
    layer_table(config)       name, kind, output shape and parameters of every layer
    shape_title(config)       its filters and hidden units in a few characters

A Network takes float32 (N, 1, 28, 28) in [0, 1] and returns logits (N, 10). Its own
normalization is its first layer, so that no caller can forget it. Activations are modules,
never the functional form: gradient rules (guided backpropagation) attach to modules.
"""

import copy
import functools
import math
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

from cnnviz.errors import NetworkError
from cnnviz.networks.config import (
    CLASSES,
    SIZE,
    Activation,
    ConvBlock,
    NetworkConfig,
    Patches,
    Pool,
    check,
    layer_name,
    output_size,
    side_after,
)
from cnnviz.networks.layers import Dropout, Normalize, PositionEmbedding, Residual, TransformerBlock
from cnnviz.networks.zoo import NETWORKS, TITLES, config_of

__all__ = [
    "CLASSES", "NETWORKS", "SIZE", "TITLES", "WEIGHTED", "Activation", "ConvBlock", "Dropout", "LayerRow",
    "Network", "NetworkConfig", "Normalize", "Patches", "Pool", "build", "config_of", "layer_table",
    "output_shapes", "parameter_count", "pool_first", "shape_title",
]  # fmt: skip

Model = TypeVar("Model", bound=nn.Module)
WEIGHTED = (nn.Conv2d, nn.Linear, Residual, TransformerBlock)  # the layers that learn what to look for


@dataclass(frozen=True)
class LayerRow:
    """One row of a layer table. shape: the output's, without the batch dimension."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


class Network(nn.Sequential):
    """Ordered named layers; `config` says how to build it again."""

    def __init__(self, config: NetworkConfig):
        super().__init__(OrderedDict(_layers(config)))
        self.config = config


def build(config: NetworkConfig, seed: int = 0) -> Network:
    """A new network with PyTorch's default initialization drawn from `seed` alone."""
    network = unfilled(config)
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            _initialize(module, generator)
        elif isinstance(module, nn.BatchNorm2d | nn.LayerNorm | PositionEmbedding):
            module.reset_parameters()
    return network


def unfilled(config: NetworkConfig) -> Network:
    """A new network for weights that are at hand; what it holds until then is arbitrary."""
    with torch.device("meta"):  # without values, so that the global generator is left alone
        network = Network(config)
    # Not to_empty(), which imports a computer algebra system to lay out tensors.
    empty = {name: torch.empty(kept.shape, dtype=kept.dtype) for name, kept in network.state_dict().items()}
    network.load_state_dict(empty, assign=True)
    return network


def evaluated(model: Model, kind: type[nn.Module] = nn.Module) -> Model:
    """The model in evaluation mode, for a public function to run: nothing of the given one is changed.

    A model in evaluation mode is its own; one in training is stood in for by modules of its kind on the
    very same tensors. Raises NetworkError for what is no model of this kind.
    """
    check_model(model, kind)
    return twin(model) if any(module.training for module in model.modules()) else model


def check_model(model: object, kind: type[nn.Module] = nn.Module) -> None:
    """Raises NetworkError for what is no model of this kind."""
    if not isinstance(model, kind):
        raise NetworkError(
            f"A {kind.__name__} is needed here, such as load_model() gives, not {type(model).__name__}."
        )


def twin(model: Model) -> Model:
    """Modules of the same kind in evaluation mode on the very same tensors: modes and hooks are its own."""
    tensors = {id(tensor): tensor for tensor in chain(model.parameters(), model.buffers())}
    return copy.deepcopy(model, tensors).eval()


@contextmanager
def taking(images: Tensor) -> Iterator[None]:
    """Says which images a model was given when its layers refuse them. Raises NetworkError."""
    try:
        yield
    except (RuntimeError, AttributeError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        raise NetworkError(f"The model cannot read images {tuple(images.shape)} ({reason}).") from error


def pool_first(network: nn.Sequential) -> nn.Sequential:
    """The very layers of a network, with max pooling before ReLU: the same function in less time.

    The largest of a window stays the largest after ReLU, so that weights and gradients come out
    bit for bit the same, while ReLU has a quarter of the cells to visit (in a 2x2 window).
    """
    layers = list(network)
    for place in range(len(layers) - 1):
        if isinstance(layers[place], nn.ReLU) and isinstance(layers[place + 1], nn.MaxPool2d):
            layers[place], layers[place + 1] = layers[place + 1], layers[place]
    return nn.Sequential(*layers)


def shape_title(config: NetworkConfig) -> str:
    """Filters and hidden units in a few characters: "16/32, dense 128"."""
    parts = ["/".join(f"{block.filters}{'+' * block.skip}" for block in config.convs)] if config.convs else []
    if config.patches:
        parts.append(f"{config.patches.rounds} × attention on {config.patches.width}")
    if config.dense:
        parts.append("dense " + "/".join(map(str, config.dense)))
    return ", ".join(parts) or "no hidden layer"


def parameter_count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def layer_table(config: NetworkConfig) -> list[LayerRow]:
    """One row a layer, in order. Raises NetworkError for an impossible shape."""
    return list(_layer_table(config))


def output_shapes(config: NetworkConfig) -> dict[str, tuple[int, ...]]:
    """Layer name -> output shape without batch. Raises NetworkError that says which layer fails."""
    return {row.name: row.shape for row in _layer_table(config)}


@functools.lru_cache(maxsize=256)
def _layer_table(config: NetworkConfig) -> tuple[LayerRow, ...]:
    """Kept, because pages ask at every rerun and the answer needs a network."""
    check(config)
    with torch.device("meta"):  # without values
        network = Network(config)
    shape: tuple[int, ...] = (1, SIZE, SIZE)
    rows = []
    for name, module in network.named_children():
        shape = _shape_after(module, shape)
        rows.append(LayerRow(name, type(module).__name__, shape, parameter_count(module)))
    return tuple(rows)


def _shape_after(module: nn.Module, shape: tuple[int, ...]) -> tuple[int, ...]:
    """By arithmetic: running the layers on "meta" would import PyTorch's compiler, two seconds' work."""
    if isinstance(module, nn.Conv2d):
        (kernel, _), (stride, _), padding = module.kernel_size, module.stride, int(module.padding[0])
        return module.out_channels, *(output_size(side, kernel, stride, padding) for side in shape[1:])
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        window = cast(int, module.kernel_size)
        return shape[0], *(output_size(side, window, window) for side in shape[1:])
    if isinstance(module, nn.Flatten):
        return (math.prod(shape),)
    return (module.out_features,) if isinstance(module, nn.Linear) else shape


def _layers(config: NetworkConfig) -> Iterator[tuple[str, nn.Module]]:
    """(name, module) in order; names count convolutions, activations and dense layers from 1."""
    if config.normalize:
        yield "normalize", Normalize()
    channels, side, depth = 1, SIZE, 0
    for depth, block in enumerate(config.convs, 1):
        yield from _conv_layers(block, depth, channels, config.activation)
        channels, side = block.filters, side_after(block, side)[1]
    if config.patches:
        depth += 1
        yield from _patch_layers(config.patches, depth, channels, side)
        channels, side = config.patches.width, 1
    else:
        yield "flatten", nn.Flatten()
    units = channels * side * side
    for number, hidden in enumerate(config.dense, 1):
        if config.dropout and (depth or number > 1):  # never drop raw pixels
            yield f"dropout{number}", Dropout(config.dropout)
        yield f"dense{number}", nn.Linear(units, hidden)
        yield f"{config.activation}{depth + number}", _ACTIVATIONS[config.activation]()
        units = hidden
    if config.dropout:
        yield f"dropout{len(config.dense) + 1}", Dropout(config.dropout)
    yield "logits", nn.Linear(units, CLASSES)


_ACTIVATIONS: dict[Activation, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh}
_POOLS = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}


def _conv_layers(
    block: ConvBlock, number: int, channels: int, activation: Activation
) -> Iterator[tuple[str, nn.Module]]:
    name, function = layer_name(block, number), _ACTIVATIONS[activation]
    if block.skip:
        yield name, Residual(channels, block.kernel, block.batch_norm, function)
    else:
        yield name, nn.Conv2d(channels, block.filters, block.kernel, block.stride, block.padding)
        if block.batch_norm:
            yield f"norm{number}", nn.BatchNorm2d(block.filters)
    yield f"{activation}{number}", function()
    if block.pool != "none":
        yield f"pool{number}", _POOLS[block.pool](block.pool_size)


def _patch_layers(patches: Patches, number: int, channels: int, side: int) -> Iterator[tuple[str, nn.Module]]:
    """Words stay maps, one cell a word; at the end their mean, normalized."""
    side = output_size(side, patches.side, patches.side)
    yield "patches", nn.Conv2d(channels, patches.width, patches.side, patches.side)
    yield "places", PositionEmbedding(patches.width, side)
    for round_number in range(1, patches.rounds + 1):
        yield f"attention{round_number}", TransformerBlock(patches.width, patches.heads)
    yield f"pool{number}", nn.AvgPool2d(side)
    yield "flatten", nn.Flatten()
    yield f"norm{number}", nn.LayerNorm(patches.width)


def _initialize(module: nn.Conv2d | nn.Linear, generator: torch.Generator) -> None:
    """PyTorch's own default (uniform, He et al. 2015 with a = sqrt 5), from our generator."""
    nn.init.kaiming_uniform_(module.weight, a=math.sqrt(5), generator=generator)
    fan_in = module.weight[0].numel()
    if module.bias is not None:
        nn.init.uniform_(module.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in), generator=generator)
