"""All colors, in one place: blue is positive, orange is negative, zero is the paper.

SCALES       the stops of each scale, for the light and the dark theme
colour()     values -> uint8 RGB, for still pictures; the browser draws from the same stops
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Theme = Literal["light", "dark"]
Scale = Literal["signed", "digit"]

_BLUES = {
    "light": ("#ffffff", "#d1e5f0", "#92c5de", "#4393c3", "#2166ac", "#053061"),
    "dark": ("#171614", "#1d3a52", "#2a6698", "#4d9ad3", "#9bcdf2", "#ecf6ff"),
}
_ORANGES = {
    "light": ("#ffffff", "#fee0b6", "#fdb863", "#e08214", "#b35806", "#7f3b08"),
    "dark": ("#171614", "#4a2e12", "#8f531a", "#d5822c", "#f4b466", "#fdeacb"),
}

# Stops at equal distances from -limit to +limit; an activation map uses the upper half alone.
SCALES: dict[Scale, dict[Theme, tuple[str, ...]]] = {
    "signed": {
        "light": (*_ORANGES["light"][:0:-1], *_BLUES["light"]),
        "dark": (*_ORANGES["dark"][:0:-1], *_BLUES["dark"]),
    },
    # Digits look the same in both themes: white chalk on a black board, as MNIST is shown.
    "digit": {"light": ("#ffffff", "#000000", "#ffffff"), "dark": ("#ffffff", "#000000", "#ffffff")},
}

# Accents that keep 3:1 contrast on both papers.
ACCENT = {"light": "#2166ac", "dark": "#7fb3e0"}
# Bars of positive and negative amounts, and thin lines of either sign.
POSITIVE, NEGATIVE = ({theme: stops[theme][3] for theme in stops} for stops in (_BLUES, _ORANGES))
SIGN_LINES = {"light": ("#2166ac", "#b35806"), "dark": ("#7fb8e8", "#f0a050")}
# What is chosen among values; unlike any value's color.
CHOSEN = {"light": "#c2185b", "dark": "#ff7fb0"}
# Words and lines on a tinted ground: the themes' own text color.
INK = {"light": "#22211e", "dark": "#ece8de"}
# Curves and words that stay in the background, still 3:1.
MUTED = {"light": "#857f70", "dark": "#98917f"}
FAINT = {"light": "#9a958a", "dark": "#8d887d"}  # frames beside those that count
RIGHT, WRONG = "#009e73", "#d55e00"
CORNERS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # a pooling window's four cells (Okabe-Ito)
# Lines of a chart, told apart by colour-blind eyes too, visible on both papers (after Okabe-Ito).
SERIES = ("#2a7ab8", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#3d9bd1")


def color(
    values: NDArray[np.floating], limit: float, scale: Scale = "signed", theme: Theme = "light"
) -> NDArray[np.uint8]:
    """RGB (..., 3) of values in [-limit, limit]; beyond that the end color."""
    stops = np.array([_rgb(stop) for stop in SCALES[scale][theme]], np.float32)  # (S, 3)
    position = (np.clip(values / max(limit, 1e-12), -1, 1) + 1) / 2 * (len(stops) - 1)
    below = np.minimum(position.astype(int), len(stops) - 2)
    share = (position - below)[..., None]
    return np.asarray(stops[below] * (1 - share) + stops[below + 1] * share + 0.5, np.uint8)


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
