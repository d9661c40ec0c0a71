"""Any picture of a digit becomes what MNIST would hold; anything else is refused in words."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from cnnviz.data.mnist import load_mnist
from cnnviz.data.preprocessing import STAGES, to_digit
from cnnviz.errors import ImageError, NothingDrawn


def seven(size: int = 280, at: tuple[int, int] = (60, 40), height: int = 180, width: int = 20) -> np.ndarray:
    """White 7 on black, uint8 (size, size)."""
    image = Image.new("L", (size, size))
    x, y = at
    points = [(x, y), (x + height * 0.7, y), (x + height * 0.3, y + height)]
    ImageDraw.Draw(image).line(points, fill=255, width=width, joint="curve")
    return np.asarray(image)


def mass(image: torch.Tensor) -> tuple[float, float]:
    total = image.sum()
    return (
        float((image.sum(1) * torch.arange(28)).sum() / total),
        float((image.sum(0) * torch.arange(28)).sum() / total),
    )


def test_result_has_mnist_form() -> None:
    image = to_digit(seven()).image

    assert image.shape == (28, 28)
    assert image.dtype == torch.float32
    assert image.min() == 0
    assert image.max() == 1
    inked = [torch.nonzero(image.sum(axis)) for axis in (0, 1)]
    assert max(int(places.max() - places.min()) for places in inked) + 1 == 20
    assert all(abs(center - 14) <= 1.5 for center in mass(image))


def test_steps_are_named_in_order() -> None:
    steps = to_digit(seven()).steps

    assert list(steps) == ["grey", "ink", "cropped", "shrunk", "centred"]
    assert all(step.dtype == np.float32 and step.min() >= 0 and step.max() <= 1 for step in steps.values())


def variants() -> dict[str, np.ndarray]:
    plain = seven()
    rgb = np.stack([plain] * 3, -1)
    return {
        "black on white": 255 - plain,
        "rgb": rgb,
        "rgba": np.dstack([rgb, np.full_like(plain, 255)]),
        "white ink on transparent": np.dstack([np.full_like(rgb, 255), plain]),
        "black ink on transparent": np.dstack([np.zeros_like(rgb), plain]),
        "floats": plain / 255,
        "light gray ink on dark grey": (60 + plain * 0.5).astype(np.uint8),
        "moved": np.roll(plain, (-20, 30), (0, 1)),
    }


@pytest.mark.parametrize("name", variants())
def test_polarity_channels_and_place_do_not_matter(name: str) -> None:
    assert (to_digit(variants()[name]).image - to_digit(seven()).image).abs().max() < 0.06


def test_size_hardly_matters() -> None:
    small = to_digit(seven(size=100, at=(20, 15), height=60, width=7)).image
    large = to_digit(seven(size=1000, at=(200, 150), height=600, width=67)).image

    assert (small - large).abs().mean() < 0.04


def test_mnist_digits_stay_nearly_as_they_are() -> None:
    images = load_mnist().test.pixels()[:300]

    differences = [float((to_digit(image.numpy()).image - image).abs().mean()) for image in images]

    assert np.median(differences) < 0.01


def test_both_strokes_count() -> None:
    image = Image.new("L", (280, 280))
    draw = ImageDraw.Draw(image)
    draw.line([(60, 60), (60, 220)], fill=255, width=20)
    draw.line([(200, 60), (200, 220)], fill=255, width=20)

    columns = to_digit(np.asarray(image)).image.sum(0)

    assert columns[:12].sum() > 10
    assert columns[16:].sum() > 10


def nothing() -> dict[str, np.ndarray]:
    single = np.zeros((280, 280), np.uint8)
    single[100, 100] = 255
    dot = np.zeros((280, 280), np.uint8)
    dot[100:120, 100:120] = 255
    tiny = np.zeros((28, 28), np.uint8)
    tiny[5, 5] = 255
    return {
        "black": np.zeros((280, 280), np.uint8),
        "white": np.full((280, 280), 255, np.uint8),
        "grey": np.full((280, 280, 3), 128, np.uint8),
        "transparent": np.zeros((280, 280, 4), np.uint8),
        "one pixel": single,
        "one pixel of 28x28": tiny,
        "a dot": dot,
    }


@pytest.mark.parametrize("name", nothing())
def test_nothing_drawn_is_never_a_digit(name: str) -> None:
    with pytest.raises(NothingDrawn):
        to_digit(nothing()[name])


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.full((28, 28), np.nan, np.float32), "not numbers"),
        (np.full((28, 28), np.inf), "not numbers"),
        (np.zeros((0, 28), np.uint8), "no pixels"),
        (np.zeros((28, 28, 2), np.uint8), "not \\(28, 28, 2\\)"),
        (np.zeros(784), "not \\(784,\\)"),
        (np.full((28, 28), 7.0), "0..1"),
        (np.full((28, 28), -1), "0..255"),
    ],
)
def test_other_arrays_are_refused_in_words(pixels: np.ndarray, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        to_digit(pixels)


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_can_be_left_out_and_matters(stage: str) -> None:
    drawing = seven(at=(30, 20), height=120)

    assert (to_digit(drawing, without=stage).image - to_digit(drawing).image).abs().mean() > 0.003


def test_without_cropping_the_paper_stays() -> None:
    image = to_digit(seven(at=(20, 20), height=60, width=10), without="crop").image

    assert image[14:, 14:].sum() == 0
    assert image[:10, :10].sum() > 5


def test_without_aspect_the_box_is_square() -> None:
    image = to_digit(seven(), without="aspect").image

    assert int((image.sum(0) > 0).sum()) == int((image.sum(1) > 0).sum()) == 20
