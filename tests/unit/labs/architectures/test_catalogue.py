"""The gallery's figures, against torchvision's own and the literature's."""

import pytest
import torch
from torchvision import models

from cnnviz.labs.architectures.catalogue import ARCHITECTURES, UNet, measure_architecture, measured
from cnnviz.labs.architectures.profiler import stages_of

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
    assert measure_architecture("lenet5") == measured()["lenet5"]


def test_unet_paints_every_pixel() -> None:
    network = UNet(width=4).eval()
    with torch.no_grad():
        assert network(torch.zeros(1, 1, 32, 48)).shape == (1, 2, 32, 48)
    sides = [stage.shape[-1] for stage in stages_of(network, (1, 32, 32))]
    assert sides == [32, 16, 8, 4, 2, 4, 8, 16, 32]
