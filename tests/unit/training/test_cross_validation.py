"""Cross-validation against training by hand, and its statistics against SciPy and by hand."""

from dataclasses import replace

import pytest
import torch
from scipy import stats

from cnnviz.errors import ConfigError
from cnnviz.networks.zoo import NETWORKS
from cnnviz.training.config import TrainConfig
from cnnviz.training.cross_validation import (
    all_folds,
    binomial_standard_error,
    cross_validate,
    fold_parts,
    paired,
    summarize,
)
from cnnviz.training.loop import fit

CONFIG = TrainConfig(network=NETWORKS["mlp"], epochs=1, batch_size=50, train_size=600, validation_size=0)


@pytest.mark.parametrize("stratified", [True, False])
def test_is_fit_on_each_fold(stratified: bool) -> None:
    found = list(cross_validate(CONFIG, 3, stratified, records=4))

    for fold in all_folds(3, stratified):
        mine = [record.progress for record in found if record.fold == fold]
        by_hand = list(fit(CONFIG, *fold_parts(CONFIG, fold), records=4))
        assert [progress.step for progress in mine] == [progress.step for progress in by_hand]
        assert mine[-1].validation_accuracy == by_hand[-1].validation_accuracy
        assert mine[-1].validation_loss == by_hand[-1].validation_loss
        for name, value in by_hand[-1].state.items():
            assert torch.equal(mine[-1].state[name], value)
    assert [record.fold.number for record in found] == sorted(record.fold.number for record in found)


def test_can_be_left_at_any_time() -> None:
    records = cross_validate(CONFIG, 3)
    assert next(records).progress.step == 0
    assert next(records).progress.step > 0
    records.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("folds", [0, 1, 11])
def test_impossible_number_of_folds(folds: int) -> None:
    with pytest.raises(ConfigError, match="from 2 to 10 folds"):
        next(cross_validate(CONFIG, folds))


def test_early_stopping_is_refused() -> None:
    with pytest.raises(ConfigError, match="switch both off"):
        next(cross_validate(replace(CONFIG, validation_size=50, keep_best=True)))


def test_summary_against_scipy() -> None:
    values = [0.97, 0.981, 0.975, 0.969, 0.978]
    found = summarize(values)

    assert found.n == 5
    assert found.mean == pytest.approx(0.9746)
    assert found.standard_deviation == pytest.approx(stats.tstd(values))
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert found.interval == pytest.approx((expected.low, expected.high))


def test_corrected_interval_is_wider_by_the_overlap() -> None:
    """1/5 + 1/4 of the variance instead of 1/5: 1.5 times as wide."""
    found = summarize([0.97, 0.981, 0.975, 0.969, 0.978])
    plain, wide = (high - low for low, high in (found.interval, found.corrected))
    assert wide / plain == pytest.approx(1.5)
    assert sum(found.corrected) / 2 == pytest.approx(found.mean)


def test_spread_by_chance_is_that_of_counting() -> None:
    """Of a thousand folds of 400 digits, each read right with probability 0.9."""
    right = stats.binom(400, 0.9).rvs(1_000, random_state=0)
    assert (right / 400).std() == pytest.approx(binomial_standard_error(0.9, 400), rel=0.05)
    assert binomial_standard_error(1.0, 10) == 0


def test_pairs_against_scipy() -> None:
    first, second = [0.97, 0.98, 0.99], [0.96, 0.975, 0.97]
    expected = stats.ttest_rel(first, second).confidence_interval(0.95)
    assert paired(first, second).interval == pytest.approx((expected.low, expected.high))
    with pytest.raises(ValueError, match="shorter"):
        paired(first, second[:2])


def test_equal_figures_have_no_spread() -> None:
    found = summarize([0.5, 0.5, 0.5])
    assert (found.standard_deviation, found.interval, found.corrected) == (0, (0.5, 0.5), (0.5, 0.5))


def test_one_figure_is_refused() -> None:
    with pytest.raises(ConfigError, match="second fold"):
        summarize([0.9])
