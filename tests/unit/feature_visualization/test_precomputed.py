"""The carried pictures are what the code makes."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnnviz.errors import DataError
from cnnviz.feature_visualization import precomputed
from cnnviz.feature_visualization.activation_maximization import last
from cnnviz.feature_visualization.deepdream import dream
from cnnviz.feature_visualization.objectives import layer
from cnnviz.feature_visualization.precomputed import (
    FOLDER,
    PHOTO,
    SETTINGS,
    SIDE,
    UNIT_LAYERS,
    dreamed,
    unit_tiles,
)
from cnnviz.io.photos import load_photo, to_pixels
from cnnviz.networks.imagenet import LAYERS, layer_named, load_imagenet


def pixels_of(content: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(float)


def test_nothing_is_missing_and_nothing_too_much() -> None:
    wanted = {f"{PHOTO}-{each.name}.webp" for each in LAYERS} | {f"units-{name}.webp" for name in UNIT_LAYERS}
    assert {path.name for path in FOLDER.iterdir()} == wanted


def test_each_dream_has_the_photographs_shape_and_differs_from_it() -> None:
    photo = to_pixels(load_photo(PHOTO)).astype(float)
    for each in LAYERS:
        found = pixels_of(dreamed(each.name))
        assert found.shape == photo.shape
        assert np.abs(found - photo).mean() > 10


def test_a_dream_made_again_is_the_carried_one() -> None:
    """Up to WEBP's losses, and what a processor's own rounding grows to in forty steps."""
    frame = last(dream(load_imagenet(), load_photo(PHOTO), layer("block2"), **SETTINGS))  # type: ignore[arg-type]
    again, kept = to_pixels(frame.images[0]).astype(float), pixels_of(dreamed("block2"))
    assert np.corrcoef(again.ravel(), kept.ravel())[0, 1] > 0.97


def test_layers_differ_from_each_other() -> None:
    pictures = [pixels_of(dreamed(each.name)) for each in LAYERS]
    for one in range(len(pictures)):
        for other in range(one):
            assert np.abs(pictures[one] - pictures[other]).mean() > 5


@pytest.mark.parametrize("name", UNIT_LAYERS)
def test_one_tile_a_unit(name: str) -> None:
    tiles = unit_tiles(name)
    assert tiles is not None
    assert tiles.shape == (layer_named(name).channels, SIDE, SIDE, 3)
    assert (tiles.std((1, 2, 3)) > 10).mean() > 0.9  # hardly any is gray


def test_layers_without_tiles() -> None:
    assert unit_tiles("block15") is None


def test_a_missing_picture_says_how_to_make_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(precomputed, "FOLDER", tmp_path)
    with pytest.raises(DataError, match="python -m cnnviz build-assets dreams"):
        dreamed("block2")
