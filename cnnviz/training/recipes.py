"""The recipes the train page offers first: what their sources state, and what ours reach.

PRESETS          name in RECIPES -> Preset
measured(name)   five seeds of it, as tests/benchmarks/presets.py found them
"""

import functools
import json
import statistics
from dataclasses import dataclass, replace

from cnnviz.data.augmentation import Augmentation
from cnnviz.io.assets import ASSETS
from cnnviz.networks.network import ConvBlock, NetworkConfig
from cnnviz.networks.zoo import NETWORKS
from cnnviz.training.config import TrainConfig

FILE = ASSETS / "presets.json"


@dataclass(frozen=True)
class Preset:
    title: str
    stated: str  # the figure of the document it comes from; of our own, what it is made for


@dataclass(frozen=True)
class Measured:
    """One value a seed, 0 first: after the last epoch, on MNIST's 10,000 test digits."""

    accuracies: tuple[float, ...]
    losses: tuple[float, ...]
    epoch_seconds: float  # one core of the machine it was measured on

    @property
    def accuracy(self) -> float:
        return statistics.fmean(self.accuracies)

    @property
    def spread(self) -> float:
        """Standard deviation over the seeds."""
        return statistics.stdev(self.accuracies)

    @property
    def loss(self) -> float:
        return statistics.fmean(self.losses)


PRESETS = {
    "fast": Preset("Fast", "Made for 99.0% in one epoch"),
    "balanced": Preset("Balanced", "Made for 99.5% in a few minutes"),
    "long": Preset("Long", "Twenty epochs of turned and bent digits"),
    "classic": Preset("Classic · 34,826 parameters", "Its source states 99.07%"),
    "wide": Preset("Wide · 32/64, dense 128", "Its source states about 99%"),
    "padded": Preset("Padded · 16/32", "Its source states no figure"),
    "eight": Preset("Eight filters · 12,000 digits", "Its source states 95–96%"),
}


@functools.lru_cache(maxsize=1)
def measurements() -> dict[str, Measured]:
    record = json.loads(FILE.read_text())
    return {
        name: Measured(tuple(part["accuracies"]), tuple(part["losses"]), part["epoch_seconds"])
        for name, part in record["presets"].items()
    }


def measured(name: str) -> Measured | None:
    return measurements().get(name)


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
