"""The shipped models' cards hold what is promised, and say what the model does."""

import pytest

from cnnviz.cards import fitted_temperature, latency, seed_figures
from cnnviz.checkpoints import load_checkpoint
from cnnviz.networks import NETWORKS, build, parameter_count
from cnnviz.not_digits import KINDS
from cnnviz.train_config import TrainConfig


def test_the_default_models_card() -> None:
    checkpoint = load_checkpoint("default")
    card = checkpoint.card

    assert card["parameters"] == parameter_count(checkpoint.model) <= 60_000
    assert card["temperature"] == pytest.approx(
        fitted_temperature(checkpoint.model, TrainConfig.from_json(card["training"])), rel=0.01
    )
    mislabelled = "pen, writers never trained on"  # one in forty is not the digit it is called
    assert all(
        figures["calibrated_error"] < 0.015 for name, figures in card["test"].items() if name != mislabelled
    )
    assert set(card["no digit"]["found"]) == set(card["no digit"]["unknown"]) == set(KINDS)
    assert card["latency"]["median_ms"] > 0


def test_latency_is_milliseconds() -> None:
    assert 0.01 < latency(build(NETWORKS["eight"]).eval(), times=5) < 1_000


def test_means_over_seeds() -> None:
    cards = [{"seed": seed, "test": {"mnist": {"accuracy": value}}} for seed, value in ((0, 0.99), (1, 0.98))]

    assert seed_figures(cards) == {
        "seeds": [0, 1],
        "mean": {"mnist": 0.985},
        "each": {"mnist": [0.99, 0.98]},
    }
