"""k-fold cross-validation: every digit is held out once, and k trainings show how much is luck.

cross_validate(...)     trains fold after fold; yields FoldProgress
summarize(...)          mean, spread and intervals of the folds' figures
by_chance(...)          the spread that counting so few digits gives by itself
paired(...)             the same of the differences between two recipes on the same folds
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

from cnnviz.errors import ConfigError
from cnnviz.folds import Fold, all_folds, fold_parts
from cnnviz.train_config import TrainConfig
from cnnviz.training import Progress, fit

LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class FoldProgress:
    """Where the training of one fold stands; its validation figures are of the held-out digits."""

    fold: Fold
    progress: Progress


@dataclass(frozen=True)
class Score:
    """What one fold's network made of the digits held out from it."""

    fold: int
    accuracy: float
    loss: float  # mean cross-entropy, nats


@dataclass(frozen=True)
class Summary:
    """What n figures say together; all in the figures' own unit."""

    n: int
    mean: float
    deviation: float  # sample standard deviation, n - 1 below the line
    interval: tuple[float, float]  # 95 % for the mean (Student's t), as if the folds were independent
    corrected: tuple[float, float]  # the same, for folds that share most of their training digits


def cross_validate(
    config: TrainConfig, folds: int = 5, stratified: bool = True, records: int = 30
) -> Iterator[FoldProgress]:
    """Train `folds` networks, each on all parts but one, and measure each on the part left out.

    Yields about `records` times a fold; a fold's last record has its score. Raises ConfigError.
    """
    for fold in all_folds(folds, stratified):
        for progress in fit(config, *fold_parts(config, fold), records=records):
            yield FoldProgress(fold, progress)


def summarize(values: Sequence[float]) -> Summary:
    """Mean, spread and 95 % intervals of at least two figures, one a fold.

    The folds' networks share training digits, so their figures vary less than those of networks
    that share none, and the plain interval is too narrow. The corrected one takes the variance of
    the mean to be 1 / n + held out / trained on = 1 / n + 1 / (n - 1) of the figures' own, as
    Nadeau and Bengio do ("Inference for the Generalization Error", 2003). Raises ConfigError.
    """
    n = len(values)
    if n < 2:
        raise ConfigError("One figure has no spread; wait for a second fold.")
    mean = math.fsum(values) / n
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    reach = student_t(n) * deviation
    plain, wide = reach * math.sqrt(1 / n), reach * math.sqrt(1 / n + 1 / (n - 1))
    return Summary(n, mean, deviation, (mean - plain, mean + plain), (mean - wide, mean + wide))


def student_t(n: int) -> float:
    """How many standard errors a 95 % interval reaches to both sides, for n figures."""
    return float(stdtrit(n - 1, (1 + LEVEL) / 2))


def by_chance(accuracy: float, digits: int) -> float:
    """The standard deviation of folds of so many digits, each read right with the same probability."""
    return math.sqrt(accuracy * (1 - accuracy) / digits)


def paired(values: Sequence[float], others: Sequence[float]) -> Summary:
    """Of two recipes on the same folds, in the same order: what `values` is above `others`."""
    return summarize([value - other for value, other in zip(values, others, strict=True)])
