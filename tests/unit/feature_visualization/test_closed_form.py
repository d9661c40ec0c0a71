import pytest
import torch

from cnnviz.checkpoints.format import load_model
from cnnviz.errors import NetworkError
from cnnviz.feature_visualization.activation_maximization import last
from cnnviz.feature_visualization.closed_form import is_affine, optimum
from cnnviz.feature_visualization.objectives import channel, evaluate_objective, neuron
from cnnviz.feature_visualization.presets import SHARP, optimize
from cnnviz.interpret.receptive_fields import receptive_field
from cnnviz.networks.network import build
from cnnviz.networks.zoo import NETWORKS


def test_it_is_the_sign_of_the_kernel_and_of_its_batch_normalization() -> None:
    model = build(NETWORKS["default"], seed=1).eval()
    with torch.no_grad():
        model.norm1.weight[::2] = -0.7  # every other filter turned round
        model.norm1.running_mean[:] = 0.3
    kernels = model.conv1.weight.detach()[:, 0]  # (24, k, k)
    side = 28 - kernels.shape[-1] + 1
    box = receptive_field(model, "conv1", side // 2, side // 2)

    best = optimum(model, "conv1", range(len(kernels)))

    part = best.images[:, 0, box.row : box.row + box.height, box.column : box.column + box.width]
    sign = model.norm1.weight.detach().sign()[:, None, None]
    assert torch.equal(part, (kernels * sign > 0).float())
    assert best.images.sum() == part.sum()  # pixels the cell does not see stay empty


@pytest.mark.parametrize("name", ["default", "wide", "classic", "padded", "lenet5"])
def test_a_climb_finds_it(name: str) -> None:
    model = load_model(name)
    units = range(6)

    best = optimum(model, "conv1", units)
    found = last(optimize(model, neuron("conv1", units), SHARP))

    assert (found.values <= best.values + 1e-4).all()
    torch.testing.assert_close(found.values, best.values, rtol=1e-3, atol=1e-3)
    seen = best.weights.abs() > 0.02 * best.weights.abs().amax((1, 2, 3), keepdim=True)
    assert torch.equal((found.images > 0.5)[seen], (best.images > 0.5)[seen])


def test_no_picture_does_better() -> None:
    model = load_model("default")
    best = optimum(model, "conv1", range(8), one_cell=False)
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        images = torch.rand(8, 1, 28, 28, generator=generator).round()
        assert (evaluate_objective(model, channel("conv1", range(8)), images) <= best.values).all()


def test_a_dense_units_best_picture_is_its_template() -> None:
    model = load_model("mlp")
    template = model.dense1.weight.detach()[7].reshape(28, 28)

    best = optimum(model, "dense1", 7)

    assert torch.equal(best.images[0, 0], (template > 0).float())
    expected = template.clamp(min=0).sum() + model.dense1.bias[7]
    torch.testing.assert_close(best.values[0], expected)
    torch.testing.assert_close(best.weights[0, 0], template)


def test_which_layers_are_weighted_sums() -> None:
    assert is_affine(load_model("default"), "conv1")
    assert is_affine(load_model("wide"), "conv1")  # behind the normalization of its input
    assert is_affine(load_model("mlp"), "dense1")
    assert not is_affine(load_model("default"), "conv2")
    assert not is_affine(load_model("default"), "relu1")
    with pytest.raises(NetworkError, match="weighted sum"):
        optimum(load_model("default"), "conv2", 0)
