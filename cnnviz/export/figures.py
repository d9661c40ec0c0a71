"""Pictures with a title and a caption, drawn by Pillow: for films, reports, and wherever no browser is.

tile_sheet(sheet, values, ...)    a grid of maps, kernels or digits
confusion_sheet(sheet, counts)    a confusion matrix with its numbers
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cnnviz.colors import ACCENT, MUTED, SCALES, Scale, Theme, color
from cnnviz.io.images import enlarge

INK = {"light": "#22211e", "dark": "#ece8de"}
LINE = 0.055  # height of a line of text, as a share of the width
GAP = 0.012  # between tiles


@dataclass(frozen=True)
class Sheet:
    """What surrounds a picture. progress: 0 to 1, a line under the caption; side: width in pixels."""

    title: str
    caption: str
    progress: float
    side: int
    theme: Theme = "light"

    @property
    def line(self) -> int:
        return round(self.side * LINE)


def tile_sheet(
    sheet: Sheet, values: NDArray[np.floating], limit: float, scale: Scale = "signed"
) -> NDArray[np.uint8]:
    """N maps (N, H, W) as tiles of one size, each cell a square of whole pixels; uint8 (h, side, 3)."""
    count, rows, columns = values.shape
    across = _across(count, rows / columns)
    gap = max(2, round(sheet.side * GAP))
    cell = max(1, ((sheet.side - gap) // across - gap) // columns)
    width, height = columns * cell + gap, rows * cell + gap
    down = -(-count // across)
    picture, brush = _paper(sheet, down * height + gap)
    left = (sheet.side - across * width + gap) // 2
    for number, tile in enumerate(values):
        pixels = enlarge(color(tile, limit, scale, sheet.theme), cell)
        place = (left + number % across * width, 2 * sheet.line + number // across * height)
        picture.paste(Image.fromarray(pixels), place)
        x, y = place
        frame = (x - 1, y - 1, x + columns * cell, y + rows * cell)
        brush.rectangle(frame, outline=MUTED[sheet.theme])
    return np.asarray(picture)


def confusion_sheet(sheet: Sheet, counts: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Counts (10, 10), rows true, columns read: right ones blue, wrong ones orange, by share of the row.

    The color goes with the share's square root, because a hundredth of errors should be seen.
    """
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    signed = np.sqrt(shares) * np.where(np.eye(len(counts), dtype=bool), 0.6, -1)
    cell = (sheet.side - 2 * sheet.line) // len(counts)
    picture, brush = _paper(sheet, (len(counts) + 1) * cell)
    left, top = (sheet.side - len(counts) * cell) // 2, 2 * sheet.line + sheet.line
    pixels = enlarge(color(signed, 1.0, "signed", sheet.theme), cell)
    picture.paste(Image.fromarray(pixels), (left, top))
    font, small = _font(round(cell * 0.32)), _font(round(sheet.line * 0.5))
    for place, count in np.ndenumerate(counts):
        row, column = place
        middle = (left + (column + 0.5) * cell, top + (row + 0.5) * cell)
        if count:
            brush.text(middle, f"{count:,}", _ink_on(pixels[row * cell, column * cell]), font, "mm")
    for digit in range(len(counts)):
        across = left + (digit + 0.5) * cell
        brush.text((across, top - sheet.line * 0.4), f"read {digit}", MUTED[sheet.theme], small, "mm")
        brush.text((left / 2, top + (digit + 0.5) * cell), str(digit), MUTED[sheet.theme], small, "mm")
    return np.asarray(picture)


def _paper(sheet: Sheet, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """An empty sheet with title, caption and the line of progress; the picture begins two lines down."""
    line = sheet.line
    picture = Image.new("RGB", (sheet.side, 2 * line + height + 2 * line), _background(sheet.theme))
    brush = ImageDraw.Draw(picture)
    middle, foot = sheet.side / 2, picture.height - line
    brush.text((middle, line), sheet.title, INK[sheet.theme], _font(round(line * 0.7)), "mm")
    brush.text((middle, foot - line * 0.2), sheet.caption, INK[sheet.theme], _font(round(line * 0.6)), "mm")
    end = max(1, round(sheet.progress * sheet.side))
    brush.rectangle((0, picture.height - max(3, line // 8), end, picture.height), ACCENT[sheet.theme])
    return picture, brush


def _across(count: int, shape: float) -> int:
    """Tiles in a row: a grid a little wider than high, with as few empty places as that allows."""
    wished = sqrt(count * shape * 1.3)
    choices = range(max(1, round(0.75 * wished)), min(count, round(1.25 * wished)) + 1)
    return min(choices, key=lambda across: (-count % across, abs(across - wished)), default=1)


def _background(theme: Theme) -> str:
    stops = SCALES["signed"][theme]
    return stops[len(stops) // 2]


def _ink_on(pixel: NDArray[np.uint8]) -> str:
    bright = pixel.astype(float) @ (0.299, 0.587, 0.114) > 140
    return INK["light"] if bright else "#ffffff"


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(8, size))
