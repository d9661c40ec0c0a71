"""Photographs: the eight that cnnviz carries, and any other picture.

PHOTOS                   name -> Photo, with title, author and license
load_photo(name, side)   float32 (3, H, W) in [0, 1]
to_photo(pixels, side)   the same from decoded pixels
to_pixels(image)         back to uint8 (H, W, 3) or (H, W)
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from cnnviz.errors import ImageError
from cnnviz.io.assets import ASSETS
from cnnviz.io.images import read_picture
from cnnviz.io.pixels import to_bytes, to_floats

FOLDER = ASSETS / "photos"
SIDE = 384  # of a dream, unless another is wished
SIDES = (256, 384, 512, 640)
SMALLEST = 32  # a side below this holds nothing to dream about


@dataclass(frozen=True)
class Photo:
    """A photograph and whom to thank for it."""

    name: str
    label: str
    title: str
    author: str
    license: str

    @property
    def credit(self) -> str:
        return f"“{self.title}”, {self.author}, {self.license}"


_LOMIRI = "CC BY 4.0, Lomiri wallpapers"
_AITZOL = "Aitzol Berasategi, 2018"
_SAMPLE = "scikit-image sample data"

PHOTOS = {
    photo.name: photo
    for photo in (
        Photo("forest", "Forest", "life", _AITZOL, _LOMIRI),
        Photo("mountains", "Mountains", "picosdeeuropa", _AITZOL, _LOMIRI),
        Photo("meadow", "Meadow", "aitzgorri", _AITZOL, _LOMIRI),
        Photo("dogs", "Dogs", "friends", _AITZOL, _LOMIRI),
        Photo(
            "dandelions", "Dandelions", "seeding", "Clemens Engelhardt, 2018", "CC0 1.0, Lomiri wallpapers"
        ),
        Photo("brushes", "Brushes", "Picture_1A", "Trevor “Freespace”, 2018", _LOMIRI),
        Photo("cat", "Cat", "Chelsea", "Stefan van der Walt", f"CC0 1.0, {_SAMPLE}"),
        Photo("astronaut", "Astronaut", "Eileen Collins", "NASA", f"public domain, {_SAMPLE}"),
    )
}


def load_photo(name: str, side: int = SIDE) -> Tensor:
    """One of PHOTOS as float32 (3, H, W) in [0, 1], longer side at most `side`. Raises ImageError."""
    if name not in PHOTOS:
        raise ImageError(f"There is no photograph called {name!r}; choose one of {', '.join(PHOTOS)}.")
    return to_photo(read_picture(FOLDER / f"{name}.jpg"), side)


def to_photo(pixels: NDArray[np.uint8], side: int = SIDE) -> Tensor:
    """uint8 (H, W), (H, W, 3) or (H, W, 4) as float32 (3, H, W) in [0, 1], longer side at most `side`.

    What is transparent becomes white. Raises ImageError for a picture too small to dream about.
    """
    picture = Image.fromarray(pixels)
    if picture.mode == "RGBA":
        paper = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(paper, picture)
    picture = picture.convert("RGB")
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    if min(picture.size) < SMALLEST:
        width, height = picture.size
        raise ImageError(
            f"At {width} × {height} pixels the picture is too small or too narrow: "
            f"its shorter side should have at least {SMALLEST}."
        )
    return to_floats(torch.from_numpy(np.array(picture)).permute(2, 0, 1))  # (3, H, W)


def to_pixels(image: Tensor) -> NDArray[np.uint8]:
    """A picture (3, H, W) or (1, H, W) in [0, 1] as uint8 (H, W, 3) or (H, W)."""
    pixels = to_bytes(image.detach().clamp(0, 1))
    return pixels[0].numpy() if len(pixels) == 1 else pixels.permute(1, 2, 0).contiguous().numpy()
