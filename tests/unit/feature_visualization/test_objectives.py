import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.checkpoints.format import load_model
from cnnviz.errors import ConfigError, NetworkError
from cnnviz.feature_visualization.objectives import (
    Objective,
    before_activation,
    channel,
    class_logit,
    difference,
    diversity,
    evaluate_objective,
    features,
    guided,
    layer,
    neuron,
)
from cnnviz.networks.network import Network


@pytest.fixture(scope="module")
def model() -> Network:
    return load_model("default")


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def second_layer(model: Network, images: Tensor) -> Tensor:
    """conv2 with its batch normalization, written out."""
    x = F.max_pool2d(F.relu(model.norm1(model.conv1(images))), 2)
    return model.norm2(model.conv2(x))


def test_channel_is_the_mean_of_the_map_before_the_activation(model: Network, images: Tensor) -> None:
    found = evaluate_objective(model, channel("conv2", [5, 0, 63]), images)

    maps = second_layer(model, images)
    expected = [maps[0, 5].mean(), maps[1, 0].mean(), maps[2, 63].mean()]
    torch.testing.assert_close(found, torch.stack(expected))
    assert maps.min() < 0  # so it was not taken behind the ReLU


def test_one_channel_serves_any_number_of_pictures(model: Network, images: Tensor) -> None:
    found = evaluate_objective(model, channel("conv2", 5), images)

    torch.testing.assert_close(found, second_layer(model, images)[:, 5].mean((1, 2)))


def test_neuron_is_the_middle_cell_or_the_one_named(model: Network, images: Tensor) -> None:
    maps = second_layer(model, images)
    middle = maps.shape[2] // 2

    torch.testing.assert_close(
        evaluate_objective(model, neuron("conv2", 7), images), maps[:, 7, middle, middle]
    )
    torch.testing.assert_close(evaluate_objective(model, neuron("conv2", 7, 0, 2), images), maps[:, 7, 0, 2])


def test_a_dense_units_channel_and_neuron_are_its_value(images: Tensor) -> None:
    model = load_model("mlp")
    value = model.dense1(images.flatten(1))[:, 9]

    torch.testing.assert_close(evaluate_objective(model, channel("dense1", 9), images), value)
    torch.testing.assert_close(evaluate_objective(model, neuron("dense1", 9), images), value)


def test_class_logit_is_measured_against_the_others(model: Network, images: Tensor) -> None:
    logits = model(images)
    others = torch.cat([logits[:, :4], logits[:, 5:]], 1).mean(1)

    torch.testing.assert_close(evaluate_objective(model, class_logit(4), images), logits[:, 4] - others)
    shifted = class_logit(4)(dict.fromkeys(class_logit(4).needs, logits + 100))
    torch.testing.assert_close(shifted, logits[:, 4] - others, atol=1e-4, rtol=1e-4)


def test_a_layer_is_its_mean_square(model: Network, images: Tensor) -> None:
    maps = second_layer(model, images)

    torch.testing.assert_close(evaluate_objective(model, layer("conv2"), images), (maps**2).mean((1, 2, 3)))
    torch.testing.assert_close(
        evaluate_objective(model, layer("relu2"), images), (maps.relu() ** 2).mean((1, 2, 3))
    )


def test_diversity_falls_as_gram_matrices_agree(model: Network, images: Tensor) -> None:
    maps = second_layer(model, images)
    grams = [torch.einsum("ahw,bhw->ab", each, each).flatten() for each in maps]
    cosine = torch.stack([torch.stack([F.cosine_similarity(a, b, dim=0) for b in grams]) for a in grams])
    expected = -(cosine.sum(1) - 1) / 2

    found = evaluate_objective(model, diversity("conv2"), images)

    torch.testing.assert_close(found, expected)
    same = evaluate_objective(model, diversity("conv2"), images[:1].repeat(3, 1, 1, 1))
    torch.testing.assert_close(same, torch.full((3,), -1.0))


