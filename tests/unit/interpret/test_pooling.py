"""Oracles: torch.nn.functional's pooling and unpooling, autograd, and plain Python loops."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.data.mnist import load_mnist
from cnnviz.errors import NetworkError
from cnnviz.interpret.pooling import (
    average,
    before,
    center_pixels,
    logit_gradient,
    pick_winners,
    pooling_layers,
    route,
    spread,
    survivors,
    window_of,
    winners,
)
from cnnviz.interpret.receptive_fields import receptive_field
from cnnviz.networks.network import ConvBlock, Network, NetworkConfig, build
from cnnviz.networks.tracing import trace
from cnnviz.networks.zoo import NETWORKS

WIDE_WINDOWS = NetworkConfig(
    convs=(ConvBlock(3, kernel=4, stride=2, padding=1, pool_size=3), ConvBlock(2, padding=1, pool_size=1)),
    dense=(5,),
)
CONFIGS = {**NETWORKS, "wide windows": WIDE_WINDOWS}


def a_digit(index: int = 18) -> Tensor:
    return load_mnist().test.images[index].float() / 255


def maxima(model: Network) -> list[str]:
    return [name for name, kind in pooling_layers(model).items() if kind == "max"]


@pytest.mark.parametrize("name", CONFIGS)
def test_winners_of_every_network_equal_return_indices(name: str) -> None:
    model = build(CONFIGS[name], 3).eval()
    passed = trace(model, a_digit())
    for layer in maxima(model):
        record, window = passed[layer], window_of(model, layer)
        found = winners(model, record)
        value, place = F.max_pool2d(record.input[None], window, return_indices=True)

        assert torch.equal(found.value, value[0])
        assert torch.equal(found.place, place[0])
        assert torch.equal(found.rows * found.width + found.columns, place[0])
        height, width = record.output.shape[1:]
        rows = torch.arange(height)[:, None] * window + found.corner // window
        columns = torch.arange(width)[None] * window + found.corner % window
        assert torch.equal(rows * found.width + columns, place[0])


def count_maps_with_loops(feature: Tensor, window: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """corner, margin, tied, empty of (C, H, W), the slow and obvious way."""
    channels, height, width = feature.shape
    shape = (channels, height // window, width // window)
    corner, margin = torch.zeros(shape, dtype=torch.int64), torch.zeros(shape)
    tied, empty = torch.zeros(shape, dtype=torch.bool), torch.zeros(shape, dtype=torch.bool)
    for c in range(channels):
        for i in range(shape[1]):
            for j in range(shape[2]):
                cells = (
                    feature[c, i * window : (i + 1) * window, j * window : (j + 1) * window]
                    .flatten()
                    .tolist()
                )
                best = max(cells)
                corner[c, i, j] = cells.index(best)
                empty[c, i, j] = all(value == 0 for value in cells)
                tied[c, i, j] = cells.count(best) > 1 and not empty[c, i, j]
                margin[c, i, j] = best - sorted(cells)[-2] if len(cells) > 1 else torch.inf
    return corner, margin, tied, empty


@pytest.mark.parametrize(
    ("height", "width", "window"), [(4, 4, 2), (13, 13, 2), (11, 11, 2), (7, 10, 3), (5, 4, 1), (9, 8, 5)]
)
def test_ties_margins_and_empty_windows_at_odd_sizes(height: int, width: int, window: int) -> None:
    generator = torch.Generator().manual_seed(height * width)
    # Few distinct values make many ties; relu makes many empty windows.
    feature = torch.randint(-3, 3, (3, height, width), generator=generator).float().relu()
    value, place = F.max_pool2d(feature[None], window, return_indices=True)
    found = pick_winners(feature, place[0], window)
    corner, margin, tied, empty = count_maps_with_loops(feature, window)

    assert torch.equal(found.corner, corner)
    assert torch.equal(found.margin, margin)
    assert torch.equal(found.tied, tied)
    assert torch.equal(found.empty, empty)
    assert torch.equal(found.value, value[0])
    assert (found.lost_rows, found.lost_columns) == (height % window, width % window)
    assert torch.equal(found.decided, margin > 0)


def test_the_first_cell_in_row_major_order_wins_a_tie() -> None:
    feature = torch.tensor([[[0.0, 2.0], [2.0, 2.0]]])
    place = F.max_pool2d(feature[None], 2, return_indices=True)[1][0]
    found = pick_winners(feature, place, 2)

    assert found.corner.item() == 1
    assert found.tied.item()
    assert not found.empty.item()
    assert not found.decided.item()


def test_negative_maps_are_neither_empty_nor_tied() -> None:
    feature = torch.tensor([[[-4.0, -3.0], [-2.0, -1.0]]])
    found = pick_winners(feature, torch.tensor([[[3]]]), 2)

    assert found.value.item() == -1
    assert found.margin.item() == 1
    assert not found.empty.item()


def test_lost_rows_of_the_classic_networks_second_pooling() -> None:
    model = build(NETWORKS["classic"]).eval()
    found = winners(model, trace(model, a_digit())["pool2"])

    assert (found.height, found.width) == (11, 11)
    assert found.corner.shape == (64, 5, 5)
    assert (found.lost_rows, found.lost_columns) == (1, 1)


@pytest.mark.parametrize(("height", "window"), [(26, 2), (13, 2), (11, 2), (10, 3)])
def test_routing_equals_autograd_and_unpooling(height: int, window: int) -> None:
    generator = torch.Generator().manual_seed(height)
    feature = torch.randint(0, 5, (4, height, height), generator=generator).float().requires_grad_()
    pooled, place = F.max_pool2d(feature[None], window, return_indices=True)
    gradient = torch.randn(pooled.shape[1:], generator=generator)
    (expected,) = torch.autograd.grad((pooled[0] * gradient).sum(), feature)
    found = pick_winners(feature.detach(), place[0], window)

    routed = route(found, gradient)

    assert torch.equal(routed, expected)
    unpooled = F.max_unpool2d(gradient[None], place, window, output_size=(height, height))
    assert torch.equal(routed, unpooled[0])


def test_one_cells_gradient_reaches_one_cell() -> None:
    model = build(NETWORKS["padded"], 1).eval()
    found = winners(model, trace(model, a_digit())["pool1"])
    gradient = torch.zeros(found.corner.shape)
    gradient[5, 6, 7] = 2.5

    routed = route(found, gradient)

    assert routed.count_nonzero() == 1
    assert routed[5, found.rows[5, 6, 7], found.columns[5, 6, 7]] == 2.5


@pytest.mark.parametrize(("height", "window"), [(28, 2), (13, 2), (10, 3)])
def test_spreading_equals_average_poolings_gradient(height: int, window: int) -> None:
    generator = torch.Generator().manual_seed(1)
    feature = torch.randn(2, height, height, generator=generator, requires_grad=True)
    pooled = F.avg_pool2d(feature, window)
    gradient = torch.randn(pooled.shape, generator=generator)
    (expected,) = torch.autograd.grad((pooled * gradient).sum(), feature)

    assert torch.allclose(spread(gradient, window, height, height), expected, atol=1e-7)


@pytest.mark.parametrize("name", [name for name in CONFIGS if name != "mlp"])
def test_logit_gradient_equals_a_finite_difference_and_leaves_the_model_alone(name: str) -> None:
    model = build(CONFIGS[name], 2).eval().requires_grad_(False)
    noise = torch.rand(28, 28, generator=torch.Generator().manual_seed(8))  # no ties: a slope exists
    passed = trace(model, noise)
    layer = next(iter(pooling_layers(model)))
    gradient = logit_gradient(model, passed, layer, 7)
    generator = torch.Generator().manual_seed(5)
    direction = torch.randn(gradient.shape, generator=generator).sign()

    modules = dict(model.named_children())
    tail = list(modules.values())[list(modules).index(layer) + 1 :]

    def logit(step: float) -> float:
        x = (passed[layer].output.double() + step * direction)[None]
        for module in tail:
            x = module.double()(x)
        return float(x[0, 7])

    slope = (logit(1e-6) - logit(-1e-6)) / 2e-6
    assert slope == pytest.approx(float((gradient * direction).sum()), rel=1e-3, abs=1e-4)
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in model.parameters())


def test_gradient_of_the_logit_through_the_pooling_equals_autograd() -> None:
    model = build(NETWORKS["classic"], 4).eval()
    passed = trace(model, a_digit())
    found = winners(model, passed["pool1"])
    routed = route(found, logit_gradient(model, passed, "pool1", 3))

    feature = passed["relu1"].output.clone().requires_grad_()
    x = feature[None]
    for name, module in list(model.named_children())[2:]:
        x = module(x)
        assert name != "conv1"
    (expected,) = torch.autograd.grad(x[0, 3], feature)
    assert torch.allclose(routed, expected, atol=1e-7)


@pytest.mark.parametrize("name", [name for name in CONFIGS if name != "mlp"])
def test_center_pixels_lie_in_the_middle_of_the_receptive_field(name: str) -> None:
    model = build(CONFIGS[name]).eval()
    passed = trace(model, a_digit())
    for layer in pooling_layers(model):
        source = before(model, layer)
        centers = center_pixels(model, source)
        assert len(centers) == passed[layer].input.shape[-1]
        for row in (0, len(centers) // 2, len(centers) - 1):
            box = receptive_field(model, source, row, row, clip=False)
            middle = box.row + (box.height - 1) // 2
            assert centers[row] == min(max(middle, 0), 27)


def test_survivors_of_the_first_pooling_are_the_pixels_under_the_kernels_middle() -> None:
    model = build(NETWORKS["classic"], 1).eval()
    found = winners(model, trace(model, a_digit())["pool1"])
    counts = survivors(model, "pool1", found)

    expected = torch.zeros(32, 28, 28, dtype=torch.int64)
    for c, i, j in found.decided.nonzero().tolist():
        expected[c, found.rows[c, i, j] + 1, found.columns[c, i, j] + 1] += 1  # a 3x3 kernel's middle
    assert torch.equal(counts, expected)
    assert counts.sum() == found.decided.sum()


def test_average_pooling_of_the_same_map() -> None:
    model = build(NETWORKS["classic"]).eval()
    record = trace(model, a_digit())["pool2"]
    ours = average(model, record)

    assert ours.shape == record.output.shape
    assert ours[3, 2, 4] == pytest.approx(float(record.input[3, 4:6, 8:10].mean()), abs=1e-7)


def test_which_layers_pool() -> None:
    assert pooling_layers(build(NETWORKS["default"])) == {"pool1": "max", "pool2": "max"}
    assert pooling_layers(build(NETWORKS["lenet5"])) == {"pool1": "average", "pool2": "average"}
    assert pooling_layers(build(NETWORKS["mlp"])) == {}


def test_layers_that_pick_no_winners_are_refused() -> None:
    model = build(NETWORKS["lenet5"]).eval()
    passed = trace(model, a_digit())

    with pytest.raises(NetworkError, match="pool1 picks no winners"):
        winners(model, passed["pool1"])
    with pytest.raises(NetworkError, match="conv1 is not a pooling layer; choose one of pool1, pool2"):
        window_of(model, "conv1")
    with pytest.raises(NetworkError, match="no layer called 'pool9'"):
        before(model, "pool9")
    with pytest.raises(NetworkError, match="no layer called 'pool9'"):
        logit_gradient(model, passed, "pool9", 0)
    with pytest.raises(NetworkError, match="this network has no pooling"):
        window_of(build(NETWORKS["mlp"]), "pool1")


def test_overlapping_windows_are_refused() -> None:
    model = build(NETWORKS["classic"]).eval()
    model.pool1 = torch.nn.MaxPool2d(3, stride=2)

    with pytest.raises(NetworkError, match="overlapping"):
        window_of(model, "pool1")
