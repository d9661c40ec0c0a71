"""The parts of a cross-validation: which digits each fold holds out and which it learns from.

Fold                    which part is held out
fold_parts(...)         its (training, held-out) digits
fold_counts(...)        how many of each digit every held-out part has

The parts are scikit-learn's KFold and StratifiedKFold over shuffled digits of MNIST's training
part; the 10,000 test digits are never looked at. Equal configurations give equal parts.
"""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from cnnviz.data import TRAIN_SIZE, Digits, load_mnist, split
from cnnviz.errors import ConfigError
from cnnviz.networks import CLASSES
from cnnviz.train_config import TrainConfig
from cnnviz.training import completed

FEWEST, MOST = 2, 10


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
    learnt, held_out = splits(digits, fold.folds, fold.stratified, config.seed)[fold.number]
    return completed(config, digits[torch.from_numpy(learnt)]), digits[torch.from_numpy(held_out)]


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
