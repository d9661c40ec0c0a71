"""What determines a training run, and recipes worth starting from.

TrainConfig             equal configurations give equal weights, on the same machine
RECIPES                 named configurations: one a network or shipped model, and fast, balanced and long
learning_rate_at(...)   the schedule: the rate of every step
"""

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from cnnviz.augmentation import Augmentation
from cnnviz.errors import ConfigError
from cnnviz.networks import CLASSES, NETWORKS, ConvBlock, NetworkConfig

Optimizer = Literal["sgd", "momentum", "adam", "adamw"]
Schedule = Literal["constant", "step", "cosine", "one_cycle"]
DataSet = Literal["mnist", "mnist+pen"]
Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class TrainConfig:
    """One training run. Raises ConfigError when a value is out of range."""

    network: NetworkConfig = NETWORKS["classic"]
    epochs: int = 2
    batch_size: int = 128
    learning_rate: float = 1e-3  # the highest of the schedule
    optimizer: Optimizer = "adam"
    momentum: float = 0.9  # of the optimiser called momentum; the others have their own or none
    schedule: Schedule = "constant"
    weight_decay: float = 0.0
    label_smoothing: float = 0.0  # share of the target spread over all classes
    precision: Precision = "float32"  # of the layers' products; bfloat16 only where the processor has it
    augmentation: Augmentation = field(default_factory=Augmentation)
    data: DataSet = "mnist"
    pen_variants: int = 8  # copies of each pen digit, every one varied as by another hand
    train_size: int = 60_000  # MNIST digits used, before validation is held back
    validation_size: int = 5_000  # of those, held back to choose by; 0 trains on all
    class_shares: tuple[float, ...] = (1.0,) * CLASSES  # of each digit's training pictures, how many are used
    patience: int = 0  # validations without a better one after which the run ends early; 0: never
    keep_best: bool = False  # end with the weights of the best validation instead of the last
    seed: int = 0

    def __post_init__(self) -> None:
        limits: dict[str, tuple[float, float]] = {
            "epochs": (1, 100),
            "batch_size": (1, 2048),
            "learning_rate": (1e-6, 10),
            "momentum": (0, 0.999),
            "patience": (0, 100),
            "weight_decay": (0, 1),
            "pen_variants": (1, 32),
            "label_smoothing": (0, 0.5),
            "train_size": (100, 60_000),
            "validation_size": (0, 30_000),
            "seed": (0, 2**31 - 1),
        }
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                label = name.replace("_", " ").capitalize()
                raise ConfigError(f"{label} must be from {_plain(low)} to {_plain(high)}.")
        choices = {"optimizer": Optimizer, "schedule": Schedule, "data": DataSet, "precision": Precision}
        for name, literal in choices.items():
            if getattr(self, name) not in get_args(literal):
                raise ConfigError(f"{name} must be one of {', '.join(get_args(literal))}.")
        if len(self.class_shares) != CLASSES or not all(0 <= share <= 1 for share in self.class_shares):
            raise ConfigError("There must be ten class shares, each from 0 to 1.")
        if sum(share > 0 for share in self.class_shares) < 2:
            raise ConfigError("At least two digits must be left to tell apart.")
        if (self.patience or self.keep_best) and not self.validation_size:
            raise ConfigError("Early stopping and the best weights need validation digits; hold some back.")
        if self.validation_size >= self.train_size:
            raise ConfigError("The validation part must be smaller than the training set.")

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"network": self.network.as_json()}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "TrainConfig":
        """Inverse of as_json. Raises ConfigError or NetworkError."""
        try:
            nested = {
                "network": NetworkConfig.from_json(record["network"]),
                "augmentation": Augmentation(**record["augmentation"]),
                "class_shares": tuple(record.get("class_shares", (1.0,) * CLASSES)),
            }
            return cls(**{**record, **nested})
        except (TypeError, KeyError) as error:
            raise ConfigError(f"This is not a training configuration: {error}.") from error


_CLASSIC = TrainConfig(epochs=15, batch_size=128, validation_size=6_000)

