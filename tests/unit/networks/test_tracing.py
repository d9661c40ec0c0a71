"""A trace is the model's own forward pass, and leaves the model as it found it."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnviz.checkpoints.format import freeze
from cnnviz.errors import ImageError
from cnnviz.networks.network import build
from cnnviz.networks.tracing import predict, trace
from cnnviz.networks.zoo import NETWORKS

IMAGE = torch.rand(28, 28, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", NETWORKS)
def test_trace_equals_the_model_bit_for_bit(name: str) -> None:
    model = freeze(build(NETWORKS[name]))

    traced = trace(model, IMAGE)

    assert torch.equal(traced.logits, model(IMAGE[None, None])[0])
    assert list(traced.layers) == [layer for layer, _ in model.named_children()]
    assert torch.equal(traced.probabilities, predict(model, IMAGE)[0])


@pytest.mark.parametrize("name", NETWORKS)
def test_each_layer_follows_from_the_one_before(name: str) -> None:
    model = freeze(build(NETWORKS[name]))
    previous = IMAGE[None]

    for record in trace(model, IMAGE):
        assert torch.equal(record.input, previous)
        previous = record.output


def test_convolutions_inside_a_block_add_up_to_it() -> None:
    model = freeze(build(NETWORKS["resnet"], seed=1))
    traced = trace(model, IMAGE)
    names = [name for name, module in model.named_modules() if "." in name and isinstance(module, nn.Conv2d)]

    assert list(traced.inside) == names
    for name in names:
        record, conv = traced[name], model.get_submodule(name)
        torch.testing.assert_close(record.output, F.conv2d(record.input, conv.weight, conv.bias, padding=1))
    for name in {name.partition(".")[0] for name in names}:
        block, whole, last = model.get_submodule(name), traced[name], traced[f"{name}.conv2"].output
        assert torch.equal(traced[f"{name}.conv1"].input, whole.input)
        torch.testing.assert_close(whole.output, whole.input + block.norm2(last[None])[0])


def test_winners_are_pytorchs_with_ties() -> None:
    model = freeze(build(NETWORKS["classic"]))
    flat = torch.zeros(28, 28)
    flat[10:14, 10:14] = 1  # constant areas: every window there is a tie

    record = trace(model, flat)["pool1"]
    _, expected = F.max_pool2d(record.input[None], 2, return_indices=True)

    assert record.winners is not None
    assert torch.equal(record.winners, expected[0])
    corner = record.winners[:, 0, 0]
    assert (corner == 0).all()  # the first in row-major order wins a tie


def test_model_is_left_as_found_also_after_an_error() -> None:
    model = freeze(build(NETWORKS["default"]))
    before = copy.deepcopy(model.state_dict())

    trace(model, IMAGE)
    with pytest.raises(ImageError):
        trace(model, torch.rand(5, 5))

    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    assert not model.training
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters())
    assert not any(m._forward_hooks or m._backward_hooks for m in model.modules())


def test_predict_takes_one_or_many() -> None:
    model = freeze(build(NETWORKS["eight"]))
    images = torch.rand(300, 28, 28)

    many = predict(model, images)

    assert many.shape == (300, 10)
    assert torch.allclose(many.sum(1), torch.ones(300))
    assert torch.allclose(predict(model, images[7]), many[7:8], atol=1e-6)


@pytest.mark.parametrize(
    "images",
    [
        torch.zeros(27, 28),
        torch.zeros(1, 3, 28, 28),
        torch.zeros(0, 28, 28),
        torch.full((28, 28), torch.nan),
        torch.full((28, 28), 255.0),
    ],
)
def test_other_images_are_refused(images: torch.Tensor) -> None:
    with pytest.raises(ImageError):
        predict(build(NETWORKS["eight"]).eval(), images)
