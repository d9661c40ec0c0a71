"""How whoever watches a run takes a hand in it: the learning rate from some step on, a record now.

LearningRateChange      one change of the learning rate
TrainingControl        what fit() asks before and after each step; this one never interferes
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cnnviz.errors import ConfigError
from cnnviz.training.config import TrainConfig

HIGHEST_RATE, LARGEST_FACTOR = 10.0, 1_000.0


@dataclass(frozen=True)
class LearningRateChange:
    """After `step` steps the schedule counts `factor` times, or the rate is held at `rate`.

    A later change replaces an earlier one. Raises ConfigError for numbers that cannot work.
    """

    step: int
    factor: float = 1.0
    rate: float | None = None

    def __post_init__(self) -> None:
        if self.rate is not None and not 0 < self.rate <= HIGHEST_RATE:
            raise ConfigError(f"A learning rate must be above 0 and at most {HIGHEST_RATE:g}.")
        if not (math.isfinite(self.factor) and 1 / LARGEST_FACTOR <= self.factor <= LARGEST_FACTOR):
            raise ConfigError(f"A factor must be from {1 / LARGEST_FACTOR:g} to {LARGEST_FACTOR:g}.")

    def applied(self, planned: float) -> float:
        """The rate where the schedule says `planned`."""
        return planned * self.factor if self.rate is None else self.rate

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class TrainingControl:
    """Changes known beforehand and no requests on the way; a run is repeated by its list of changes."""

    def __init__(self, changes: Sequence[LearningRateChange] = (), until: int | None = None):
        """until: a step after which a record is wanted."""
        self.changes = list(changes)
        self.until = until

    def rate(self, step: int, planned: float) -> float:
        """The learning rate of the step after `step` steps."""
        applying = [change for change in self.changes if change.step <= step]
        return applying[-1].applied(planned) if applying else planned

    def look(self, step: int) -> bool:
        """Called after every step; whether a record is wanted at once."""
        return step == self.until


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
