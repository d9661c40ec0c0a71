"""From any picture of a digit to the 28x28 the networks were trained on.

MNIST's own recipe (LeCun et al. 1998): the ink's bounding box is shrunk with antialiasing to
fit 20x20, aspect kept, and placed so that its center of mass lies in the middle of 28x28.
Every stage is returned, because the stages themselves are worth looking at.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from cnnviz.errors import ConfigError, ImageError, NothingDrawn
from cnnviz.io.pixels import as_tensor, to_floats

SIDE, BOX = 28, 20
# What each optional stage does; without it, what happens instead.
STAGES = {
    "crop": "the whole picture is shrunk to 28 × 28, empty paper included",
    "aspect": "the ink is stretched to fill 20 × 20",
    "antialias": "one source pixel decides each result pixel",
    "centre": "the box, not the mass, lies in the middle",
}
MIDDLE = 14  # pixel index of the center of mass; MNIST's own digits lie within half a pixel of it
EDGE = 0.15  # fainter ink is antialiasing; it must not decide where the box ends
SMALLEST_SHARE = 0.08  # ink whose box is below this share of the picture is a dot, not a digit

_RANGE = "Pixel values must lie in 0..255 (whole numbers) or 0..1 (floats)."

Gray = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Digit:
    """image: float32 (28, 28) in [0, 1], ink = 1. steps: every stage's picture, by name, in order."""

    image: Tensor
    steps: dict[str, Gray]


def to_digit(pixels: NDArray[np.generic], without: str | None = None) -> Digit:
    """Turn a drawing into a digit as MNIST would hold it.

    pixels: (H, W) gray, (H, W, 3) RGB or (H, W, 4) RGBA; uint8, or floats in [0, 1]. Dark ink
    on light paper or the reverse. Steps: "grey" and "ink" at full size, "cropped" to the ink,
    "shrunk" to 20x20, "centred" in 28x28; all float32 in [0, 1].

    without: a stage of STAGES to leave out, to see what it is good for.

    Raises NothingDrawn for a blank picture or a mere dot, ImageError for anything else that
    is not such a picture, ConfigError for a stage there is not.
    """
    if without is not None and without not in STAGES:
        raise ConfigError(f"There is no stage {without!r} to leave out; choose one of {', '.join(STAGES)}.")
    gray = to_gray(pixels)
    ink = to_ink(gray)
    cropped = crop_to_ink(ink)
    source, side = (ink, SIDE) if without == "crop" else (cropped, BOX)
    shrunk = shrink(source, side, keep_aspect=without != "aspect", antialias=without != "antialias")
    centered = center(shrunk, by_mass=without != "centre")
    steps = {"grey": gray, "ink": ink, "cropped": cropped, "shrunk": shrunk, "centred": centered}
    return Digit(torch.from_numpy(centered.copy()), steps)


def to_gray(pixels: NDArray[np.generic]) -> Gray:
    """Luminance (ITU-R BT.601) in [0, 1]; transparency shows paper that contrasts with the ink."""
    given = as_tensor(pixels)
    if given.ndim not in (2, 3) or (given.ndim == 3 and given.shape[2] not in (3, 4)):
        raise ImageError(f"A picture is (H, W), (H, W, 3) or (H, W, 4), not {tuple(given.shape)}.")
    if 0 in given.shape:
        raise ImageError("The picture has no pixels.")
    if not given.is_floating_point() and given.dtype != torch.bool:
        given = given.long()
        if given.min() < 0 or given.max() > 255:
            raise ImageError(_RANGE)
        given = given.to(torch.uint8)
    values: Gray = to_floats(given).numpy()
    if not np.isfinite(values).all():
        raise ImageError("The picture holds values that are not numbers (NaN or infinite).")
    if values.min() < 0 or values.max() > 1:
        raise ImageError(_RANGE)
    if values.ndim == 2:
        return values
    luminance: Gray = values[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32)  # (H, W)
    if values.shape[2] == 3:
        return luminance
    alpha = values[..., 3]
    visible = float((luminance * alpha).sum() / max(alpha.sum(), 1e-6))  # mean of what is painted
    paper = 1.0 if visible < 0.5 else 0.0
    return np.asarray(luminance * alpha + paper * (1 - alpha), np.float32)


def to_ink(gray: Gray) -> Gray:
    """Distance from the paper, stretched to [0, 1]; paper is what the picture's border shows."""
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    paper = float(np.median(border))
    if 0.25 < paper < 0.75:  # the ink runs along the border, or the light is uneven
        paper = float(np.median(gray))
    ink = np.clip(gray - paper if paper < 0.5 else paper - gray, 0, 1)
    noise = 3 * float(np.median(np.abs(border - paper)))  # 0 for a canvas, more for a photograph
    strongest = float(ink.max())
    if strongest <= max(noise, 0.1):
        raise NothingDrawn("Nothing is drawn yet.")
    return np.where(ink > noise, ink / strongest, 0).astype(np.float32)


def crop_to_ink(ink: Gray) -> Gray:
    """The bounding box of the ink. Raises NothingDrawn for a dot."""
    inked = ink > EDGE
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    longest = max(np.ptp(rows), np.ptp(columns)) + 1
    if longest <= max(2, SMALLEST_SHARE * max(ink.shape)):
        raise NothingDrawn("That is only a dot; draw a digit.")
    return np.asarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def shrink(cropped: Gray, side: int = BOX, keep_aspect: bool = True, antialias: bool = True) -> Gray:
    """Antialiased to `side` on the longer side, aspect kept; strokes stay as dark as they were."""
    height, width = cropped.shape
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale))) if keep_aspect else (side, side)
    method = Image.Resampling.BILINEAR if antialias else Image.Resampling.NEAREST
    shrunk = np.asarray(Image.fromarray(cropped).resize(size, method), np.float32)
    return np.asarray(np.clip(shrunk / max(float(shrunk.max()), 1e-6), 0, 1), np.float32)


def center(shrunk: Gray, by_mass: bool = True) -> Gray:
    """Placed in 28x28, by whole pixels, center of mass in the middle as far as it fits."""
    height, width = shrunk.shape
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    if by_mass:
        mass = max(float(shrunk.sum()), 1e-6)
        row = float((shrunk.sum(1) * np.arange(height)).sum()) / mass
        column = float((shrunk.sum(0) * np.arange(width)).sum()) / mass
        top = int(np.clip(round(MIDDLE - row), 0, SIDE - height))
        left = int(np.clip(round(MIDDLE - column), 0, SIDE - width))
    placed = np.zeros((SIDE, SIDE), np.float32)
    placed[top : top + height, left : left + width] = shrunk
    return placed
