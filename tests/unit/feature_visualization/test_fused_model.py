import pytest
import torch
from torch import nn

from cnnviz.checkpoints.format import freeze, load_model
from cnnviz.feature_visualization.fused_model import FirstConvolution, fused_copy
from cnnviz.feature_visualization.objectives import features
from cnnviz.networks.network import ConvBlock, NetworkConfig, build

CONFIGS = {
    "plain": NetworkConfig(convs=(ConvBlock(8),)),
    "padded": NetworkConfig(convs=(ConvBlock(8, kernel=5, padding=2, batch_norm=True), ConvBlock(4))),
    "strided": NetworkConfig(convs=(ConvBlock(8, kernel=4, stride=3, padding=1, pool="none"),)),
    "normalized": NetworkConfig(convs=(ConvBlock(8),), normalize=True),
}


@pytest.mark.parametrize("name", [*CONFIGS, "default", "mlp", "best"])
def test_values_and_gradients_are_the_models(name: str) -> None:
    model = freeze(build(CONFIGS[name], seed=1)) if name in CONFIGS else load_model(name)
    images = torch.rand(5, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    weights = torch.randn(5, 10, generator=torch.Generator().manual_seed(1))
    results = []
    for each in (model, fused_copy(model)):
        leaf = images.clone().requires_grad_()
        logits = each(leaf)
        results.append((logits.detach(), torch.autograd.grad((logits * weights).sum(), leaf)[0]))

    torch.testing.assert_close(results[0][0], results[1][0], atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(results[0][1], results[1][1], atol=1e-5, rtol=1e-4)


def test_the_shared_model_is_not_touched() -> None:
    model = load_model("default")
    mine = fused_copy(model)

    assert isinstance(mine.conv1, FirstConvolution)
    assert isinstance(model.conv1, nn.Conv2d)
    assert model.conv2.weight.is_contiguous()
    assert mine.conv2.weight.data_ptr() != model.conv2.weight.data_ptr()
    assert [name for name, _ in mine.named_children()] == [name for name, _ in model.named_children()]


def test_names_stand_for_the_same_values() -> None:
    model = load_model("default")
    images = torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    names = ["conv1", "norm1", "relu1", "conv2", "norm2", "pool2", "logits"]

    theirs, mine = features(model, images, names), features(fused_copy(model), images, names)

    for name in names:
        torch.testing.assert_close(mine[name], theirs[name], atol=1e-4, rtol=1e-4)


def test_convolutions_of_colored_pictures_stay_as_they_are() -> None:
    model = nn.Sequential()
    model.add_module("conv", nn.Conv2d(3, 4, 3))

    assert isinstance(fused_copy(model).conv, nn.Conv2d)
