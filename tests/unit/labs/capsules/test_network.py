"""Capsules: squashed lengths, routing against loops, the margin loss by hand, gradients by differences."""

import math

import pytest
import torch
from torch import Tensor

from cnnviz.data.mnist import load_mnist
from cnnviz.errors import ImageError
from cnnviz.labs.capsules.network import PRIMARY, CapsuleNetwork, agree, build_capsules, margin_loss, squash


def votes(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("length", [1e-6, 0.1, 0.5, 1.0, 3.0, 100.0])
def test_squash_keeps_the_direction_and_shrinks_the_length(length: float) -> None:
    direction = torch.tensor([0.36, -0.48, 0.8], dtype=torch.float64)
    squashed = squash(length * direction)

    assert float(squashed.norm()) == pytest.approx(length**2 / (1 + length**2), rel=1e-9)
    torch.testing.assert_close(squashed / squashed.norm(), direction)


def test_squash_of_nothing_is_nothing_and_has_a_gradient() -> None:
    nothing = torch.zeros(2, 4, requires_grad=True)
    squash(nothing).sum().backward()

    assert not squash(nothing).any()
    assert torch.isfinite(nothing.grad).all()


def loop_routing(votes: Tensor, iterations: int) -> tuple[Tensor, list[Tensor]]:
    """Procedure 1 of the paper for one image, written with loops: votes (J, I, D)."""
    above, below, _ = votes.shape
    logits = [[0.0] * above for _ in range(below)]
    couplings = []
    for _ in range(iterations):
        shares = torch.zeros(above, below, dtype=votes.dtype)
        for i in range(below):
            total = sum(math.exp(value) for value in logits[i])
            for j in range(above):
                shares[j, i] = math.exp(logits[i][j]) / total
        outputs = []
        for j in range(above):
            heard = sum(shares[j, i] * votes[j, i] for i in range(below))
            squared = float(heard.dot(heard))
            outputs.append(squared / (1 + squared) * heard / math.sqrt(squared))
        for i in range(below):
            for j in range(above):
                logits[i][j] += float(votes[j, i].dot(outputs[j]))
        couplings.append(shares)
    return torch.stack(outputs), couplings


@pytest.mark.parametrize("iterations", [1, 2, 3, 5])
def test_routing_is_the_papers_procedure(iterations: int) -> None:
    given = votes(2, 3, 7, 4)
    outputs, couplings = agree(given, iterations)

    assert couplings.shape == (iterations, 2, 3, 7)
    for image in range(2):
        wanted, shares = loop_routing(given[image], iterations)
        torch.testing.assert_close(outputs[image], wanted)
        torch.testing.assert_close(couplings[:, image], torch.stack(shares))
    torch.testing.assert_close(couplings.sum(2), torch.ones(iterations, 2, 7, dtype=given.dtype))


def test_parts_that_agree_are_heard() -> None:
    """Ten capsules vote as long for both, for digit 0 all alike, for digit 1 half of them the other way."""
    vote = torch.tensor([1.0, 2.0, 0.0, 1.0], dtype=torch.float64)
    against = torch.tensor([1.0, -1.0] * 5, dtype=torch.float64)[:, None]
    given = torch.stack([vote.expand(10, 4), against * vote])[None]  # (1, 2, 10, 4)
    outputs, couplings = agree(given)

    assert outputs[0, 0].norm() > 0.9
    assert outputs[0, 1].norm() < 1e-6
    assert (couplings[-1, 0, 0] > 0.9).all()


def test_gradients_of_routing_are_the_last_rounds() -> None:
    given = votes(1, 2, 5, 3).requires_grad_()
    _, couplings = agree(given.detach())
    outputs, _ = agree(given)
    fixed = squash((couplings[-1][..., None] * given).sum(2))
    ours, theirs = (torch.autograd.grad(part.square().sum(), given)[0] for part in (outputs, fixed))

    torch.testing.assert_close(ours, theirs)


def test_squash_and_margin_loss_pass_gradcheck() -> None:
    given = votes(3, 4, 5).requires_grad_()
    labels = torch.tensor([0, 3, 1])

    assert torch.autograd.gradcheck(squash, given)
    assert torch.autograd.gradcheck(lambda poses: margin_loss(squash(poses).norm(dim=-1), labels), given)


def test_margin_loss_by_hand() -> None:
    lengths = torch.tensor([[0.95, 0.05, 0.30], [0.50, 0.60, 0.10]])
    # first: 0.95 is enough, 0.05 is small enough, 0.5 * (0.30 - 0.1)^2 = 0.02
    # second, true digit 1: (0.9 - 0.6)^2 = 0.09, and 0.5 * (0.5 - 0.1)^2 = 0.08
    assert float(margin_loss(lengths, torch.tensor([0, 1]))) == pytest.approx((0.02 + 0.17) / 2)


def test_votes_are_each_parts_own_matrix() -> None:
    network = build_capsules(0).eval()
    primary = network.parts(torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(0)))
    found = network.votes(primary)

    assert found.shape == (2, 10, PRIMARY, 16)
    matrix = network.wholes[17].view(8, 10, 16)
    torch.testing.assert_close(found[1, 4, 17], primary[1, 17] @ matrix[:, 4])


def test_only_one_capsule_is_drawn() -> None:
    network = build_capsules(0).eval()
    poses = torch.rand(1, 10, 16)
    changed = poses.clone()
    changed[:, 3] += 1

    with torch.no_grad():
        same, other = (network.decode(changed, torch.tensor([digit])) for digit in (5, 3))
        torch.testing.assert_close(same, network.decode(poses, torch.tensor([5])))
        assert not torch.allclose(other, network.decode(poses, torch.tensor([3])))
    assert same.shape == (1, 28, 28)


def test_the_seed_alone_decides() -> None:
    torch.manual_seed(1)
    first = build_capsules(7).state_dict()
    torch.manual_seed(2)
    again, other = build_capsules(7).state_dict(), build_capsules(8).state_dict()

    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["wholes"], other["wholes"])


def test_lengths_are_below_one_and_batches_are_rows() -> None:
    network = build_capsules(0).eval()
    images = load_mnist().test.pixels()[:3, None]
    with torch.no_grad():
        together, alone = network(images), network(images[1:2])

    assert ((together.lengths >= 0) & (together.lengths < 1)).all()
    torch.testing.assert_close(together.poses[1:2], alone.poses, atol=1e-5, rtol=1e-4)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ImageError, match="28, 28"):
        CapsuleNetwork()(torch.zeros(1, 28, 28))
