"""k-fold cross-validation: every digit is held out once, and k trainings show how much is luck.

cross_validate(...)     trains fold after fold; yields FoldProgress
summarize(...)          mean, spread and intervals of the folds' figures
binomial_standard_error(...)          the spread that counting so few digits gives by itself
paired(...)             the same of the differences between two recipes on the same folds
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import stdtrit

from cnnviz.data.mnist import TRAIN_SIZE, Digits, load_mnist, split
from cnnviz.errors import ConfigError
from cnnviz.networks.network import CLASSES
from cnnviz.training.config import TrainConfig
from cnnviz.training.datasets import completed
from cnnviz.training.loop import Progress, fit

LEVEL = 0.95


@dataclass(frozen=True)
class Fold:
    """The `number`-th of `folds` parts, counted from 0. Raises ConfigError when there is no such."""

    kind: ClassVar[str] = "fold"

    number: int
    folds: int
    stratified: bool = True  # every part has the same share of each digit, as nearly as can be

    def __post_init__(self) -> None:
        if not FEWEST <= self.folds <= MOST:
            raise ConfigError(f"There can be from {FEWEST} to {MOST} folds.")
        if not 0 <= self.number < self.folds:
            raise ConfigError(f"Of {self.folds} folds there is no number {self.number}; the first is 0.")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Fold":
        """Inverse of as_json. Raises ConfigError."""
        try:
            return cls(**record)
        except TypeError as error:
            raise ConfigError(f"This does not describe a fold: {error}.") from error


def all_folds(folds: int, stratified: bool = True) -> list[Fold]:
    """Every part in order. Raises ConfigError."""
    return [Fold(number, folds, stratified) for number in range(max(folds, 1))]


def fold_parts(config: TrainConfig, fold: Fold) -> tuple[Digits, Digits]:
    """(training, held-out) digits of one fold; what is held out is MNIST only. Raises ConfigError."""
    digits = _chosen(config)
    learned, held_out = splits(digits, fold.folds, fold.stratified, config.seed)[fold.number]
    return completed(config, digits[torch.from_numpy(learned)]), digits[torch.from_numpy(held_out)]


def fold_counts(config: TrainConfig, folds: int, stratified: bool) -> NDArray[np.int64]:
    """How often each digit is among what each fold holds out: (folds, 10)."""
    digits = _chosen(config)
    labels = digits.labels.numpy()
    parts = splits(digits, folds, stratified, config.seed)
    return np.array([np.bincount(labels[held_out], minlength=CLASSES) for _, held_out in parts])


def splits(
    digits: Digits, folds: int, stratified: bool, seed: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Of each fold the indices (training, held-out), as scikit-learn deals them out."""
    # Here and not above: it takes a second, and who starts a run needs no more than Fold.
    from sklearn.model_selection import KFold, StratifiedKFold

    counts = digits.labels.bincount()
    rarest = int(counts[counts > 0].min())
    if stratified and rarest < folds:
        raise ConfigError(
            f"The rarest digit comes {rarest} times, not once for each of {folds} folds; "
            "take more digits or fewer folds."
        )
    kind = StratifiedKFold if stratified else KFold
    dealer = kind(folds, shuffle=True, random_state=seed)
    return list(dealer.split(np.zeros(len(digits)), digits.labels.numpy()))


def check_recipe(config: TrainConfig) -> None:
    """Refuse what would make the folds' figures too good. Raises ConfigError."""
    if config.patience or config.keep_best:
        raise ConfigError(
            "Early stopping and best weights would be chosen by the very digits they are then "
            "measured on; switch both off to cross-validate."
        )


def _chosen(config: TrainConfig) -> Digits:
    """The digits that are dealt into folds: those a training run would use."""
    check_recipe(config)
    return split(load_mnist().train, TRAIN_SIZE - config.train_size, config.seed)[0]


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
    standard_deviation: float  # sample standard deviation, n - 1 below the line
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
    standard_deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    reach = student_t(n) * standard_deviation
    plain, wide = reach * math.sqrt(1 / n), reach * math.sqrt(1 / n + 1 / (n - 1))
    return Summary(n, mean, standard_deviation, (mean - plain, mean + plain), (mean - wide, mean + wide))


def student_t(n: int) -> float:
    """How many standard errors a 95 % interval reaches to both sides, for n figures."""
    return float(stdtrit(n - 1, (1 + LEVEL) / 2))


def binomial_standard_error(accuracy: float, digits: int) -> float:
    """The standard deviation of folds of so many digits, each read right with the same probability."""
    return math.sqrt(accuracy * (1 - accuracy) / digits)


def paired(values: Sequence[float], others: Sequence[float]) -> Summary:
    """Of two recipes on the same folds, in the same order: what `values` is above `others`."""
    return summarize([value - other for value, other in zip(values, others, strict=True)])


FEWEST, MOST = 2, 10
