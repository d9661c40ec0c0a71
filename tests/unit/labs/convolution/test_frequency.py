"""Waves: parts that add up, gains that are what a kernel really does to a wave."""

import math

import pytest
import torch

from cnnviz.errors import ConfigError
from cnnviz.labs.convolution.frequency import FASTEST, amplitudes, frequencies, gain, gain_by_frequency, split
from cnnviz.labs.convolution.kernels import CLASSIC
from cnnviz.labs.convolution.operations import WindowGeometry, correlate

RANDOM = torch.randn(11, 14, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("radius", [0.0, 0.1, 0.33, 0.5, FASTEST, 1.0])
@pytest.mark.parametrize("shape", [(11, 14), (6, 6), (1, 5)])
def test_parts_add_up_and_hold_the_waves_they_should(radius: float, shape: tuple[int, int]) -> None:
    image = RANDOM[: shape[0], : shape[1]]
    parts = split(image, radius)
    torch.testing.assert_close(parts.low + parts.high, image, rtol=0, atol=1e-12)
    near = frequencies(*shape) <= radius
    assert torch.equal(parts.mask, near)
    assert amplitudes(parts.low)[~near].abs().sum() < 1e-9
    assert amplitudes(parts.high)[near].abs().sum() < 1e-9
    assert 0 <= parts.energy <= 1 + 1e-9


def test_radius_zero_keeps_the_mean_and_a_large_one_everything() -> None:
    torch.testing.assert_close(split(RANDOM, 0.0).low, RANDOM.mean().expand(11, 14), rtol=0, atol=1e-12)
    torch.testing.assert_close(split(RANDOM, 1.0).low, RANDOM, rtol=0, atol=1e-12)
    with pytest.raises(ConfigError, match="0 to 1 cycles"):
        split(RANDOM, -0.1)


def test_a_wave_lies_at_its_frequency() -> None:
    x = torch.arange(16, dtype=torch.float64)
    stripes = torch.cos(2 * math.pi * 3 / 16 * x).expand(16, 16)  # 3 cycles in 16 pixels
    strength = amplitudes(stripes)
    assert sorted(strength.flatten().topk(2).indices.tolist()) == [8 * 16 + 5, 8 * 16 + 11]
    assert frequencies(16, 16)[8, 11] == pytest.approx(3 / 16)


@pytest.mark.parametrize("name", CLASSIC)
def test_gain_is_what_the_kernel_does_to_a_wave(name: str) -> None:
    kernel, size = CLASSIC[name].kernel, 64
    down, across = 5, 12  # cycles in 64 pixels
    y, x = torch.arange(size, dtype=torch.float64)[:, None], torch.arange(size, dtype=torch.float64)
    wave = torch.cos(2 * math.pi * (down * y + across * x) / size)
    padding = len(kernel) // 2
    result = correlate(
        wave[None], kernel[None, None], None, WindowGeometry(padding=padding, border="circular")
    )[0]
    result = result[:size, :size]  # a kernel of even size gives one more
    strength = gain(kernel, size)
    assert result.square().mean().sqrt() / wave.square().mean().sqrt() == pytest.approx(
        float(strength[size // 2 + down, size // 2 + across]), abs=1e-6
    )
    assert float(strength[size // 2, size // 2]) == pytest.approx(abs(float(kernel.sum())), abs=1e-6)


def test_low_passes_fall_and_high_passes_begin_at_zero() -> None:
    for name in ("box3", "gauss3", "gauss5", "gauss7"):
        curve = gain_by_frequency(CLASSIC[name].kernel)
        assert curve.mean[0] == pytest.approx(1)
        assert curve.mean[-1] < 0.12
    for name in ("high_pass", "laplacian", "sobel_x"):
        assert gain_by_frequency(CLASSIC[name].kernel).most[0] == pytest.approx(0, abs=1e-6)
    identity = gain_by_frequency(CLASSIC["identity"].kernel)
    torch.testing.assert_close(identity.least, identity.most)


def test_the_curve_lies_between_least_and_most() -> None:
    curve = gain_by_frequency(CLASSIC["emboss"].kernel)
    assert (curve.least <= curve.mean + 1e-9).all()
    assert (curve.mean <= curve.most + 1e-9).all()
    assert float(curve.frequency[-1]) == pytest.approx(FASTEST)
