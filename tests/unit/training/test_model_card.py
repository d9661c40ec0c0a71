"""The shipped models' cards hold what is promised, and say what the model does."""

import pytest

from cnnviz.checkpoints.format import load_checkpoint
from cnnviz.data.non_digits import KINDS
from cnnviz.networks.network import build, parameter_count
from cnnviz.networks.zoo import NETWORKS
from cnnviz.training import model_card
from cnnviz.training.config import TrainConfig
from cnnviz.training.model_card import fitted_temperature, latency, seed_figures

CLEANED = "without items wrong in the original"


@pytest.mark.parametrize(
    ("name", "parameters", "mnist", "pen"),
    [("default", 60_000, 0.994, 0.98), ("best", 500_000, 0.9965, 0.988)],
)
def test_the_readers_cards(name: str, parameters: int, mnist: float, pen: float) -> None:
    checkpoint = load_checkpoint(name)
    card = checkpoint.card

    assert card["parameters"] == parameter_count(checkpoint.model) <= parameters
    again = fitted_temperature(checkpoint.model, TrainConfig.from_json(card["training"]))
    assert again == pytest.approx(1, rel=0.01)  # the fitted one is in the weights
    assert card["folded"]
    assert card["test"][f"mnist, {CLEANED}"]["accuracy"] >= mnist
    assert card["test"][f"pen, {CLEANED}"]["accuracy"] >= pen
    mislabeled = "pen, writers never trained on"  # one in forty is not the digit it is called
    assert all(
        figures["calibration_error"] < 0.015 for part, figures in card["test"].items() if part != mislabeled
    )
    measured = model_card.test_figures(checkpoint.model)
    assert measured.keys() == card["test"].keys()
    for part, figures in measured.items():
        assert figures["accuracy"] == pytest.approx(card["test"][part]["accuracy"], abs=2e-4), part
    assert set(card["no digit"]["found"]) == set(card["no digit"]["unknown"]) == set(KINDS)
    assert card["latency"]["median_ms"] > 0
    assert card["seeds"]["seeds"] == [0, 1, 2, 3, 4]
    for part, accuracies in card["seeds"]["each"].items():
        assert accuracies[0] == card["test"][part]["accuracy"]
        assert card["seeds"]["mean"][part] == pytest.approx(sum(accuracies) / 5, abs=1e-5)


def test_latency_is_milliseconds() -> None:
    assert 0.01 < latency(build(NETWORKS["eight"]).eval(), times=5) < 1_000


def test_means_over_seeds() -> None:
    several = [
        {"seed": seed, "test": {"mnist": {"accuracy": value}}} for seed, value in ((0, 0.99), (1, 0.98))
    ]

    assert seed_figures(several) == {
        "seeds": [0, 1],
        "mean": {"mnist": 0.985},
        "each": {"mnist": [0.99, 0.98]},
    }
