"""The gallery's figures, against torchvision's own and the literature's."""

import pytest
import torch
from torch import nn
from torchvision import models

from cnnviz.architectures import (
    ARCHITECTURES,
    Measured,
    UNet,
    measure,
    measure_module,
    measured,
    multiply_adds,
    receptive_field,
    stages_of,
)

WEIGHTS = {
    "alexnet": models.AlexNet_Weights,
    "vgg16": models.VGG16_Weights,
    "googlenet": models.GoogLeNet_Weights,
    "resnet50": models.ResNet50_Weights,
    "densenet121": models.DenseNet121_Weights,
    "mobilenet_v2": models.MobileNet_V2_Weights,
    "efficientnet_b0": models.EfficientNet_B0_Weights,
    "vit_b_16": models.ViT_B_16_Weights,
}


def test_all_networks_are_carried() -> None:
    assert list(measured()) == list(ARCHITECTURES)
    years = [about.year for about in ARCHITECTURES.values()]
    assert years == sorted(years)


@pytest.mark.parametrize("name", WEIGHTS)
def test_parameters_and_work_are_those_torchvision_states(name: str) -> None:
    stated, found = WEIGHTS[name].DEFAULT.meta, measured()[name]
    assert found.parameters == stated["num_params"]
    assert found.multiply_adds / 1e9 == pytest.approx(stated["_ops"], abs=6e-4)


@pytest.mark.parametrize(("name", "side"), [("alexnet", 195), ("vgg16", 212)])
def test_receptive_fields_are_those_of_the_literature(name: str, side: int) -> None:
    """Araujo, Norris, Sim: Computing receptive fields of convolutional neural networks (Distill 2019)."""
    assert measured()[name].receptive_field == side


@pytest.mark.parametrize("name", measured())
def test_stages_add_up(name: str) -> None:
    found = measured()[name]
    own = found.parameters - sum(stage.parameters for stage in found.stages)
    assert own in (0, 152_064)  # ViT's class word and places belong to no layer
    assert found.multiply_adds == sum(stage.multiply_adds for stage in found.stages)
    assert found.stages[-1].shape[1:] in ((), (224, 224))


def test_a_measurement_made_now_is_the_carried_one() -> None:
    assert measure("lenet5") == measured()["lenet5"]


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


def test_unet_paints_every_pixel() -> None:
    network = UNet(width=4).eval()
    with torch.no_grad():
        assert network(torch.zeros(1, 1, 32, 48)).shape == (1, 2, 32, 48)
    sides = [stage.shape[-1] for stage in stages_of(network, (1, 32, 32))]
    assert sides == [32, 16, 8, 4, 2, 4, 8, 16, 32]
