from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from cnnviz.errors import ConfigError
from cnnviz.feature_visualization.parameterization import (
    Fourier,
    GivenImage,
    ImageParameters,
    Pixels,
    Spectrum,
    mean_magnitude,
)
from cnnviz.feature_visualization.presets import digit_spectrum

SIZE = (1, 28, 28)


def decaying() -> Fourier:
    return Fourier(decay=0.5)


def spectrum() -> Spectrum:
    return Spectrum(digit_spectrum())


def given() -> GivenImage:
    return GivenImage(torch.rand(SIZE))


every_way = pytest.mark.parametrize("make", [Pixels, Fourier, decaying, spectrum, given])


@every_way
def test_pictures_have_the_promised_shape_and_range(make: Callable[[], ImageParameters]) -> None:
    values, decode = make().begin([0, 1, 2], SIZE)
    images = decode(values + 3 * torch.randn_like(values))

    assert images.shape == (3, *SIZE)
    assert images.min() >= 0
    assert images.max() <= 1


@every_way
def test_a_seed_gives_the_same_start_in_any_batch(make: Callable[[], ImageParameters]) -> None:
    way = make()
    together, _ = way.begin([7, 5, 7], SIZE)
    alone, _ = way.begin([5], SIZE)

    assert torch.equal(together[1:2], alone)
    assert torch.equal(together[0], together[2])


@pytest.mark.parametrize("make", [Pixels, Fourier, spectrum])
def test_seeds_differ_and_the_global_generator_is_left_alone(make: Callable[[], ImageParameters]) -> None:
    way = make()
    before = torch.get_rng_state()
    values, _ = way.begin([1, 2], SIZE)

    assert not torch.equal(values[0], values[1])
    assert torch.equal(before, torch.get_rng_state())


def roughness(images: Tensor) -> float:
    return float(images.diff(dim=3).std() / images.std())


def test_decay_makes_waves_smoother() -> None:
    results = []
    for decay in (0.0, 1.0, 2.0):
        values, decode = Fourier(decay).begin(range(8), SIZE)
        results.append(roughness(decode(values)))

    assert results[0] > 1.2 * results[1] > 1.44 * results[2]


def test_fourier_takes_odd_sizes_and_colors() -> None:
    values, decode = Fourier().begin([0], (3, 15, 21))

    assert decode(values).shape == (1, 3, 15, 21)


def test_spectrum_keeps_every_waves_loudness_whatever_its_phase() -> None:
    magnitude = torch.rand(28, 15, generator=torch.Generator().manual_seed(0))
    magnitude[0, 0] = 28 * 28 * 0.5  # a gray so even that nothing is clipped
    magnitude[:, 0] = (magnitude[:, 0] + magnitude[:, 0].flip(0).roll(1)) / 2  # as real pictures have
    values, decode = Spectrum(magnitude, contrast=1.0, floor=0.0).begin([3], SIZE)
    image = decode(values)[0, 0]

    found = torch.fft.rfft2(image).abs()

    # The first and last column are their own mirror images, so their phases are not free.
    torch.testing.assert_close(found[:, 1:-1], magnitude[:, 1:-1], atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(image.mean(), torch.tensor(0.5), atol=1e-4, rtol=0)


def test_spectrum_of_other_pictures_is_refused() -> None:
    with pytest.raises(ConfigError):
        Spectrum(torch.ones(14, 8)).begin([0], SIZE)


def test_mean_magnitude() -> None:
    images = torch.rand(5, 28, 28)

    expected = torch.stack([torch.fft.fft2(image)[:, :15].abs() for image in images]).mean(0)

    torch.testing.assert_close(mean_magnitude(images), expected)


def test_given_image_starts_there_and_is_not_pushed_out_of_range() -> None:
    picture = torch.tensor([[[0.0, 0.5], [1.0, 0.25]]])
    values, decode = GivenImage(picture).begin([0], (1, 2, 2))
    assert torch.equal(decode(values)[0], picture)

    leaf = values.clone().requires_grad_()
    weights = torch.tensor([[[[-1.0, 1.0], [1.0, -1.0]]]])
    (gradient,) = torch.autograd.grad((decode(leaf) * weights).sum(), leaf)

    assert gradient[0, 0].tolist() == [[0.0, 1.0], [0.0, -1.0]]  # both at the edge stay there
    (inwards,) = torch.autograd.grad((decode(leaf) * -weights).sum(), leaf)
    assert inwards[0, 0].tolist() == [[1.0, -1.0], [-1.0, 1.0]]


def test_given_image_of_another_size_is_refused() -> None:
    with pytest.raises(ConfigError):
        GivenImage(torch.rand(1, 20, 20)).begin([0], SIZE)
