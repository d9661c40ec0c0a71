"""Fine-tuning learns, touches nothing that is shared, and says honestly what it learned."""

import copy
from collections.abc import Iterator

import pytest
import torch

from cnnviz.checkpoints.format import load_model
from cnnviz.data.mnist import Digits, load_mnist
from cnnviz.errors import ConfigError
from cnnviz.evaluation.metrics import logits_of
from cnnviz.networks.network import Network, build
from cnnviz.networks.zoo import NETWORKS
from cnnviz.training.finetuning import FinetuneConfig, finetune, moved, read_held_out, trainable_layers

QUICK = FinetuneConfig(steps=12, batch_size=16)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def odd() -> Digits:
    """Forty test digits lying on their side, which no model has learned to read."""
    digits = load_mnist().test[:40]
    return Digits(digits.images.rot90(1, (1, 2)), digits.labels)


def right(network: Network, digits: Digits) -> float:
    return float((logits_of(network, digits.images).argmax(1) == digits.labels).float().mean())


def test_learns_and_replay_keeps_what_was_known(odd: Digits) -> None:
    model, mnist = load_model("eight"), load_mnist()
    forgetting = FinetuneConfig(steps=60, batch_size=32, replay=0, vary=False)
    keeping = FinetuneConfig(steps=60, batch_size=32, replay=0.75, vary=False)

    *_, without = finetune(model, odd, mnist.train, forgetting)
    *_, with_replay = finetune(model, odd, mnist.train, keeping)

    others = mnist.test[1_000:2_000]
    assert right(model, odd) < 0.4
    assert right(without.network, odd) > 0.9
    assert right(without.network, others) + 0.1 < right(with_replay.network, others)
    assert right(with_replay.network, others) > right(model, others) - 0.1


@pytest.mark.parametrize("name", ["default", "best", "mlp", "lenet5"])
def test_the_shared_model_is_left_exactly_as_found(name: str, odd: Digits) -> None:
    model = load_model(name)
    before, buffers = copy.deepcopy(model.state_dict()), dict(model.named_buffers())

    *_, last = finetune(model, odd, load_mnist().train, QUICK)

    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in model.parameters())
    assert not model.training
    assert all(last.network.get_buffer(key).equal(value) for key, value in buffers.items())
    assert not any(parameter.requires_grad for parameter in last.network.parameters())
    assert last.network.config == model.config


def test_records_are_frozen_and_repeatable(odd: Digits) -> None:
    model, mnist = load_model("eight"), load_mnist()

    first = list(finetune(model, odd, mnist.train, QUICK, records=4))
    second = list(finetune(model, odd, mnist.train, QUICK, records=4))

    assert [record.step for record in first] == [0, 3, 6, 9, 12]
    assert all(
        torch.equal(a, b) for a, b in zip(first[0].network.parameters(), model.parameters(), strict=True)
    )
    for one, two in zip(first, second, strict=True):
        assert all(
            torch.equal(a, b) for a, b in zip(one.network.parameters(), two.network.parameters(), strict=True)
        )
    assert not torch.equal(first[1].network.conv1.weight, first[2].network.conv1.weight)


def test_layers_before_the_first_that_learns_stay(odd: Digits) -> None:
    model = load_model("default")
    assert trainable_layers(model) == ["conv1", "conv2", "logits"]

    *_, last = finetune(model, odd, load_mnist().train, FinetuneConfig(steps=3, learning_from="conv2"))

    for name, value in last.network.state_dict().items():
        held = name.startswith(("conv1", "norm1")) or "running" in name or "num_batches" in name
        assert torch.equal(value, model.state_dict()[name]) == held, name
    assert [bool(change.by_filter.any()) for change in moved(model, last.network)] == [False, True, True]


def test_moved_measures_relative_change() -> None:
    before = build(NETWORKS["default"], seed=1)
    after = copy.deepcopy(before)
    with torch.no_grad():
        after.conv1.weight[3] *= 1.25
        after.conv2.weight[7, 5] += 2.0
        after.conv2.weight[7, 6] += 1.0

    first, second, third = moved(before, after)

    assert first.by_filter[3] == pytest.approx(0.25, rel=1e-5)
    assert first.by_filter.count_nonzero() == 1
    assert not third.by_filter.any()
    assert third.pictures() is None
    shown_before, shown_after = second.pictures()
    assert torch.equal(shown_before[7], before.conv2.weight[7, 5])
    assert torch.equal(shown_after[7], after.conv2.weight[7, 5])
    mlp = build(NETWORKS["mlp"])
    assert moved(mlp, mlp)[0].pictures()[0].shape == (512, 28, 28)


def test_held_out_digits_are_read_by_copies_that_never_saw_them() -> None:
    """Labels that follow no rule can be learned by heart, but not guessed."""
    digits = load_mnist().test[:60]
    generator = torch.Generator().manual_seed(1)
    shuffled = Digits(digits.images, digits.labels[torch.randperm(60, generator=generator)])
    config = FinetuneConfig(steps=120, batch_size=60, learning_rate=3e-3, replay=0, vary=False)
    model, mnist = load_model("eight"), load_mnist()

    *_, last = finetune(model, shuffled, mnist.train, config, records=1)
    read = torch.full((60,), -1)
    for positions, answer in read_held_out(model, shuffled, mnist.train, config):
        assert (read[positions] == -1).all()
        read[positions] = answer

    assert (read >= 0).all()
    assert right(last.network, shuffled) > 0.95
    assert float((read == shuffled.labels).float().mean()) < 0.35


@pytest.mark.parametrize(
    "values",
    [
        {"steps": 0},
        {"learning_rate": float("nan")},
        {"learning_rate": 1.0},
        {"replay": 1.0},
        {"batch_size": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="must be from"):
        FinetuneConfig(**values)


def test_too_few_digits_an_unknown_layer_and_a_run_away(odd: Digits) -> None:
    model, mnist = load_model("eight"), load_mnist()
    with pytest.raises(ConfigError, match="At least 2"):
        next(finetune(model, odd[:1], mnist.train, QUICK))
    with pytest.raises(ConfigError, match="At least 4"):
        next(read_held_out(model, odd[:3], mnist.train, QUICK))
    with pytest.raises(ConfigError, match=r"no layer 'conv9'.*conv1, dense1, logits"):
        next(finetune(model, odd, mnist.train, FinetuneConfig(learning_from="conv9")))
    broken = copy.deepcopy(model)
    broken.logits.bias.fill_(torch.inf)
    with pytest.raises(ConfigError, match="ran away at step 1"):
        list(finetune(broken, odd, mnist.train, QUICK))
