"""What determines a network's shape, and what cannot be built, said in words.

NetworkConfig    ordered convolutions, then perhaps attention, then dense layers
check(config)    NetworkError that names the layer which does not fit
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from cnnviz.errors import NetworkError

Pool = Literal["max", "average", "none"]
Activation = Literal["relu", "tanh"]
SIZE = 28
CLASSES = 10
PARAMETER_LIMIT = 5_000_000
WORD_LIMIT = 200  # attention compares every two of them


@dataclass(frozen=True)
class ConvBlock:
    """Convolution, optional batch normalization, activation, pooling.

    skip: two such convolutions instead of one, and the input added to what they make: x + F(x).
    """

    filters: int
    kernel: int = 3
    stride: int = 1
    padding: int = 0
    batch_norm: bool = False
    pool: Pool = "max"
    pool_size: int = 2  # window and stride
    skip: bool = False


@dataclass(frozen=True)
class Patches:
    """The maps, or the picture itself, cut into patches: words that attend to each other, as in ViT."""

    side: int = 7  # of a patch, cells
    width: int = 48  # numbers a word
    rounds: int = 2  # attention layers
    heads: int = 4


@dataclass(frozen=True)
class NetworkConfig:
    """Everything that determines a network's shape; stored in every checkpoint's card."""

    convs: tuple[ConvBlock, ...] = ()
    dense: tuple[int, ...] = ()  # hidden units before the ten outputs
    dropout: float = 0.0  # share of units dropped before each dense layer
    activation: Activation = "relu"
    normalize: bool = False  # (x - 0.1307) / 0.3081, the training pixels' mean and deviation
    patches: Patches | None = None  # between the convolutions and the dense layers

    def as_json(self) -> dict[str, Any]:
        """What is not used is left out, so that older networks are described as they always were."""
        record = asdict(self)
        for block in record["convs"]:
            if not block["skip"]:
                del block["skip"]
        if self.patches is None:
            del record["patches"]
        return record

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "NetworkConfig":
        """Inverse of as_json. Raises NetworkError when the record is not such a description."""
        try:
            convs = tuple(ConvBlock(**block) for block in record.get("convs", ()))
            patches = Patches(**record["patches"]) if record.get("patches") else None
            parts = {"convs": convs, "dense": tuple(record.get("dense", ())), "patches": patches}
            config = cls(**{**record, **parts})
            check(config)
        except (TypeError, AttributeError) as error:
            raise NetworkError(f"This is not a network description: {error}.") from error
        return config


def layer_name(block: ConvBlock, number: int) -> str:
    return f"{'block' if block.skip else 'conv'}{number}"


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Places of a sliding window along an axis of `size` cells; below 1 where it fits nowhere.

    floor((W + 2P - D (F - 1) - 1) / S) + 1, as Dumoulin and Visin (2016) and PyTorch have it.
    """
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def side_after(block: ConvBlock, side: int) -> tuple[int, int]:
    """Map side after the convolution and after the pooling."""
    convolved = output_size(side, block.kernel, block.stride, block.padding)
    pooled = convolved if block.pool == "none" else output_size(convolved, block.pool_size, block.pool_size)
    return convolved, pooled


def check(config: NetworkConfig) -> None:
    """Raise NetworkError for an impossible network, or one too large for here."""
    if config.activation not in get_args(Activation):
        raise NetworkError(f"The activation must be one of {', '.join(get_args(Activation))}.")
    if not 0 <= config.dropout < 1:
        raise NetworkError("The dropout share must be at least 0 and below 1.")
    if len(config.convs) > 6 or len(config.dense) > 4:
        raise NetworkError("At most 6 convolutions and 4 hidden dense layers.")
    if not all(1 <= units <= 2048 for units in config.dense):
        raise NetworkError("A dense layer has 1 to 2,048 units.")
    parameters = sum(_parameters(config))
    if parameters > PARAMETER_LIMIT:
        raise NetworkError(f"{parameters:,} parameters are more than the {PARAMETER_LIMIT:,} allowed here.")


def _parameters(config: NetworkConfig) -> Iterator[int]:
    """Each part's weights and biases, about, after it was found to fit what is before it."""
    side, channels = SIZE, 1
    for number, block in enumerate(config.convs, 1):
        _check_block(block, number)
        _check_fit(block, number, side, channels)
        yield (block.kernel**2 * channels + 1) * block.filters * (1 + block.skip)
        side, channels = side_after(block, side)[1], block.filters
    if config.patches:
        width = config.patches.width
        _check_patches(config.patches, side)
        yield (config.patches.side**2 * channels + 1) * width + 12 * width**2 * config.patches.rounds
        side, channels = 1, width
    units = side * side * channels
    for width in (*config.dense, CLASSES):
        yield (units + 1) * width
        units = width


def _check_block(block: ConvBlock, number: int) -> None:
    name = layer_name(block, number)
    if block.pool not in get_args(Pool):
        raise NetworkError(f"pool{number}: choose one of {', '.join(get_args(Pool))}.")
    limits = {
        "filters": (1, 256),
        "kernel": (1, 15),
        "stride": (1, 4),
        "padding": (0, 7),
        "pool_size": (1, 8),
    }
    _check_limits(name, block, limits)
    if block.padding > block.kernel - 1:
        raise NetworkError(f"{name}: padding {block.padding} would add cells that see only padding.")


def _check_fit(block: ConvBlock, number: int, side: int, channels: int) -> None:
    name = layer_name(block, number)
    convolved, pooled = side_after(block, side)
    if convolved < 1:
        raise NetworkError(
            f"{name}: a {block.kernel}x{block.kernel} kernel does not fit on a "
            f"{side}x{side} map with padding {block.padding}."
        )
    if block.skip and (block.stride != 1 or convolved != side):
        raise NetworkError(
            f"{name}: what a skip connection adds must keep its size: an odd kernel, stride 1 and half a "
            "kernel of padding (1 for 3x3)."
        )
    if block.skip and block.filters != channels:
        raise NetworkError(
            f"{name}: a skip connection adds what came in, {channels} map{'s' * (channels > 1)}, so there "
            f"must be {channels} filter{'s' * (channels > 1)}."
        )
    if pooled < 1:
        raise NetworkError(
            f"pool{number}: a {block.pool_size}x{block.pool_size} window does not fit on a "
            f"{convolved}x{convolved} map."
        )


def _check_patches(patches: Patches, side: int) -> None:
    limits = {"side": (1, SIZE), "width": (4, 256), "rounds": (1, 6), "heads": (1, 16)}
    _check_limits("patches", patches, limits)
    words = output_size(side, patches.side, patches.side) ** 2
    if not words:
        raise NetworkError(f"patches: a side of {patches.side} does not fit on a {side}x{side} map.")
    if words > WORD_LIMIT:
        raise NetworkError(
            f"patches: {words} words are too many to compare each with each; at most {WORD_LIMIT}."
        )
    if patches.width % patches.heads:
        raise NetworkError(f"patches: {patches.width} numbers cannot be shared among {patches.heads} heads.")


def _check_limits(name: str, part: ConvBlock | Patches, limits: dict[str, tuple[int, int]]) -> None:
    for field, (low, high) in limits.items():
        value = getattr(part, field)
        if type(value) is not int or not low <= value <= high:
            raise NetworkError(f"{name}: {field} must be a whole number from {low} to {high}.")