def test_guided_pulls_each_cell_towards_its_best_match(model: Network, images: Tensor) -> None:
    guide = second_layer(model, images[:1])[0]
    maps = second_layer(model, images[1:2]).requires_grad_()
    objective = guided("conv2", guide)

    value = objective({next(iter(objective.needs)): maps})
    (gradient,) = torch.autograd.grad(value.sum(), maps)

    vectors = guide.flatten(1)  # (C, cells)
    cells = maps.detach()[0].flatten(1)
    best = (cells.T @ vectors).argmax(1)
    torch.testing.assert_close(gradient[0].flatten(1) * cells.shape[1], vectors[:, best])


def test_difference_asks_both_models(model: Network, images: Tensor) -> None:
    other = load_model("wide")
    found = evaluate_objective(model, difference(class_logit(2), other), images)

    expected = evaluate_objective(model, class_logit(2), images) - evaluate_objective(
        other, class_logit(2), images
    )
    torch.testing.assert_close(found, expected)


def test_arithmetic(model: Network, images: Tensor) -> None:
    one, two = channel("conv1", 1), neuron("conv2", [1, 2, 3])
    values = [evaluate_objective(model, each, images) for each in (one, two)]

    combined = 2 * one - two * torch.tensor([1.0, -1.0, 0.5]) + (-one)

    expected = values[0] - values[1] * torch.tensor([1.0, -1.0, 0.5])
    torch.testing.assert_close(evaluate_objective(model, combined, images), expected)
    assert combined.count == 3
    assert "channel 1 of conv1" in combined.name
    with pytest.raises(ConfigError):
        channel("conv1", [1, 2]) + channel("conv1", [1, 2, 3])


class Forbidden(nn.Module):
    def forward(self, _x: Tensor) -> Tensor:
        raise AssertionError("this layer was not needed")


def test_only_as_much_of_the_network_is_run_as_needed() -> None:
    model = nn.Sequential()
    model.add_module("conv1", nn.Conv2d(1, 2, 3))
    model.add_module("relu1", nn.ReLU())
    model.add_module("conv2", Forbidden())

    found = features(model, torch.rand(1, 1, 50, 40), ["conv1", "relu1"])

    assert found["conv1"].shape == (1, 2, 48, 38)
    assert torch.equal(found["relu1"], found["conv1"].relu())


def test_names(model: Network, images: Tensor) -> None:
    assert before_activation(model, "conv2") == "norm2"
    assert before_activation(model, "relu2") == "relu2"
    assert before_activation(load_model("wide"), "conv2") == "conv2"
    assert torch.equal(features(model, images, ["input"])["input"], images)


def test_another_models_way_of_looking(images: Tensor) -> None:
    def look(_model: nn.Module, images: Tensor, names: object) -> dict[str, Tensor]:
        assert list(names) == ["head"]
        return {"head": images.flatten(1)[:, :4]}

    found = evaluate_objective(nn.Identity(), channel("head", 2), images, look)

    assert torch.equal(found, images.flatten(1)[:, 2])


@pytest.mark.parametrize(
    "objective",
    [
        channel("conv9", 0),
        channel("conv2", 64),
        channel("conv2", -1),
        neuron("conv2", 0, 99, 0),
        guided("conv2", torch.zeros(3, 2, 2)),
    ],
)
def test_impossible_wishes_are_refused(model: Network, images: Tensor, objective: Objective) -> None:
    with pytest.raises(NetworkError):
        evaluate_objective(model, objective, images)


def test_pictures_that_do_not_fit_are_refused(model: Network) -> None:
    with pytest.raises(NetworkError, match="logits"):
        evaluate_objective(model, class_logit(1), torch.rand(1, 1, 40, 40))
    with pytest.raises(ConfigError):
        evaluate_objective(model, channel("conv2", [1, 2]), torch.rand(3, 1, 28, 28))
    with pytest.raises(ConfigError):
        channel("conv2", [])
