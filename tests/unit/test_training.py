"""fit learns, repeats exactly, can be stopped, and leaves the world as it was."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from cnnviz.augmentation import Augmentation
from cnnviz.data import Digits, load_mnist
from cnnviz.errors import ConfigError
from cnnviz.networks import NETWORKS, build
from cnnviz.train_config import RECIPES, TrainConfig, learning_rate_at
from cnnviz.training import Progress, fit, load_parts

TINY = TrainConfig(
    network=NETWORKS["eight"],
    epochs=2,
    batch_size=50,
    learning_rate=3e-3,
    train_size=600,
    validation_size=100,
)


@pytest.fixture(scope="module")
def parts() -> tuple[Digits, Digits]:
    return load_parts(TINY)


def run(config: TrainConfig, parts: tuple[Digits, Digits]) -> list[Progress]:
    return list(fit(config, *parts))


def test_it_learns(parts: tuple[Digits, Digits]) -> None:
    records = run(TINY, parts)
    first, last = records[0], records[-1]

    assert (first.step, last.step, last.steps) == (0, 20, 20)
    assert first.validation_accuracy is not None
    assert last.validation_accuracy is not None
    assert last.validation_accuracy > max(0.6, first.validation_accuracy + 0.3)
    assert last.epoch == 2


@pytest.mark.parametrize(
    "extra", [{}, {"augmentation": Augmentation(2, 10, 0.1, 5, 1), "network": NETWORKS["classic"]}]
)
def test_equal_configurations_give_equal_weights(parts: tuple[Digits, Digits], extra: dict) -> None:
    config = replace(TINY, epochs=1, **extra)
    states = [run(config, parts)[-1].state for _ in range(2)]
    other = run(replace(config, seed=1), parts)[-1].state

    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    assert not torch.equal(states[0]["conv1.weight"], other["conv1.weight"])


def test_first_step_is_plain_sgd(parts: tuple[Digits, Digits]) -> None:
    """Against autograd by hand: w - rate * dL/dw on the same batch."""
    config = replace(TINY, optimizer="sgd", learning_rate=0.1, batch_size=500, epochs=1)
    network = build(config.network, config.seed)
    images, labels = parts[0].images.unsqueeze(1).float() / 255, parts[0].labels.long()

    loss = F.cross_entropy(network(images), labels)
    (gradient,) = torch.autograd.grad(loss, [network.conv1.weight])
    learnt = run(config, parts)[-1]

    assert torch.allclose(
        learnt.state["conv1.weight"], (network.conv1.weight - 0.1 * gradient).detach(), atol=1e-5
    )
    assert learnt.loss == pytest.approx(float(loss.detach()), rel=1e-4)


def test_stopping_early_keeps_what_was_learnt(parts: tuple[Digits, Digits]) -> None:
    iterator = fit(TINY, *parts)
    next(iterator)
    progress = next(iterator)
    iterator.close()

    initial = build(TINY.network, TINY.seed).conv1.weight
    assert progress.step == 1
    assert not torch.equal(progress.state["conv1.weight"], initial)


def test_progress_keeps_copies(parts: tuple[Digits, Digits]) -> None:
    records = run(replace(TINY, epochs=1), parts)

    assert not torch.equal(records[0].state["conv1.weight"], records[-1].state["conv1.weight"])


def test_global_generator_is_left_alone(parts: tuple[Digits, Digits]) -> None:
    before = torch.get_rng_state()

    run(replace(TINY, network=NETWORKS["classic"], epochs=1), parts)

    assert torch.equal(before, torch.get_rng_state())


def test_parts_are_disjoint_pieces_of_the_training_set() -> None:
    training, validation = load_parts(TINY)

    assert (len(training), len(validation)) == (500, 100)
    seen = {image.numpy().tobytes() for image in training.images}
    assert not seen & {image.numpy().tobytes() for image in validation.images}
    assert not seen & {image.numpy().tobytes() for image in load_mnist().test.images}


def test_one_cycle_rises_then_falls_to_zero() -> None:
    config = replace(TINY, schedule="one_cycle", learning_rate=1.0)
    rates = [learning_rate_at(config, step, 100) for step in range(101)]

    assert max(rates) == pytest.approx(1, abs=0.04)
    assert rates.index(max(rates)) == 30
    assert rates[-1] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"learning_rate": 0},
        {"batch_size": 10**6},
        {"optimizer": "magic"},
        {"validation_size": 600},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(ConfigError):
        replace(TINY, **wrong)


def test_configuration_survives_json() -> None:
    for config in RECIPES.values():
        assert TrainConfig.from_json(config.as_json()) == config
    with pytest.raises(ConfigError):
        TrainConfig.from_json({"epochs": 3})


def test_there_is_a_recipe_for_every_network() -> None:
    assert RECIPES.keys() >= NETWORKS.keys()
    assert all(RECIPES[name].network == NETWORKS[name] for name in NETWORKS)
