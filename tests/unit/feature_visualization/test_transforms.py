import math

import pytest
import torch
from torch import Tensor

from cnnviz.errors import ConfigError
from cnnviz.feature_visualization.transforms import Jitter, Pad, Rotate, Scale, Transform, crop_middle


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def images() -> Tensor:
    return torch.rand(2, 1, 12, 12, generator=generator())


def test_pad_adds_background_and_the_middle_is_the_picture(images: Tensor) -> None:
    padded = Pad(3, background=0.5).draw(generator())(images)

    assert padded.shape == (2, 1, 18, 18)
    assert (padded[:, :, :3] == 0.5).all()
    assert torch.equal(crop_middle(padded, 12, 12), images)


def test_jitter_shifts_all_pictures_alike_and_never_too_far(images: Tensor) -> None:
    seen = set()
    for seed in range(60):
        moved = Jitter(1).draw(generator(seed))(images)
        (shift,) = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if torch.equal(moved, torch.roll(images, (down, right), (2, 3)))
        ]
        seen.add(shift)

    assert seen == {(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)}


def test_padding_keeps_a_shift_from_wrapping_round(images: Tensor) -> None:
    for seed in range(20):
        moved = Jitter(2).draw(generator(seed))(Pad(2).draw(generator())(images + 1))
        cropped = crop_middle(moved, 12, 12)
        ink = (cropped[0, 0] > 0).float()
        rows, columns = ink.amax(1).sum(), ink.amax(0).sum()
        assert ink.sum() == rows * columns  # one rectangle, nothing on the other side


def test_a_turn_by_zero_and_a_size_of_one_change_nothing(images: Tensor) -> None:
    for transform in (Rotate(0.0), Scale(1.0, 1.0)):
        torch.testing.assert_close(transform.draw(generator())(images), images)


def test_a_quarter_turn_is_exact(images: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnviz.feature_visualization.transforms._between", lambda *ends: ends[1])

    turned = Rotate(90.0).draw(generator())(images)

    assert any(torch.allclose(turned, torch.rot90(images, quarter, (2, 3)), atol=1e-5) for quarter in (1, 3))


def test_twice_the_size_shows_the_middle_half(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnviz.feature_visualization.transforms._between", lambda *ends: ends[1])
    picture = torch.zeros(1, 1, 12, 12)
    picture[:, :, 4:8, 4:8] = 1

    larger = Scale(0.5, 2.0).draw(generator())(picture)

    expected = torch.zeros(12, 12)
    expected[2:10, 2:10] = 1
    assert torch.equal((larger[0, 0] > 0.5).float(), expected)


@pytest.mark.parametrize("transform", [Rotate(30, background=0.7), Scale(0.5, 0.6, background=0.7)])
def test_beyond_the_edge_lies_the_background(transform: Transform) -> None:
    for seed in range(5):
        corner = transform.draw(generator(seed))(torch.zeros(1, 1, 21, 31))[0, 0, 0, 0]
        assert 0 <= corner <= 0.7
    plain = transform.draw(generator(1))(torch.full((1, 1, 21, 31), 0.7))
    torch.testing.assert_close(plain, torch.full((1, 1, 21, 31), 0.7))


def test_rotation_keeps_square_pixels_in_oblong_pictures() -> None:
    picture = torch.zeros(1, 1, 41, 81)
    rows, columns = torch.meshgrid(torch.arange(41) - 20, torch.arange(81) - 40, indexing="ij")
    picture[0, 0] = torch.exp(-(rows.square() + columns.square()) / 60)  # round, so it turns into itself

    turned = Rotate(45).draw(generator(3))(picture)

    assert (turned - picture).abs().max() < 0.02


@pytest.mark.parametrize(
    "transform", [Pad(2), Jitter(2), Rotate(5), Scale(0.9, 1.1)], ids=lambda each: type(each).__name__
)
def test_draws_depend_on_the_generator_alone(transform: Transform, images: Tensor) -> None:
    before = torch.get_rng_state()

    first, second = (transform.draw(generator(4))(images) for _ in range(2))

    assert torch.equal(first, second)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    "wrong", [lambda: Pad(-1), lambda: Jitter(-1), lambda: Scale(0, 1), lambda: Scale(2, 1)]
)
def test_impossible_settings_are_refused(wrong: object) -> None:
    with pytest.raises(ConfigError):
        wrong()


def test_scales_lie_between_their_limits() -> None:
    picture = torch.zeros(1, 1, 101, 101)
    rows, columns = torch.meshgrid(torch.arange(101) - 50, torch.arange(101) - 50, indexing="ij")
    picture[0, 0] = (rows.square() + columns.square() <= 20**2).float()
    area = float(picture.sum())

    factors = [
        math.sqrt(float(Scale(0.8, 1.25).draw(generator(seed))(picture).sum()) / area) for seed in range(30)
    ]

    assert 0.79 < min(factors) < 0.95
    assert 1.05 < max(factors) < 1.26
