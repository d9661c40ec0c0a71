"""Folds against scikit-learn and against what the word means."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.model_selection import KFold, StratifiedKFold

from cnnviz.data.mnist import load_mnist
from cnnviz.errors import ConfigError
from cnnviz.training import datasets
from cnnviz.training.config import TrainConfig
from cnnviz.training.cross_validation import Fold, all_folds, fold_counts, fold_parts

CONFIG = TrainConfig(train_size=1_003, validation_size=0, seed=3)


def numbers(digits: torch.Tensor) -> list[bytes]:
    return [digit.numpy().tobytes() for digit in digits]


@pytest.mark.parametrize("stratified", [True, False])
@pytest.mark.parametrize("count", [2, 7, 10])
def test_every_digit_is_held_out_exactly_once(count: int, stratified: bool) -> None:
    parts = [fold_parts(CONFIG, fold) for fold in all_folds(count, stratified)]
    held_out = [image for _, part in parts for image in numbers(part.images)]

    training_set = set(numbers(load_mnist().train.images))
    assert len(held_out) == CONFIG.train_size
    assert len(set(held_out)) == len(set(held_out) & training_set) == CONFIG.train_size
    for learned, part in parts:
        assert len(learned) + len(part) == CONFIG.train_size
        assert set(numbers(learned.images)) == set(held_out) - set(numbers(part.images))
    sizes = [len(part) for _, part in parts]
    assert stratified or max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize(("kind", "stratified"), [(KFold, False), (StratifiedKFold, True)])
def test_parts_are_scikit_learns(kind: type, stratified: bool) -> None:
    config = replace(CONFIG, train_size=60_000)
    order = torch.randperm(60_000, generator=torch.Generator().manual_seed(config.seed))
    labels = load_mnist().train.labels[order].numpy()
    expected = kind(5, shuffle=True, random_state=config.seed).split(labels, labels)
    for fold, (learned, held_out) in zip(all_folds(5, stratified), expected, strict=True):
        training_part, part = fold_parts(config, fold)
        assert np.array_equal(part.labels.numpy(), labels[held_out])
        assert np.array_equal(training_part.labels.numpy(), labels[learned])


def test_counts_differ_by_chance_or_hardly_at_all() -> None:
    plain, stratified = fold_counts(CONFIG, 5, False), fold_counts(CONFIG, 5, True)

    assert plain.shape == stratified.shape == (5, 10)
    assert plain.sum() == stratified.sum() == CONFIG.train_size
    for fold, row in zip(all_folds(5), stratified, strict=True):
        assert row.tolist() == fold_parts(CONFIG, fold)[1].labels.bincount(minlength=10).tolist()
    assert np.ptp(stratified, axis=0).max() <= 1
    assert np.ptp(plain, axis=0).max() > 5


def test_equal_seeds_deal_equal_parts_and_others_do_not() -> None:
    first, again = (fold_parts(CONFIG, Fold(1, 4))[1] for _ in range(2))
    other = fold_parts(replace(CONFIG, seed=4), Fold(1, 4))[1]

    assert torch.equal(first.images, again.images)
    assert numbers(first.images) != numbers(other.images)


def test_pen_digits_are_learned_from_and_never_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "pen_training_digits", lambda seed, _: load_mnist().test[: 10 + seed])
    plain, pen = CONFIG, replace(CONFIG, data="mnist+pen")
    for fold in all_folds(3):
        assert torch.equal(fold_parts(plain, fold)[1].images, fold_parts(pen, fold)[1].images)
        assert len(fold_parts(pen, fold)[0]) == len(fold_parts(plain, fold)[0]) + 10 + CONFIG.seed


def test_shares_thin_what_is_learned_and_not_what_is_held_out() -> None:
    config = replace(CONFIG, class_shares=(1, 1, 1, 1, 1, 1, 1, 1, 1, 0))
    learned, held_out = fold_parts(config, Fold(0, 5))

    assert 9 in held_out.labels
    assert 9 not in learned.labels


@pytest.mark.parametrize(("number", "count"), [(0, 1), (0, 11), (0, 0), (5, 5), (-1, 5)])
def test_impossible_folds(number: int, count: int) -> None:
    with pytest.raises(ConfigError, match="fold"):
        Fold(number, count)


@pytest.mark.parametrize("count", [-1, 0, 1, 11])
def test_impossible_numbers_of_folds(count: int) -> None:
    with pytest.raises(ConfigError, match="from 2 to 10 folds"):
        all_folds(count)


def test_too_few_digits_to_stratify_is_a_sentence() -> None:
    few = replace(CONFIG, train_size=100, seed=0)
    with pytest.raises(ConfigError, match="take more digits or fewer folds"):
        fold_parts(few, Fold(0, 10))
    assert len(fold_parts(few, Fold(0, 10, stratified=False))[1]) == 10


@pytest.mark.parametrize("setting", [{"patience": 2}, {"keep_best": True}])
def test_choosing_by_what_is_measured_is_refused(setting: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="switch both off"):
        fold_parts(replace(CONFIG, validation_size=100, **setting), Fold(0, 5))


def test_json() -> None:
    assert Fold.from_json(Fold(2, 5, False).as_json()) == Fold(2, 5, False)
    for record in ({}, {"number": 1}, {"number": 1, "folds": 3, "hat": 1}):
        with pytest.raises(ConfigError, match="describe a fold"):
            Fold.from_json(record)
    with pytest.raises(ConfigError):
        Fold.from_json({"number": "1", "folds": 3})
