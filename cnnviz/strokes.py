"""Pen strokes as pixels, the way the browser's canvas paints them: round pen, black on white."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Stroke = NDArray[np.generic]
SUPERSAMPLING = 2


def fit(strokes: Sequence[Stroke], size: int, extent: float) -> list[NDArray[np.float64]]:
    """Scale and move strokes so that their box is `extent` long and centred in size x size."""
    points = np.concatenate([np.asarray(stroke, np.float64) for stroke in strokes])  # (P, 2)
    low, high = points.min(0), points.max(0)
    scale = extent / max(float((high - low).max()), 1e-9)
    return [(np.asarray(stroke) - (low + high) / 2) * scale + size / 2 for stroke in strokes]


def rasterize(strokes: Sequence[Stroke], width: float, size: int = 280) -> NDArray[np.uint8]:
    """Paint strokes of (P, 2) x-y points, in pixels, with a round pen; uint8 (size, size), ink = 255."""
    scale = SUPERSAMPLING
    image = Image.new("L", (size * scale, size * scale))
    draw = ImageDraw.Draw(image)
    radius = width * scale / 2
    for stroke in strokes:
        points = [(float(x) * scale, float(y) * scale) for x, y in stroke]
        if len(points) > 1:
            draw.line(points, fill=255, width=max(1, round(width * scale)))
        for x, y in points:
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=255)
    return np.asarray(image.resize((size, size), Image.Resampling.BOX))
