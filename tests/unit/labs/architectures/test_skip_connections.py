"""Deep networks with and without skip connections: gradients by finite differences, and truly trained."""

import pytest
import torch
import torch.nn.functional as F

from cnnviz.data.mnist import Digits, load_mnist
from cnnviz.errors import ConfigError
from cnnviz.labs.architectures.skip_connections import DeepNetwork, gradient_norms, train_pair


@pytest.fixture(scope="module")
def parts() -> tuple[Digits, Digits]:
    digits = load_mnist().train
    return Digits(digits.images[:2000], digits.labels[:2000]), Digits(
        digits.images[-200:], digits.labels[-200:]
    )


def test_equal_seeds_give_equal_weights_and_another_function(parts: tuple[Digits, Digits]) -> None:
    plain, skip = DeepNetwork(4, False, 1), DeepNetwork(4, True, 1)
    for mine, other in zip(plain.parameters(), skip.parameters(), strict=True):
        assert torch.equal(mine, other)
    images = parts[1].images[:3].float() / 255
    assert not torch.equal(plain(images), skip(images))


def test_norms_are_the_gradients_lengths(parts: tuple[Digits, Digits]) -> None:
    network = DeepNetwork(3, True, 0).double()
    images, labels = parts[1].images[:16].double() / 255, parts[1].labels[:16].long()
    norms = gradient_norms(network, images, labels)
    weight = network.blocks[1].weight
    direction = torch.randn(weight.shape, generator=torch.Generator().manual_seed(0), dtype=torch.double)
    (gradient,) = torch.autograd.grad(F.cross_entropy(network(images), labels), weight)

    assert len(norms) == 4
    assert norms[2] == pytest.approx(float(gradient.norm()))
    with torch.no_grad():
        step = 1e-6 * direction
        weight.add_(step)
        above = F.cross_entropy(network(images), labels)
        weight.sub_(2 * step)
        below = F.cross_entropy(network(images), labels)
    assert float((above - below) / 2e-6) == pytest.approx(float((gradient * direction).sum()), rel=1e-4)


def test_without_skip_connections_nothing_arrives_and_nothing_is_learned(
    parts: tuple[Digits, Digits],
) -> None:
    records = list(train_pair(12, *parts, steps=60, every=30))
    first, last = records[0], records[-1]

    assert [record.step for record in records] == [0, 30, 60]
    assert first.norms["plain"][0] < 1e-4 * first.norms["skip"][0]
    assert last.accuracy["plain"] < 0.3
    assert last.accuracy["skip"] > 0.6
    assert last.loss["skip"] < first.loss["skip"]


def test_depth_has_limits() -> None:
    with pytest.raises(ConfigError):
        DeepNetwork(0, True)
