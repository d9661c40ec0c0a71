"""The figures the train page tells to expect belong to recipes there are, and add up."""

import statistics

import pytest

from cnnviz.networks.network import ConvBlock, NetworkConfig, build, parameter_count
from cnnviz.networks.zoo import NETWORKS
from cnnviz.runs.run import network_title
from cnnviz.training.config import TrainConfig
from cnnviz.training.recipes import PRESETS, RECIPES, Measured, measurements


def test_every_preset_is_a_recipe_with_its_sources_settings() -> None:
    assert RECIPES.keys() >= PRESETS.keys()
    told = {
        name: (recipe.epochs, recipe.batch_size, recipe.learning_rate, recipe.optimizer, recipe.schedule)
        for name, recipe in RECIPES.items()
    }
    assert told["classic"] == (15, 128, 1e-3, "adam", "constant")
    assert told["wide"] == (5, 64, 1e-3, "adam", "constant")
    assert told["padded"] == (10, 64, 1e-3, "adam", "constant")
    assert told["eight"] == (10, 32, 1e-3, "adam", "constant")
    assert RECIPES["classic"].validation_size == 6_000
    assert RECIPES["eight"].train_size == 12_000
    assert RECIPES["wide"].network.normalize
    assert parameter_count(build(RECIPES["classic"].network)) == 34_826
    assert RECIPES["fast"].epochs == 1


def test_mean_and_spread() -> None:
    found = Measured((0.98, 0.99, 1.0), (0.1, 0.2, 0.3), 5.0)

    assert found.accuracy == pytest.approx(0.99)
    assert found.spread == pytest.approx(statistics.stdev([98, 99, 100]) / 100)
    assert found.loss == pytest.approx(0.2)


def test_measured_presets_are_known_and_plausible() -> None:
    assert measurements().keys() <= PRESETS.keys()
    for name, found in measurements().items():
        assert len(found.accuracies) == len(found.losses) >= 2, name
        assert all(0.9 < accuracy < 1 for accuracy in found.accuracies), name
        assert found.epoch_seconds > 0


def test_runs_are_called_by_their_preset_or_by_their_shape() -> None:
    assert network_title(RECIPES["fast"]) == "Fast"
    assert network_title(RECIPES["classic"]) == "Classic"
    edited = NetworkConfig(convs=(ConvBlock(16), ConvBlock(32)))
    assert network_title(TrainConfig(network=edited)) == "Own network · 16/32"
    assert len({network_title(TrainConfig(network=network)) for network in NETWORKS.values()}) == len(
        NETWORKS
    )