# Reads what people draw: MNIST and pen digits together.
_READER = TrainConfig(
    network=NETWORKS["default"],
    epochs=16,
    batch_size=256,
    learning_rate=1e-2,
    optimizer="adamw",
    schedule="one_cycle",
    weight_decay=0.02,
    # A quarter stays sharp and upright: turned and bent, sevens and ones with a flat flag are alike.
    augmentation=Augmentation(shift=1.5, rotate=8, scale=0.1, shear=6, elastic=0.8, share=0.75),
    label_smoothing=0.05,
    data="mnist+pen",
    pen_variants=12,
)

# The most accurate in the least time: a small network, one wave of a high learning rate.
_FAST = TrainConfig(
    network=NetworkConfig(convs=(ConvBlock(12, kernel=5), ConvBlock(32, batch_norm=True)), dense=(128,)),
    epochs=1,
    batch_size=128,
    learning_rate=1e-2,
    optimizer="adamw",
    schedule="one_cycle",
    validation_size=2_000,
)
_BALANCED = replace(
    _FAST,
    network=NetworkConfig(convs=(ConvBlock(24, kernel=5), ConvBlock(32, batch_norm=True)), dense=(256,)),
    epochs=6,
    learning_rate=7e-3,
    weight_decay=0.02,
    label_smoothing=0.05,
    augmentation=Augmentation(shift=1),
)
_LONG = replace(
    _BALANCED,
    network=NetworkConfig(
        convs=(ConvBlock(24, kernel=5), ConvBlock(64, kernel=5, batch_norm=True)), dropout=0.2
    ),
    epochs=20,
    augmentation=Augmentation(shift=1, rotate=8, scale=0.08, shear=6, elastic=0.8),
)

RECIPES: dict[str, TrainConfig] = {
    "fast": _FAST,
    "balanced": _BALANCED,
    "long": _LONG,
    "default": _READER,
    "best": replace(
        _READER,
        network=NETWORKS["best"],
        epochs=16,
        learning_rate=6e-3,
        precision="bfloat16",
    ),
    "classic": _CLASSIC,
    "augmented": replace(_CLASSIC, augmentation=Augmentation(shift=4, rotate=30, scale=0.25)),
    "padded": replace(_CLASSIC, network=NETWORKS["padded"], epochs=10, batch_size=64),
    "wide": replace(_CLASSIC, network=NETWORKS["wide"], epochs=5, batch_size=64),
    "eight": replace(
        _CLASSIC,
        network=NETWORKS["eight"],
        epochs=10,
        batch_size=32,
        train_size=12_000,
        validation_size=1_000,
    ),
    "mlp": replace(_CLASSIC, network=NETWORKS["mlp"], epochs=10),
    "lenet5": replace(_CLASSIC, network=NETWORKS["lenet5"], epochs=10),
    "vgg": replace(_FAST, network=NETWORKS["vgg"], epochs=3, learning_rate=5e-3),
    "resnet": replace(_FAST, network=NETWORKS["resnet"], epochs=3),
    "vit": replace(_FAST, network=NETWORKS["vit"], epochs=10, learning_rate=3e-3),
}


def _plain(limit: float) -> str:
    """10,000 or 0.000001, never 1e-06."""
    return f"{limit:,.6f}".rstrip("0").rstrip(".")


def learning_rate_at(config: TrainConfig, step: int, steps: int) -> float:
    """The rate of step n of `steps`.

    constant; step: a tenth after each third; cosine: half a wave down to zero (Loshchilov and
    Hutter 2017); one cycle (Smith 2018): linear warm-up over 30 %, then the same half wave.
    """
    rate = config.learning_rate
    if config.schedule == "constant":
        return rate
    if config.schedule == "step":
        return rate * 0.1 ** (3 * step // max(steps, 1))
    warm = 0.3 * steps if config.schedule == "one_cycle" else 0.0
    if step < warm:
        return rate * (0.04 + 0.96 * step / warm)
    return rate * (1 + math.cos(math.pi * (step - warm) / max(steps - warm, 1))) / 2
