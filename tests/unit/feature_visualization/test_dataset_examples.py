import pytest
import torch

from cnnviz.checkpoints.format import load_model
from cnnviz.data.mnist import load_mnist
from cnnviz.errors import NetworkError
from cnnviz.feature_visualization.dataset_examples import cut, spread, top_activations
from cnnviz.feature_visualization.objectives import channel, class_logit, features
from cnnviz.networks.network import Network

COUNT = 300


@pytest.fixture(scope="module")
def digits() -> torch.Tensor:
    return load_mnist().test.images[:COUNT]


def outputs(model: Network, layer: str, digits: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return features(model, digits[:, None].float() / 255, [layer])[layer]


@pytest.mark.parametrize("name", ["default", "padded"])
def test_the_strongest_cells_are_found(name: str, digits: torch.Tensor) -> None:
    model = load_model(name)
    maps = outputs(model, "conv2", digits)
    found = top_activations(model, "conv2", digits, count=5)

    for unit in (0, 7, 31):
        peaks = maps[:, unit].flatten(1).amax(1)
        expected = peaks.sort(descending=True).values[:5]
        torch.testing.assert_close(found.best[unit], expected, atol=1e-4, rtol=1e-4)
        assert len(set(found.digits[unit].tolist())) == 5
        for digit, cell, value in zip(
            found.digits[unit].tolist(), found.cells[unit].tolist(), found.best[unit], strict=True
        ):
            torch.testing.assert_close(maps[digit, unit].flatten()[cell], value, atol=1e-4, rtol=1e-4)
        means = maps[:, unit].mean((1, 2))
        torch.testing.assert_close(found.top[unit], means.max(), atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(found.spread[unit], means.std(correction=0), atol=1e-4, rtol=1e-3)


def test_a_patch_alone_excites_its_cell_as_much(digits: torch.Tensor) -> None:
    """Everything outside the patch is erased, and the cell does not notice."""
    model = load_model("default")
    found = top_activations(model, "conv2", digits, count=3)
    unit, width = 11, found.width
    patches = found.patches(model, unit)

    for number in range(3):
        row, column = divmod(int(found.cells[unit, number]), width)
        side = patches.shape[1]
        whole = torch.zeros(28, 28)
        top, left = row * 2, column * 2  # one pooling by two lies in between, without padding
        whole[top : top + side, left : left + side] = patches[number]
        again = outputs(model, "conv2", (whole * 255).round().to(torch.uint8)[None])
        torch.testing.assert_close(
            again[0, unit, row, column], found.best[unit, number], atol=1e-4, rtol=1e-4
        )


def test_patches_reach_over_the_edge_with_nothing() -> None:
    model = load_model("padded")
    picture = torch.ones(28, 28)

    corner = cut(picture, model, "conv1", (0, 0))

    assert corner.tolist() == [[0, 0, 0], [0, 1, 1], [0, 1, 1]]
    assert cut(picture, model, "conv1", (5, 5)).min() == 1
    with pytest.raises(NetworkError):
        cut(torch.ones(10, 10), model, "conv1", (0, 0))


def test_dense_units_show_whole_digits(digits: torch.Tensor) -> None:
    model = load_model("mlp")
    found = top_activations(model, "dense2", digits, count=4)

    values = outputs(model, "dense2", digits)[:, 9]
    assert found.width == 0
    assert int(found.digits[9, 0]) == int(values.argmax())
    torch.testing.assert_close(found.patches(model, 9)[0], digits[values.argmax()].float() / 255)


def test_few_digits(digits: torch.Tensor) -> None:
    assert top_activations(load_model(), "conv1", digits[:2], count=9).best.shape[1] == 2


def test_spread_is_the_standard_deviation(digits: torch.Tensor) -> None:
    model, images = load_model(), digits.float() / 255
    maps = outputs(model, "conv2", digits)

    expected = (maps[:, 3].mean((1, 2)).std() + maps[:, 4].mean((1, 2)).std()) / 2

    assert spread(model, [channel("conv2", 3), channel("conv2", 4)], images) == pytest.approx(
        float(expected), rel=1e-3
    )
    assert spread(model, [class_logit(3)], images[:1].expand(5, 28, 28)) == pytest.approx(1e-6)
