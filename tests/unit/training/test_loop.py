"""fit learns, repeats exactly, can be stopped, and leaves the world as it was."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import confusion_matrix

from cnnviz.data.augmentation import Augmentation
from cnnviz.data.mnist import Digits, load_mnist
from cnnviz.errors import ConfigError
from cnnviz.networks.network import build
from cnnviz.networks.zoo import NETWORKS
from cnnviz.training.config import TrainConfig
from cnnviz.training.datasets import load_parts
from cnnviz.training.loop import Progress, fit
from cnnviz.training.recipes import RECIPES
from cnnviz.training.schedule import LearningRateChange, TrainingControl, learning_rate_at

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
    learned = run(config, parts)[-1]

    assert torch.allclose(
        learned.state["conv1.weight"], (network.conv1.weight - 0.1 * gradient).detach(), atol=1e-5
    )
    assert learned.loss == pytest.approx(float(loss.detach()), rel=1e-4)


def test_mixed_precision_takes_nearly_the_same_step(
    parts: tuple[Digits, Digits], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"bf16": True}, raising=False)
    plain = replace(TINY, optimizer="sgd", learning_rate=0.1)
    mixed = replace(plain, precision="bfloat16")
    start, after = (record.state for record in next_two(plain, parts))
    rounded = list(next_two(mixed, parts))[1].state

    for name, weight in rounded.items():
        assert weight.dtype == torch.float32
        step, other = after[name] - start[name], weight - start[name]
        assert not torch.equal(step, other)
        assert (other - step).norm() < 0.05 * step.norm()  # bfloat16 has eight significant bits


def next_two(config: TrainConfig, parts: tuple[Digits, Digits]) -> Iterator[Progress]:
    """The records before any step and after the first."""
    return islice(fit(config, *parts, records=10_000), 2)


def test_stopping_early_keeps_what_was_learned(parts: tuple[Digits, Digits]) -> None:
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


@pytest.mark.parametrize("schedule", ["step", "cosine"])
def test_schedules_are_pytorchs(schedule: str) -> None:
    config, steps = replace(TINY, schedule=schedule, learning_rate=0.3), 90
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    schedules = {
        "step": torch.optim.lr_scheduler.StepLR(optimizer, step_size=steps // 3, gamma=0.1),
        "cosine": torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps),
    }
    for step in range(steps):
        assert learning_rate_at(config, step, steps) == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedules[schedule].step()


@pytest.mark.parametrize(("optimizer", "momentum"), [("momentum", 0.8), ("sgd", 0.0)])
def test_momentum_is_pytorchs(parts: tuple[Digits, Digits], optimizer: str, momentum: float) -> None:
    """Whole-set batches, so that a plain loop over torch.optim.SGD sees the same gradients."""
    config = replace(
        TINY,
        optimizer=optimizer,
        momentum=0.8,
        learning_rate=0.2,
        batch_size=500,
        epochs=6,
        schedule="cosine",
    )
    network = build(config.network, config.seed)
    plain = torch.optim.SGD(network.parameters(), lr=0.2, momentum=momentum, foreach=False)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(plain, T_max=6)
    images, labels = parts[0].images.unsqueeze(1).float() / 255, parts[0].labels.long()
    for _ in range(6):
        plain.zero_grad()
        F.cross_entropy(network(images), labels).backward()
        plain.step()
        schedule.step()

    learned = run(config, parts)[-1].state
    assert all(
        torch.allclose(learned[name], value, atol=1e-4) for name, value in network.state_dict().items()
    )


def test_gradient_norms_are_autograds(parts: tuple[Digits, Digits]) -> None:
    config = replace(TINY, batch_size=500, epochs=1)
    network = build(config.network, config.seed)
    images, labels = parts[0].images.unsqueeze(1).float() / 255, parts[0].labels.long()
    loss = F.cross_entropy(network(images), labels)
    expected = {}
    for name in ("conv1", "dense1", "logits"):
        gradients = torch.autograd.grad(
            loss, list(network.get_submodule(name).parameters()), retain_graph=True
        )
        expected[name] = float(torch.cat([gradient.flatten() for gradient in gradients]).norm())
    first, second = run(config, parts)

    assert first.gradient_norms == {}
    assert second.gradient_norms.keys() == expected.keys()
    assert second.gradient_norms == pytest.approx(expected, 1e-4)


def test_confusion_is_the_validations(parts: tuple[Digits, Digits]) -> None:
    last = run(TINY, parts)[-1]
    network = build(TINY.network)
    network.load_state_dict(last.state)
    predicted = network.eval()(parts[1].images.unsqueeze(1).float() / 255).argmax(1)

    expected = confusion_matrix(parts[1].labels, predicted, labels=range(10))
    assert last.confusion == expected.tolist()


def test_class_shares_keep_that_part_of_each_digit() -> None:
    shares = (0.5, 1.0, 0.0, 0.001, *(1.0,) * 6)
    config = replace(TINY, class_shares=shares)
    whole, validation = load_parts(TINY)
    training, same_validation = load_parts(config)
    before, after = torch.bincount(whole.labels, minlength=10), torch.bincount(training.labels, minlength=10)

    expected = [round(0.5 * int(before[0])), int(before[1]), 0, 1, *before[4:].tolist()]
    assert after.tolist() == expected
    assert torch.equal(validation.images, same_validation.images)
    assert torch.equal(load_parts(config)[0].images, training.images)
    assert not torch.equal(load_parts(replace(config, seed=3))[0].images[:50], training.images[:50])
    # in the order they had, so that nothing else of the run changes
    pictures = [image.numpy().tobytes() for image in whole.images]
    places = [pictures.index(image.numpy().tobytes()) for image in training.images]
    assert places == sorted(places)


def test_patience_ends_the_run(parts: tuple[Digits, Digits]) -> None:
    """A rate too small to change any answer: nothing gets better after the first validation."""
    config = replace(TINY, optimizer="sgd", learning_rate=1e-6, patience=3, epochs=4)
    *before, last = run(config, parts)
    validations = [record for record in (*before, last) if record.validation_accuracy is not None]

    assert len(validations) == 4
    assert last.ended_early
    assert last.last
    assert last.step < last.steps == 40
    assert not any(record.last for record in before)
    assert run(replace(config, patience=0), parts)[-1].step == 40


def test_best_weights_are_the_last_word(parts: tuple[Digits, Digits]) -> None:
    config = replace(TINY, optimizer="momentum", learning_rate=0.6, keep_best=True)
    records = run(config, parts)
    plain = run(replace(config, keep_best=False), parts)
    validated = [record for record in plain if record.validation_accuracy is not None]
    best = max(validated, key=lambda record: record.validation_accuracy or 0)
    assert best.step < plain[-1].step  # else this shows nothing

    last = records[-1]
    assert last.best is not None
    assert (last.best.step, last.best.accuracy) == (best.step, best.validation_accuracy)
    assert last.figures()["best_step"] == best.step
    assert all(torch.equal(last.state[name], best.state[name]) for name in best.state)
    assert all(torch.equal(records[-2].state[name], plain[-2].state[name]) for name in best.state)


def test_changed_rates_are_trained_with(parts: tuple[Digits, Digits]) -> None:
    config = replace(TINY, optimizer="sgd", learning_rate=0.1)
    changes = [LearningRateChange(5, factor=0.5), LearningRateChange(12, rate=1e-6)]
    records = list(fit(config, *parts, control=TrainingControl(changes)))
    plain = run(config, parts)

    assert [record.learning_rate for record in records] == [0.1] * 5 + [0.05] * 7 + [1e-6] * 9
    assert torch.equal(records[5].state["conv1.weight"], plain[5].state["conv1.weight"])
    one, two = (r[6].state["conv1.weight"] - r[5].state["conv1.weight"] for r in (records, plain))
    assert torch.allclose(one, two / 2, atol=1e-7)


def test_record_is_given_when_asked(parts: tuple[Digits, Digits]) -> None:
    class Curious(TrainingControl):
        def look(self, step: int) -> bool:
            return step == 7

    steps = [record.step for record in fit(TINY, *parts, records=4, control=Curious())]
    assert 7 in steps
    assert 9 not in steps


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
