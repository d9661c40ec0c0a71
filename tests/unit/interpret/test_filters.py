"""Oracles: NumPy's FFT, F.conv2d, matrices from textbooks."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz.errors import NetworkError
from cnnviz.interpret.filters import (
    chance_similarity,
    conv_layers,
    first_layer_weights,
    kernels_of,
    known_filters,
    nearest_known,
    partial_response,
    spectrum,
    strongest_inputs,
)
from cnnviz.networks.network import ConvBlock, NetworkConfig, build
from cnnviz.networks.tracing import trace
from cnnviz.networks.zoo import NETWORKS

TEXTBOOK = {
    "Sobel, vertical edge": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "Sobel, horizontal edge": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "Prewitt, vertical edge": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "Sobel, diagonal edge ↗": [[-2, -1, 0], [-1, 0, 1], [0, 1, 2]],
    "Laplacian, four neighbours": [[0, -1, 0], [-1, 4, -1], [0, -1, 0]],
    "Laplacian, eight neighbours": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "Gaussian blur": [[1, 2, 1], [2, 4, 2], [1, 2, 1]],
    "falling bar": [[2, -1, -1], [-1, 2, -1], [-1, -1, 2]],
}


@pytest.mark.parametrize("name", NETWORKS)
def test_conv_layers_are_those_of_the_configuration(name: str) -> None:
    config = NETWORKS[name]
    convs = []
    for number, block in enumerate(config.convs, 1):
        convs += [f"block{number}.conv1", f"block{number}.conv2"] if block.skip else [f"conv{number}"]
    assert conv_layers(build(config)) == ["patches"] * bool(config.patches) + convs


def test_kernels_of_one_channel_and_of_each_filters_own() -> None:
    model = build(NETWORKS["padded"], seed=3)
    weight = model.conv2.weight.detach().numpy()  # (32, 16, 3, 3)
    np.testing.assert_array_equal(kernels_of(model, "conv2", 5), weight[:, 5])

    norms = np.sqrt((weight**2).sum((2, 3)))  # (32, 16)
    strongest = strongest_inputs(model, "conv2")
    np.testing.assert_array_equal(strongest, norms.argmax(1))
    own = kernels_of(model, "conv2", strongest)
    for unit, channel in enumerate(norms.argmax(1)):
        np.testing.assert_array_equal(own[unit], weight[unit, channel])


@pytest.mark.parametrize(("layer", "channel"), [("conv3", 0), ("relu1", 0), ("conv2", 16), ("conv2", -1)])
def test_unknown_layers_and_channels_are_refused(layer: str, channel: int) -> None:
    with pytest.raises(NetworkError, match="conv"):
        kernels_of(build(NETWORKS["padded"]), layer, channel)


@pytest.mark.parametrize("name", ["padded", "lenet5"])
def test_partial_responses_add_up_to_the_layers_output(name: str) -> None:
    model = build(NETWORKS[name], seed=1).eval()
    record = trace(model, torch.rand(28, 28))["conv2"]
    conv = model.conv2
    parts = [
        partial_response(model, "conv2", 7, channel, record.input) for channel in range(conv.in_channels)
    ]
    torch.testing.assert_close(torch.stack(parts).sum(0) + conv.bias[7], record.output[7])


def test_partial_response_is_the_convolution_with_one_kernel() -> None:
    config = NetworkConfig(convs=(ConvBlock(3, kernel=5, stride=2, padding=1),))
    model, image = build(config), torch.rand(1, 28, 28)
    expected = F.conv2d(image[None], model.conv1.weight[2:3], stride=2, padding=1)[0, 0]
    torch.testing.assert_close(partial_response(model, "conv1", 2, 0, image), expected.detach())


def test_templates_weigh_the_image_as_the_layer_does() -> None:
    model, image = build(NETWORKS["mlp"]).eval(), torch.rand(28, 28)
    name, templates = first_layer_weights(model)
    sums = (templates * image).sum((1, 2)) + model.dense1.bias
    assert name == "dense1"
    torch.testing.assert_close(sums, trace(model, image)[name].output)


def test_a_network_without_hidden_layers_has_ten_templates() -> None:
    name, templates = first_layer_weights(build(NetworkConfig()))
    assert (name, templates.shape) == ("logits", (10, 28, 28))


def test_a_convolution_in_front_leaves_no_templates() -> None:
    with pytest.raises(NetworkError, match="dense layer"):
        first_layer_weights(build(NETWORKS["eight"]))


@pytest.mark.parametrize(("side", "size"), [(3, 16), (5, 16), (3, 9), (1, 4)])
def test_spectrum_is_the_centered_fourier_transform(side: int, size: int) -> None:
    kernel = torch.randn(side, side, generator=torch.Generator().manual_seed(side))
    expected = np.abs(np.fft.fftshift(np.fft.fft2(kernel.numpy(), (size, size))))
    np.testing.assert_allclose(spectrum(kernel, size), expected, atol=1e-5)


def test_vertical_stripes_lie_on_the_spectrums_row() -> None:
    picture = spectrum(torch.tensor([[-1.0, 1.0]]).expand(2, 2))
    assert picture[8, 8] == 0  # even ground is not passed
    assert picture[8, 0] == picture.max()  # the finest stripes from left to right are


@pytest.mark.parametrize("name", TEXTBOOK)
def test_textbook_filters_are_recognized_in_either_polarity_at_any_scale(name: str) -> None:
    kernel = torch.tensor(TEXTBOOK[name], dtype=torch.float32)
    match, inverted = nearest_known(kernel * 0.1), nearest_known(-kernel)
    assert (match.known.name, inverted.known.name) == (name, name)
    assert match.similarity == pytest.approx(1)
    assert inverted.similarity == pytest.approx(-1)
    assert match.sees != inverted.sees
    torch.testing.assert_close(match.fitted, kernel * 0.1)


def test_similarity_and_fit_against_plain_numpy() -> None:
    kernel = np.random.default_rng(0).normal(size=(3, 3)).astype(np.float32)
    match = nearest_known(torch.from_numpy(kernel))
    bank = np.stack([entry.kernel.numpy() for entry in known_filters(3)])
    cosines = (bank * kernel).sum((1, 2)) / np.linalg.norm(bank, axis=(1, 2)) / np.linalg.norm(kernel)
    assert abs(match.similarity) == pytest.approx(np.abs(cosines).max(), abs=1e-6)
    rest = kernel - match.fitted.numpy()
    assert (rest * match.fitted.numpy()).sum() == pytest.approx(0, abs=1e-6)  # nothing left to explain


def test_a_kernel_of_zeros_resembles_nothing() -> None:
    match = nearest_known(torch.zeros(3, 3))
    assert match.similarity == 0
    assert not match.fitted.any()


@pytest.mark.parametrize("side", [1, 2, 3, 4, 5, 7])
def test_known_filters_are_distinct_and_never_zero(side: int) -> None:
    flat = torch.stack([entry.kernel for entry in known_filters(side)]).flatten(1)
    unit = F.normalize(flat)
    assert (flat.norm(dim=1) > 0).all()
    assert ((unit @ unit.T).abs() - torch.eye(len(unit)) < 0.9995).all()


def test_luck_explains_less_the_larger_the_kernel() -> None:
    assert 0 < chance_similarity(7) < chance_similarity(5) < chance_similarity(3) < 1


def test_half_of_random_kernels_beat_the_chance_similarity() -> None:
    kernels = torch.randn(600, 3, 3, generator=torch.Generator().manual_seed(5))
    above = sum(abs(nearest_known(kernel).similarity) > chance_similarity(3) for kernel in kernels)
    assert 0.42 < above / 600 < 0.58
