"""What is measured of a network, by hand and by the formula."""

import torch
from torch import nn

from cnnviz.labs.architectures.profiler import Measured, measure_module, multiply_adds, receptive_field


def test_work_by_hand() -> None:
    image = torch.zeros(1, 3, 10, 12)
    conv = nn.Conv2d(3, 8, 3, stride=2, groups=1)
    assert multiply_adds(conv, image, conv(image)) == 8 * 4 * 5 * 3 * 9
    deep = nn.Conv2d(3, 3, 3, groups=3)
    assert multiply_adds(deep, image, deep(image)) == 3 * 8 * 10 * 9
    up = nn.ConvTranspose2d(3, 5, 2, stride=2)
    assert multiply_adds(up, image, up(image)) == 5 * 20 * 24 * 3
    dense = nn.Linear(7, 4)
    assert multiply_adds(dense, torch.zeros(1, 7), torch.zeros(1, 4)) == 28
    assert multiply_adds(nn.ReLU(), image, image) == 0


def test_receptive_field_by_the_formula() -> None:
    layers = [(3, 1), (2, 2), (5, 1), (3, 2)]  # kernel, stride
    field, jump = 1, 1
    for kernel, stride in layers:
        field, jump = field + (kernel - 1) * jump, jump * stride
    parts: list[nn.Module] = [
        nn.Conv2d(1, 4, 3, padding=1),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 4, 5, padding=2),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2),
    ]
    assert receptive_field(nn.Sequential(*parts).eval(), (1, 224, 224)) == field


def test_measuring_leaves_the_network_as_it_was() -> None:
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(676, 10)
    ).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    found = measure_module(network, (1, 28, 28))

    assert isinstance(found, Measured)
    assert [stage.shape for stage in found.stages] == [(4, 26, 26), (4, 13, 13), (10,)]
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())
