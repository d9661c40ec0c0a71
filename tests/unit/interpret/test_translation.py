"""Oracles: shifting by hand, and the fact that a whole-window shift moves every pooled value along."""

from functools import cache

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.data.mnist import load_mnist
from cnnviz.errors import NetworkError
from cnnviz.interpret.pooling import winners
from cnnviz.interpret.translation import TOLERANCE, shift_effects, shifted
from cnnviz.networks.network import Network, build
from cnnviz.networks.tracing import trace
from cnnviz.networks.zoo import NETWORKS


@cache
def digit() -> Tensor:
    return load_mnist().test.images[18].float() / 255


def small_digit() -> torch.Tensor:
    """A digit of 6x6, so far from the borders that they do not matter to shifts of up to 4 pixels."""
    image = torch.zeros(28, 28)
    image[8:14, 8:14] = F.interpolate(digit()[None, None], (6, 6), mode="area")[0, 0]
    return image


def model_of(name: str, seed: int = 1) -> Network:
    return build(NETWORKS[name], seed).eval()


@pytest.mark.parametrize(("right", "down"), [(0, 0), (3, 0), (-2, 0), (0, 5), (0, -1), (4, -3), (30, 0)])
def test_shifted_moves_pixels_and_lets_zeros_in(right: int, down: int) -> None:
    moved = shifted(digit(), right, down)
    for row in range(28):
        for column in range(28):
            source = (row - down, column - right)
            inside = 0 <= source[0] < 28 and 0 <= source[1] < 28
            assert moved[row, column] == (digit()[source] if inside else 0)


def test_no_shift_changes_nothing() -> None:
    (effect,) = shift_effects(model_of("default"), digit(), "pool1", [(0, 0)])

    assert effect.same_winner == effect.same_value == effect.windows == effect.winners
    assert effect.followed == effect.followed_value == effect.winners
    assert effect.exact


def test_a_shift_by_one_window_carries_every_winner_along() -> None:
    for name, layer, step in (("classic", "pool1", 2), ("wide", "pool2", 4), ("padded", "pool1", 2)):
        effects = shift_effects(model_of(name), small_digit(), layer, [(step, 0), (0, step), (step, step)])
        for effect in effects:
            assert effect.exact
            assert effect.followed == effect.followed_value == effect.winners, (name, effect)


def test_a_shift_by_half_a_window_does_not() -> None:
    (effect,) = shift_effects(model_of("classic"), small_digit(), "pool1", [(1, 0)])

    assert effect.exact  # the first feature map moves by whole cells
    assert effect.followed is not None
    assert effect.winners is not None
    assert 0 < effect.followed < 0.8 * effect.winners


def test_the_second_layer_cannot_follow_odd_shifts_exactly() -> None:
    one, two = shift_effects(model_of("classic"), small_digit(), "pool2", [(1, 0), (2, 0)])

    assert not one.exact
    assert two.exact


@pytest.mark.parametrize("layer", ["pool1", "pool2"])
@pytest.mark.parametrize("shift", [(1, 0), (-3, 2), (0, 4)])
def test_counts_equal_two_separate_passes(layer: str, shift: tuple[int, int]) -> None:
    model = model_of("default")
    first = winners(model, trace(model, digit())[layer])
    after = winners(model, trace(model, shifted(digit(), *shift))[layer])
    contested = (first.margin > 0) | (after.margin > 0)
    limit = TOLERANCE * float(first.value.max())

    (effect,) = shift_effects(model, digit(), layer, [shift])

    # A batch's convolution may round differently, so a window at the very edge may change sides.
    assert effect.windows == pytest.approx(int(contested.sum()), abs=2)
    same_value = int((((after.value - first.value).abs() <= limit) & contested).sum())
    assert effect.same_value == pytest.approx(same_value, abs=2)
    both = (first.margin > 0) & (after.margin > 0) & (first.corner == after.corner)
    assert effect.same_winner == pytest.approx(int(both.sum()), abs=2)


def test_many_shifts_in_one_batch_equal_one_at_a_time() -> None:
    model = model_of("classic")
    shifts = [(right, down) for right in (-1, 0, 2) for down in (0, 1)]
    together = shift_effects(model, small_digit(), "pool1", shifts)

    assert [(effect.right, effect.down) for effect in together] == shifts
    for effect in together:
        (alone,) = shift_effects(model, small_digit(), "pool1", [(effect.right, effect.down)])
        assert alone.windows == pytest.approx(effect.windows, abs=2)
        assert alone.followed == pytest.approx(effect.followed, abs=2)


def test_average_pooling_has_values_but_no_winners() -> None:
    still, moved = shift_effects(model_of("lenet5"), digit(), "pool1", [(0, 0), (1, 0)])

    assert still.same_value == still.windows
    features = trace(model_of("lenet5"), digit())["pool1"].input
    uneven = F.max_pool2d(features, 2) != -F.max_pool2d(-features, 2)
    assert 0 < still.windows < uneven.numel()
    assert still.windows == pytest.approx(int(uneven.sum()), rel=0.05)  # rounding may make cells differ
    assert moved.same_value < moved.windows
    assert moved.same_winner is moved.winners is moved.followed is moved.followed_value is None


def test_a_blank_image_contests_nothing() -> None:
    (effect,) = shift_effects(model_of("classic"), torch.zeros(28, 28), "pool1", [(1, 0)])

    assert effect.windows == effect.winners == effect.same_value == 0


def test_refuses_layers_that_do_not_pool() -> None:
    with pytest.raises(NetworkError, match="not a pooling layer"):
        shift_effects(model_of("classic"), digit(), "conv1", [(1, 0)])
