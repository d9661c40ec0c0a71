"""The pictures the dream page carries, so that something is on screen before anything is computed.

    dreamed(layer)         the forest as this layer dreams it, WEBP bytes
    unit_tiles(layer)      one small picture a channel, or none
    write_dreams(folder)   makes them anew (some minutes)

They are made with the settings in SETTINGS by the same functions the page calls; a test makes one again.
"""

import io
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from cnnviz.errors import DataError
from cnnviz.feature_visualization.activation_maximization import last
from cnnviz.feature_visualization.deepdream import dream
from cnnviz.feature_visualization.imagenet_units import SIDE, unit_pictures
from cnnviz.feature_visualization.objectives import layer as whole_layer
from cnnviz.io.assets import ASSETS
from cnnviz.io.atomic import write_atomically
from cnnviz.io.photos import SIDE as PHOTO_SIDE, load_photo, to_pixels
from cnnviz.networks.imagenet import LAYERS, ImageNetwork, layer_named, load_imagenet

FOLDER = ASSETS / "dreams"
PHOTO = "forest"
SETTINGS = {"octaves": 4, "ratio": 1.4, "steps": 10, "strength": 2.0, "jitter": 32, "smooth": 1.2, "seed": 0}
UNIT_LAYERS = ("block2", "block4", "block6", "block11")
ACROSS = 8  # tiles in a row of a layer's picture
BATCH = 8  # units optimized together
QUALITY = 90


def dreamed(layer: str) -> bytes:
    """WEBP bytes. Raises DataError when the picture is not there."""
    return _read(f"{PHOTO}-{layer}.webp")


@lru_cache(maxsize=len(UNIT_LAYERS))
def unit_tiles(layer: str) -> NDArray[np.uint8] | None:
    """uint8 (channels, SIDE, SIDE, 3), or None for a layer whose units are not carried."""
    if layer not in UNIT_LAYERS:
        return None
    with Image.open(io.BytesIO(_read(f"units-{layer}.webp"))) as image:
        pixels = np.asarray(image.convert("RGB"))
    rows = pixels.reshape(len(pixels) // SIDE, SIDE, ACROSS, SIDE, 3).swapaxes(1, 2)
    return rows.reshape(-1, SIDE, SIDE, 3)[: layer_named(layer).channels]


def write_dreams(folder: Path = ASSETS) -> Iterator[Path]:
    """Compute all pictures and write them; yields each one's path."""
    network = load_imagenet()
    photo = load_photo(PHOTO, PHOTO_SIDE)
    for layer in LAYERS:
        found = last(dream(network, photo, whole_layer(layer.name), **SETTINGS))  # type: ignore[arg-type]
        yield _write(folder / FOLDER.name / f"{PHOTO}-{layer.name}.webp", to_pixels(found.images[0]))
    for name in UNIT_LAYERS:
        yield _write(folder / FOLDER.name / f"units-{name}.webp", _units(network, name))


def _units(network: ImageNetwork, layer: str) -> NDArray[np.uint8]:
    """All channels of a layer as one picture of tiles, the last row filled up with gray."""
    channels = range(layer_named(layer).channels)
    tiles = []
    for start in range(0, len(channels), BATCH):
        batch = channels[start : start + BATCH]
        tiles.append(last(unit_pictures(network, layer, batch, every=1000)).images)
    pictures = torch.cat(tiles)  # (N, 3, SIDE, SIDE)
    missing = -len(pictures) % ACROSS
    pictures = torch.cat([pictures, torch.full((missing, 3, SIDE, SIDE), 0.5)])
    rows = [torch.cat(list(row), 2) for row in pictures.split(ACROSS)]  # (3, SIDE, ACROSS * SIDE) each
    return to_pixels(torch.cat(rows, 1))


def _write(path: Path, pixels: NDArray[np.uint8]) -> Path:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=QUALITY, method=6)
    write_atomically(path, buffer.getvalue())
    return path


def _read(name: str) -> bytes:
    try:
        return (FOLDER / name).read_bytes()
    except OSError as error:
        raise DataError(
            f"The picture {name} is missing; make it: python -m cnnviz build-assets dreams."
        ) from error
