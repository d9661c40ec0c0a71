"""Pen strokes as pixels, the way the browser's canvas paints them: round pen, black on white."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from cnnviz.io.pixels import to_bytes

Stroke = NDArray[np.generic]
Numbers = NDArray[np.float64]
FAR = 1e6  # pixels; what lies farther away is brought here, so that no square overflows


def fit(strokes: Sequence[Stroke], size: int, extent: float) -> list[NDArray[np.float64]]:
    """Scale and move strokes so that their box is `extent` long and centered in size x size."""
    points = np.concatenate([np.asarray(stroke, np.float64) for stroke in strokes])  # (P, 2)
    low, high = points.min(0), points.max(0)
    scale = extent / max(float((high - low).max()), 1e-9)
    return [(np.asarray(stroke) - (low + high) / 2) * scale + size / 2 for stroke in strokes]


def rasterize(strokes: Sequence[Stroke], width: float, size: int = 280) -> NDArray[np.uint8]:
    """Paint strokes of (P, 2) x-y points, in pixels, with a round pen; uint8 (size, size), ink = 255."""
    paper = Paper(size)
    for stroke in strokes:
        paper.paint(stroke, width)
    return paper.picture()


class Paper:
    """What was painted so far, antialiased as a canvas does it.

    A pixel on a line's edge is as dark as its middle lies within half a pixel of that edge; pixel
    (row, column) has its middle at x = column + 0.5, y = row + 0.5.
    """

    def __init__(self, size: int) -> None:
        self._depth = np.full((size, size), -np.inf)  # of each pixel's middle inside the ink, pixels

    def paint(self, stroke: Stroke, width: float) -> None:
        """A line through the points (P, 2) with round corners and ends; one point alone is a disc.

        Points that are not numbers are left out.
        """
        points = np.asarray(stroke, np.float64)
        points = points[np.isfinite(points).all(1)].clip(-FAR, FAR)
        starts, ends = (points[:-1], points[1:]) if len(points) > 1 else (points, points)
        radius, size = width / 2, len(self._depth)
        low = np.floor(np.minimum(starts, ends) - radius - 1).astype(int).clip(0, size)
        high = np.ceil(np.maximum(starts, ends) + radius + 1).astype(int).clip(0, size)
        lines = zip(low.tolist(), high.tolist(), starts.tolist(), (ends - starts).tolist(), strict=True)
        for (left, top), (right, bottom), (x, y), way in lines:
            window = self._depth[top:bottom, left:right]
            across = np.arange(0.5 + left - x, right - x)
            down = np.arange(0.5 + top - y, bottom - y)[:, None]
            np.maximum(window, radius - _distances(across, down, *way), out=window)

    def picture(self) -> NDArray[np.uint8]:
        """uint8 (size, size), ink = 255."""
        return to_bytes(torch.from_numpy((self._depth + 0.5).clip(0, 1))).numpy()


def _distances(x: Numbers, y: Numbers, along_x: float, along_y: float) -> Numbers:
    """From places (W,) by (H, 1) to the line from (0, 0) to (along_x, along_y): (H, W)."""
    squared = along_x**2 + along_y**2
    if squared:
        share = x * (along_x / squared) + y * (along_y / squared)  # of the way along the line
        share = np.minimum(np.maximum(share, 0), 1)
        x, y = x - share * along_x, y - share * along_y
    distances: Numbers = np.sqrt(x * x + y * y)
    return distances
