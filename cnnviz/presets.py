"""The recipes the train page offers first: what their sources state, and what ours reach.

PRESETS          name in RECIPES -> Preset
measured(name)   five seeds of it, as tests/benchmarks/presets.py found them
"""

import functools
import json
import statistics
from dataclasses import dataclass

from cnnviz.data import ASSETS

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
    "fast": Preset("Fast", "Made for 99.0 % in one epoch"),
    "balanced": Preset("Balanced", "Made for 99.5 % in a few minutes"),
    "long": Preset("Long", "Twenty epochs of turned and bent digits"),
    "classic": Preset("Classic · 34,826 parameters", "Its source states 99.07 %"),
    "wide": Preset("Wide · 32/64, dense 128", "Its source states about 99 %"),
    "padded": Preset("Padded · 16/32", "Its source states no figure"),
    "eight": Preset("Eight filters · 12,000 digits", "Its source states 95–96 %"),
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
