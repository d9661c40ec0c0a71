"""Moving digits, against torchvision and plain slices; and what networks make of it, by hand."""

import pytest
import torch
import torchvision.transforms.functional as reference
from torch import Tensor
from torchvision.transforms import InterpolationMode

from cnnviz.checkpoints.format import load_model
from cnnviz.data.mnist import Digits, load_mnist
from cnnviz.errors import ConfigError, NetworkError
from cnnviz.evaluation.metrics import evaluate
from cnnviz.interpret.receptive_fields import map_stride
from cnnviz.interpret.translation import shifted
from cnnviz.labs.invariance import CHANGES, accuracy_curve, equivariance, film, frames, layer_changes, moved
from cnnviz.networks.tracing import predict, trace

BILINEAR = InterpolationMode.BILINEAR


@pytest.fixture(scope="module")
def images() -> Tensor:
    return load_mnist().test.images[:6].float() / 255


@pytest.mark.parametrize("angle", [-60, -10, 33, 90])
def test_turning_is_torchvisions(images: Tensor, angle: float) -> None:
    expected = reference.rotate(images[:, None], angle, BILINEAR)[:, 0]
    torch.testing.assert_close(moved(images, "rotate", angle), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [0.5, 0.9, 1.5])
def test_sizes_are_torchvisions(images: Tensor, size: float) -> None:
    expected = reference.affine(images[:, None], 0, [0, 0], size, [0.0], BILINEAR)[:, 0]
    torch.testing.assert_close(moved(images, "scale", size), expected, atol=1e-5, rtol=0)


def test_whole_pixels_are_moved_exactly_and_halves_are_the_mean(images: Tensor) -> None:
    right = moved(images, "right", 3)
    assert torch.equal(right[:, :, 3:], images[:, :, :-3])
    assert not right[:, :, :3].any()
    assert torch.equal(moved(images, "down", -2)[:, :-2], images[:, 2:])
    half = (shifted(images, 2, 0) + shifted(images, 3, 0)) / 2
    torch.testing.assert_close(moved(images, "right", 2.5), half, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", CHANGES)
def test_a_film_has_the_unchanged_digit_among_its_frames(images: Tensor, kind: str) -> None:
    change = CHANGES[kind]
    found = frames(images[0], kind, change.amounts)

    assert found.shape == (len(change.amounts), 28, 28)
    assert torch.equal(found[change.amounts.index(change.neutral)], images[0])
    assert list(change.amounts) == sorted(change.amounts)
    assert found.min() >= 0
    assert found.max() <= 1 + 1e-6


def test_film_and_curve_are_prediction_and_evaluation_of_moved_digits() -> None:
    model, test = load_model("lenet5"), load_mnist().test
    digits = Digits(test.images[:200], test.labels[:200])
    answers = film(model, digits.images[3] / 255, "down", [-2, 0, 4])
    curve = list(accuracy_curve(model, digits, "down", [0, 4]))

    torch.testing.assert_close(answers[1], predict(model, digits.images[3] / 255)[0])
    assert curve[0] == pytest.approx(evaluate(model, digits.images, digits.labels).accuracy)
    by_hand = shifted(digits.images, 0, 4)
    assert curve[1] == pytest.approx(evaluate(model, by_hand, digits.labels).accuracy)
    assert curve[1] < curve[0]


@pytest.mark.parametrize("layer", ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2"])
def test_maps_move_along_exactly_under_multiples_of_their_stride(images: Tensor, layer: str) -> None:
    model = load_model("classic")
    stride = map_stride(model, layer)
    exact = equivariance(model, images[0], layer, stride, -stride)

    assert stride == {"1": 1, "2": 2}[layer[-1]] * (2 if layer.startswith("pool") else 1)
    assert exact.cells == (1, -1)
    assert exact.error < 1e-5
    known = exact.found[:, :-1, 1:]  # moved one to the right and one up
    before = trace(model, images[0])[layer].output[:, 1:, :-1]
    torch.testing.assert_close(known, before, atol=1e-4, rtol=0)
    assert exact.known.sum() == known[0].numel()
    if stride > 1:
        assert equivariance(model, images[0], layer, 1, 0).error > 0.05


def test_layer_changes_are_relative_lengths(images: Tensor) -> None:
    model = load_model("eight")
    changes = layer_changes(model, images[0], [(0, 0), (2, 1)])
    first = trace(model, images[0])["pool1"].output
    second = trace(model, shifted(images[0], 2, 1))["pool1"].output

    assert all(values[0] == 0 for values in changes.values())
    assert changes["pool1"][1] == pytest.approx(float((second - first).norm() / first.norm()))


def test_what_cannot_be_is_said(images: Tensor) -> None:
    with pytest.raises(ConfigError, match="rotate"):
        moved(images, "flip", 1)
    with pytest.raises(ConfigError, match="larger than 0"):
        moved(images, "scale", 0)
    for layer in ("dense1", "nothing"):
        with pytest.raises(NetworkError, match="no maps"):
            equivariance(load_model("mlp"), images[0], layer, 1, 0)
