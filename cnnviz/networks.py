"""The networks, each an ordered list of named layers.

    NETWORKS                  name -> NetworkConfig of every network cnnviz knows
    build(config, seed)       a Network with PyTorch's default initialisation, from its own seed
    layer_table(config)       name, kind, output shape and parameters of every layer
    shape_title(config)       its filters and hidden units in a few characters

A Network takes float32 (N, 1, 28, 28) in [0, 1] and returns logits (N, 10). Its own
normalisation is its first layer, so that no caller can forget it. Activations are modules,
never the functional form: gradient rules (guided backpropagation) attach to modules.
"""

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from cnnviz.blocks import Attention, Places, Residual
from cnnviz.data import MEAN, STD
from cnnviz.errors import NetworkError
from cnnviz.network_config import (
    CLASSES,
    SIZE,
    Activation,
    ConvBlock,
    NetworkConfig,
    Patches,
    Pool,
    check,
    layer_name,
    side_after,
)

__all__ = [
    "CLASSES", "NETWORKS", "SIZE", "TITLES", "WEIGHTED", "Activation", "ConvBlock", "Dropout", "LayerRow",
    "Network", "NetworkConfig", "Normalize", "Patches", "Pool", "build", "config_of", "layer_table",
    "output_shapes", "parameter_count", "pool_first", "shape_title",
]  # fmt: skip

WEIGHTED = (nn.Conv2d, nn.Linear, Residual, Attention)  # the layers that learn what to look for

_CONV32_64 = (ConvBlock(32), ConvBlock(64))
_BEST = (
    ConvBlock(32, kernel=5, batch_norm=True),
    ConvBlock(64, padding=1, batch_norm=True, pool="none"),
    ConvBlock(96, padding=1, batch_norm=True),
    ConvBlock(160, padding=1, batch_norm=True, pool="none"),
    ConvBlock(160, padding=1, batch_norm=True),
)
_IN_PAIRS: tuple[Pool, ...] = ("none", "max")
_BLOCK32 = ConvBlock(32, padding=1, batch_norm=True, skip=True)

NETWORKS: dict[str, NetworkConfig] = {
    # Two layers one can look into, as in `classic`, with larger kernels and batch normalisation.
    "default": NetworkConfig(
        convs=(ConvBlock(24, kernel=5, batch_norm=True), ConvBlock(64, kernel=5, batch_norm=True)),
        dropout=0.2,
    ),
    # The most accurate: five convolutions, about 460,000 parameters.
    "best": NetworkConfig(convs=_BEST, dropout=0.3),
    # 34,826 parameters; dropout 0.5 and one dense layer.
    "classic": NetworkConfig(convs=_CONV32_64, dropout=0.5),
    # Two convolutions with padding 1 and a 128-unit dense layer.
    "padded": NetworkConfig(convs=(ConvBlock(16, padding=1), ConvBlock(32, padding=1)), dense=(128,)),
    # As `classic`, with a 128-unit dense layer and normalised input.
    "wide": NetworkConfig(convs=_CONV32_64, dense=(128,), normalize=True),
    # One layer of eight filters: small enough to follow by hand.
    "eight": NetworkConfig(convs=(ConvBlock(8),), dense=(128,)),
    # No convolution at all: the baseline that must learn every position anew.
    "mlp": NetworkConfig(dense=(512, 512), dropout=0.2),
    # LeNet-5 (LeCun et al. 1998) with full connections in the second convolution.
    "lenet5": NetworkConfig(
        convs=(ConvBlock(6, kernel=5, padding=2, pool="average"), ConvBlock(16, kernel=5, pool="average")),
        dense=(120, 84),
        activation="tanh",
    ),
    # Two 3 x 3 kernels in a row before each pooling (Simonyan and Zisserman 2014).
    "vgg": NetworkConfig(
        convs=tuple(
            ConvBlock(filters, padding=1, pool=pool) for filters in (16, 32, 48) for pool in _IN_PAIRS
        )
    ),
    # Two residual blocks on 14 x 14, one on 7 x 7 (He et al. 2015).
    "resnet": NetworkConfig(
        convs=(
            ConvBlock(32, stride=2, padding=1, batch_norm=True, pool="none"),
            replace(_BLOCK32, pool="none"),
            _BLOCK32,
            replace(_BLOCK32, pool="average"),
        )
    ),
    # Sixteen 7 x 7 patches, two rounds of attention (Dosovitskiy et al. 2020).
    "vit": NetworkConfig(patches=Patches()),
}

