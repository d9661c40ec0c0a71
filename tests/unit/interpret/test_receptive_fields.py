"""Oracle: which input pixels get a gradient through a network of ones without ReLU."""

import pytest
import torch
from torch import Tensor, nn

from cnnviz.errors import NetworkError
from cnnviz.interpret.receptive_fields import Box, receptive_field
from cnnviz.networks.network import ConvBlock, Network, NetworkConfig, build, output_shapes
from cnnviz.networks.zoo import NETWORKS

ODD = NetworkConfig(
    convs=(
        ConvBlock(2, kernel=5, stride=2, padding=2, pool="none"),
        ConvBlock(2, kernel=4, padding=3, pool="average", pool_size=3),
        ConvBlock(2, kernel=3, padding=1, pool="max"),
        ConvBlock(2, kernel=2, padding=1, pool="none"),
    ),
    dense=(6,),
)
CONFIGS = {**NETWORKS, "odd": ODD}


def pixels_with_gradient(model: Network, layer: str, cell: tuple[int, ...]) -> Tensor:
    """bool (28, 28): pixels that reach the cell when every weight is one and nothing is cut off."""
    image = torch.full((1, 1, 28, 28), 1.0, dtype=torch.float64, requires_grad=True)
    x: Tensor = image
    for name, module in model.double().named_children():
        if (
            isinstance(module, nn.Conv2d | nn.Linear) and not model.config.patches
        ):  # whose norms ones would fool
            nn.init.ones_(module.weight)
        if isinstance(module, nn.MaxPool2d):  # its gradient sees the winner alone
            x = nn.functional.avg_pool2d(x, module.kernel_size, module.stride)
        elif not isinstance(module, nn.ReLU | nn.Tanh | nn.BatchNorm2d):
            x = module(x)
        if name == layer:
            break
    (gradient,) = torch.autograd.grad(x[(0, 0, *cell)] if len(cell) == 2 else x[(0, *cell)], image)
    return gradient[0, 0] != 0


def as_mask(box: Box) -> Tensor:
    mask = torch.zeros(28, 28, dtype=torch.bool)
    mask[box.row : box.row + box.height, box.column : box.column + box.width] = True
    return mask


@pytest.mark.parametrize("name", CONFIGS)
def test_equals_the_pixels_that_get_a_gradient(name: str) -> None:
    model = build(CONFIGS[name]).eval()
    generator = torch.Generator().manual_seed(1)
    for layer, shape in output_shapes(model.config).items():
        if len(shape) == 3:
            corners = [(0, 0), (shape[1] - 1, shape[2] - 1)]
            inside = [tuple(torch.randint(shape[1], (2,), generator=generator).tolist()) for _ in range(3)]
            cells = corners + inside
        else:
            cells = [(0,), (shape[0] - 1,), (int(torch.randint(shape[0], (), generator=generator)),)]
        for cell in cells:
            expected = pixels_with_gradient(model, layer, cell)
            found = receptive_field(model, layer, *cell)

            assert torch.equal(as_mask(found), expected), (layer, cell)


def test_known_sizes_of_the_classic_network() -> None:
    model = build(NETWORKS["classic"])

    assert receptive_field(model, "conv1", 4, 7) == Box(4, 7, 3, 3)
    assert receptive_field(model, "pool1", 4, 7) == Box(8, 14, 4, 4)
    assert receptive_field(model, "conv2", 0, 0) == Box(0, 0, 8, 8)
    assert receptive_field(model, "pool2", 4, 4) == Box(16, 16, 10, 10)
    # 11 rows make five windows of two: the last row and the pixels only it sees are dropped.
    assert receptive_field(model, "logits", 3) == Box(0, 0, 26, 26)


def test_unclipped_keeps_the_padding() -> None:
    model = build(NETWORKS["lenet5"])

    assert receptive_field(model, "conv1", 0, 27, clip=False) == Box(-2, 25, 5, 5)
    assert receptive_field(model, "conv1", 0, 27) == Box(0, 25, 3, 3)


def test_clipping_happens_at_every_layer_not_only_at_the_image() -> None:
    # conv2's padding lies right of pool1's three columns; the row that pooling dropped is not in it.
    config = NetworkConfig(convs=(ConvBlock(1, kernel=15, pool_size=4), ConvBlock(1, padding=1)))
    model = build(config)

    assert receptive_field(model, "pool1", 2, 2) == Box(8, 8, 18, 18)
    assert receptive_field(model, "conv2", 2, 2) == Box(4, 4, 22, 22)
    assert receptive_field(model, "conv2", 2, 2, clip=False) == Box(4, 4, 26, 26)


def test_the_input_sees_itself() -> None:
    assert receptive_field(build(NETWORKS["mlp"]), "input", 3, 5) == Box(3, 5, 1, 1)


@pytest.mark.parametrize(
    ("layer", "row", "column"), [("conv1", 26, 0), ("conv1", 0, -1), ("flatten", 1600, 0)]
)
def test_refuses_cells_outside(layer: str, row: int, column: int) -> None:
    with pytest.raises(NetworkError, match="has no cell"):
        receptive_field(build(NETWORKS["classic"]), layer, row, column)


def test_refuses_unknown_layers() -> None:
    with pytest.raises(NetworkError, match="no layer called 'conv9'"):
        receptive_field(build(NETWORKS["default"]), "conv9")
