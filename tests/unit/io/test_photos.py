"""Photographs in and out, and films of them."""

import numpy as np
import pytest
import torch

from cnnviz.errors import ImageError
from cnnviz.io.photos import FOLDER, PHOTOS, load_photo, to_photo, to_pixels


def test_every_photograph_is_there_with_its_credit() -> None:
    readme = (FOLDER.parent / "README.md").read_text()
    assert {path.stem for path in FOLDER.glob("*.jpg")} == set(PHOTOS)
    for name, photo in PHOTOS.items():
        image = load_photo(name)
        assert image.shape[0] == 3
        assert max(image.shape) == 384
        assert 0 <= float(image.min()) < float(image.max()) <= 1
        row = next(line for line in readme.splitlines() if f"photos/{name}.jpg" in line)
        assert photo.author.split(",")[0].split(" “")[0] in row
        assert photo.license.split(",")[0] in row


@pytest.mark.parametrize("name", ["", "x", "../photos/cat"])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(ImageError, match="forest"):
        load_photo(name)


def test_gray_and_transparent_pictures_become_color_on_white() -> None:
    gray = to_photo(np.full((40, 50), 51, np.uint8))
    torch.testing.assert_close(gray, torch.full((3, 40, 50), 0.2))
    clear = np.zeros((40, 40, 4), np.uint8)
    assert torch.equal(to_photo(clear), torch.ones(3, 40, 40))


def test_pictures_keep_their_shape_and_are_never_enlarged() -> None:
    assert to_photo(np.zeros((600, 300, 3), np.uint8), 384).shape == (3, 384, 192)
    assert to_photo(np.zeros((60, 50, 3), np.uint8), 384).shape == (3, 60, 50)


@pytest.mark.parametrize("shape", [(1, 1), (31, 400), (5000, 40)])
def test_a_picture_too_small_or_too_narrow_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match="at least 32"):
        to_photo(np.zeros(shape, np.uint8))


def test_pixels_come_back_exactly() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    np.testing.assert_array_equal(to_pixels(to_photo(pixels)), pixels)
    assert to_pixels(torch.rand(1, 8, 9)).shape == (8, 9)