# Of the shipped models; `augmented` is the network `classic`, trained on moved digits.
TITLES = {
    "default": "Default · 24/64, batch norm",
    "best": "Best · five convolutions",
    "classic": "Classic · 32/64, dropout",
    "augmented": "Augmented · classic, moved digits",
    "padded": "Padded · 16/32, dense 128",
    "wide": "Wide · 32/64, dense 128",
    "eight": "Eight · 8 filters",
    "mlp": "MLP · no convolution",
    "lenet5": "LeNet-5 · 1998",
    "vgg": "Small VGG · 3 × 3 in pairs",
    "resnet": "Small ResNet · skip connections",
    "vit": "Small ViT · patches, attention",
}


@dataclass(frozen=True)
class LayerRow:
    """One row of a layer table. shape: the output's, without the batch dimension."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


class Normalize(nn.Module):
    """(x - mean) / std with the training pixels' mean and standard deviation."""

    def forward(self, x: Tensor) -> Tensor:
        return (x - MEAN) / STD

    def extra_repr(self) -> str:
        return f"mean={MEAN}, std={STD}"


class Dropout(nn.Dropout):
    """nn.Dropout that draws from `generator` when it has one, so that a run can be repeated."""

    generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.generator is None:
            return super().forward(x)
        keep = torch.empty_like(x).bernoulli_(1 - self.p, generator=self.generator)
        return x * keep / (1 - self.p)


class Network(nn.Sequential):
    """Ordered named layers; `config` says how to build it again."""

    def __init__(self, config: NetworkConfig):
        super().__init__(OrderedDict(_layers(config)))
        self.config = config


def build(config: NetworkConfig, seed: int = 0) -> Network:
    """A new network with PyTorch's default initialisation drawn from `seed` alone."""
    with torch.device("meta"):  # without values, so that the global generator is left alone
        network = Network(config)
    # Not to_empty(), which imports a computer algebra system to lay out tensors.
    empty = {name: torch.empty(kept.shape, dtype=kept.dtype) for name, kept in network.state_dict().items()}
    network.load_state_dict(empty, assign=True)
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            _initialize(module, generator)
        elif isinstance(module, nn.BatchNorm2d | nn.LayerNorm | Places):
            module.reset_parameters()
    return network


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


def config_of(name: str) -> NetworkConfig:
    """The configuration called `name`. Raises NetworkError for a name nobody knows."""
    if name not in NETWORKS:
        raise NetworkError(f"There is no network called {name!r}; choose one of {', '.join(NETWORKS)}.")
    return NETWORKS[name]


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
    shapes = output_shapes(config)
    return [
        LayerRow(name, type(module).__name__, shapes[name], parameter_count(module))
        for name, module in Network(config).named_children()
    ]


def output_shapes(config: NetworkConfig) -> dict[str, tuple[int, ...]]:
    """Layer name -> output shape without batch. Raises NetworkError that says which layer fails."""
    check(config)
    with torch.device("meta"):
        network = Network(config)
    shape: tuple[int, ...] = (1, SIZE, SIZE)
    shapes = {}
    for name, module in network.named_children():
        shape = shapes[name] = _shape_after(module, shape)
    return shapes


def _shape_after(module: nn.Module, shape: tuple[int, ...]) -> tuple[int, ...]:
    """By arithmetic: running the layers on "meta" would import PyTorch's compiler, two seconds' work."""
    if isinstance(module, nn.Conv2d):
        (kernel, _), (stride, _), padding = module.kernel_size, module.stride, int(module.padding[0])
        return module.out_channels, *((side - kernel + 2 * padding) // stride + 1 for side in shape[1:])
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        return shape[0], *(side // int(module.kernel_size) for side in shape[1:])  # type: ignore[arg-type]
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
    """Words stay maps, one cell a word; at the end their mean, normalised."""
    side //= patches.side
    yield "patches", nn.Conv2d(channels, patches.width, patches.side, patches.side)
    yield "places", Places(patches.width, side)
    for round_number in range(1, patches.rounds + 1):
        yield f"attention{round_number}", Attention(patches.width, patches.heads)
    yield f"pool{number}", nn.AvgPool2d(side)
    yield "flatten", nn.Flatten()
    yield f"norm{number}", nn.LayerNorm(patches.width)


def _initialize(module: nn.Conv2d | nn.Linear, generator: torch.Generator) -> None:
    """PyTorch's own default (uniform, He et al. 2015 with a = sqrt 5), from our generator."""
    nn.init.kaiming_uniform_(module.weight, a=math.sqrt(5), generator=generator)
    fan_in = module.weight[0].numel()
    if module.bias is not None:
        nn.init.uniform_(module.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in), generator=generator)
