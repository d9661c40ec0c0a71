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
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from cnnviz.data import MEAN, STD
from cnnviz.errors import NetworkError

Pool = Literal["max", "average", "none"]
Activation = Literal["relu", "tanh"]
SIZE = 28
CLASSES = 10
PARAMETER_LIMIT = 5_000_000


@dataclass(frozen=True)
class ConvBlock:
    """Convolution, optional batch normalisation, activation, pooling."""

    filters: int
    kernel: int = 3
    stride: int = 1
    padding: int = 0
    batch_norm: bool = False
    pool: Pool = "max"
    pool_size: int = 2  # window and stride


@dataclass(frozen=True)
class NetworkConfig:
    """Everything that determines a network's shape; stored in every checkpoint's card."""

    convs: tuple[ConvBlock, ...] = ()
    dense: tuple[int, ...] = ()  # hidden units before the ten outputs
    dropout: float = 0.0  # share of units dropped before each dense layer
    activation: Activation = "relu"
    normalize: bool = False  # (x - 0.1307) / 0.3081, the training pixels' mean and deviation

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "NetworkConfig":
        """Inverse of as_json. Raises NetworkError when the record is not such a description."""
        try:
            convs = tuple(ConvBlock(**block) for block in record.get("convs", ()))
            config = cls(**{**record, "convs": convs, "dense": tuple(record.get("dense", ()))})
        except (TypeError, AttributeError) as error:
            raise NetworkError(f"This is not a network description: {error}.") from error
        output_shapes(config)
        return config


_CONV32_64 = (ConvBlock(32), ConvBlock(64))
_BEST = (
    ConvBlock(32, kernel=5, batch_norm=True),
    ConvBlock(64, padding=1, batch_norm=True, pool="none"),
    ConvBlock(96, padding=1, batch_norm=True),
    ConvBlock(160, padding=1, batch_norm=True, pool="none"),
    ConvBlock(160, padding=1, batch_norm=True),
)

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
        convs=(
            ConvBlock(6, kernel=5, padding=2, pool="average"),
            ConvBlock(16, kernel=5, pool="average"),
        ),
        dense=(120, 84),
        activation="tanh",
    ),
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
    for module in network:
        if isinstance(module, nn.Conv2d | nn.Linear):
            _initialize(module, generator)
        elif isinstance(module, nn.BatchNorm2d):
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
    parts = ["/".join(str(block.filters) for block in config.convs)] if config.convs else []
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
    _check(config)
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
    activation = {"relu": nn.ReLU, "tanh": nn.Tanh}[config.activation]
    if config.normalize:
        yield "normalize", Normalize()
    channels, side, depth = 1, SIZE, 0
    for depth, block in enumerate(config.convs, 1):
        yield f"conv{depth}", nn.Conv2d(channels, block.filters, block.kernel, block.stride, block.padding)
        if block.batch_norm:
            yield f"norm{depth}", nn.BatchNorm2d(block.filters)
        yield f"{config.activation}{depth}", activation()
        if block.pool != "none":
            pool = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}[block.pool]
            yield f"pool{depth}", pool(block.pool_size)
        channels, side = block.filters, _side_after(block, side)[1]
    yield "flatten", nn.Flatten()
    units = channels * side * side
    for number, hidden in enumerate(config.dense, 1):
        if config.dropout and (config.convs or number > 1):  # never drop raw pixels
            yield f"dropout{number}", Dropout(config.dropout)
        yield f"dense{number}", nn.Linear(units, hidden)
        yield f"{config.activation}{depth + number}", activation()
        units = hidden
    if config.dropout:
        yield f"dropout{len(config.dense) + 1}", Dropout(config.dropout)
    yield "logits", nn.Linear(units, CLASSES)


def _side_after(block: ConvBlock, side: int) -> tuple[int, int]:
    """Map side after the convolution, (W - F + 2P) / S + 1, and after the pooling."""
    convolved = (side - block.kernel + 2 * block.padding) // block.stride + 1
    return convolved, convolved if block.pool == "none" else convolved // block.pool_size


def _check(config: NetworkConfig) -> None:
    if config.activation not in get_args(Activation):
        raise NetworkError(f"The activation must be one of {', '.join(get_args(Activation))}.")
    if not 0 <= config.dropout < 1:
        raise NetworkError("The dropout share must be at least 0 and below 1.")
    if len(config.convs) > 6 or len(config.dense) > 4:
        raise NetworkError("At most 6 convolutions and 4 hidden dense layers.")
    if not all(1 <= units <= 2048 for units in config.dense):
        raise NetworkError("A dense layer has 1 to 2,048 units.")
    side, channels, parameters = SIZE, 1, 0
    for number, block in enumerate(config.convs, 1):
        _check_block(block, number)
        convolved, pooled = _side_after(block, side)
        if convolved < 1:
            raise NetworkError(
                f"conv{number}: a {block.kernel}x{block.kernel} kernel does not fit on a "
                f"{side}x{side} map with padding {block.padding}."
            )
        if pooled < 1:
            raise NetworkError(
                f"pool{number}: a {block.pool_size}x{block.pool_size} window does not fit on a "
                f"{convolved}x{convolved} map."
            )
        parameters += (block.kernel**2 * channels + 1) * block.filters
        side, channels = pooled, block.filters
    units = side * side * channels
    for width in (*config.dense, CLASSES):
        parameters += (units + 1) * width
        units = width
    if parameters > PARAMETER_LIMIT:
        raise NetworkError(f"{parameters:,} parameters are more than the {PARAMETER_LIMIT:,} allowed here.")


def _check_block(block: ConvBlock, number: int) -> None:
    if block.pool not in get_args(Pool):
        raise NetworkError(f"pool{number}: choose one of {', '.join(get_args(Pool))}.")
    limits = {
        "filters": (1, 256),
        "kernel": (1, 15),
        "stride": (1, 4),
        "padding": (0, 7),
        "pool_size": (1, 8),
    }
    for field, (low, high) in limits.items():
        value = getattr(block, field)
        if type(value) is not int or not low <= value <= high:
            raise NetworkError(f"conv{number}: {field} must be a whole number from {low} to {high}.")
    if block.padding > block.kernel - 1:
        raise NetworkError(f"conv{number}: padding {block.padding} would add cells that see only padding.")


def _initialize(module: nn.Conv2d | nn.Linear, generator: torch.Generator) -> None:
    """PyTorch's own default (uniform, He et al. 2015 with a = sqrt 5), from our generator."""
    nn.init.kaiming_uniform_(module.weight, a=math.sqrt(5), generator=generator)
    fan_in = module.weight[0].numel()
    assert module.bias is not None
    nn.init.uniform_(module.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in), generator=generator)
