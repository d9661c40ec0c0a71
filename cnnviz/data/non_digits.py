"""Drawings that are no digits, made by code: to measure whether a network admits that it is one.

KINDS                          what there is: letters, boxes, scribbles, ...
non_digits(count, seed)        `count` pictures of each kind, prepared like a drawing

They are synthetic: templates in straight strokes and arcs, varied like the pen digits and painted
with the same pen. Letters and signs that can pass for a digit (O, I, Z, S, B, G, Q, a tick, a ring)
are left out.
"""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.data.pen_augmentation import Points, augment_strokes
from cnnviz.data.preprocessing import to_digit
from cnnviz.data.rasterize import fit, rasterize

CANVAS = 140

# Corners of each stroke on a grid 4 wide and 6 high, y down.
_LETTERS = {
    "A": ["06 20 46", "14 34"],
    "C": ["41 30 10 01 05 16 36 45"],
    "E": ["40 00 06 46", "03 33"],
    "F": ["40 00 06", "03 33"],
    "H": ["00 06", "40 46", "03 43"],
    "K": ["00 06", "40 03 46"],
    "M": ["06 00 23 40 46"],
    "N": ["06 00 46 40"],
    "P": ["06 00 30 41 42 33 03"],
    "R": ["06 00 30 41 42 33 03 46"],
    "T": ["00 40", "20 26"],
    "U": ["00 05 16 36 45 40"],
    "V": ["00 26 40"],
    "W": ["00 16 22 36 40"],
    "X": ["00 46", "40 06"],
    "Y": ["00 23 40", "23 26"],
}
_SIGNS = {
    "plus": ["20 26", "03 43"],
    "hash": ["10 06", "40 36", "02 42", "04 44"],
    "equals": ["02 42", "04 44"],
    "arrow": ["03 43", "31 43 35"],
    "triangle": ["06 20 46 06"],
    "envelope": ["01 41 45 05 01", "01 23 41"],
    "house": ["06 02 20 42 46 06"],
    "stairs": ["06 04 14 12 22 20 40"],
}
KINDS = ("letters", "signs", "boxes", "stars", "hearts", "faces", "scribbles")


@lru_cache(maxsize=4)
def non_digits(count: int, seed: int) -> dict[str, Tensor]:
    """Kind -> float32 (count, 28, 28) in [0, 1], ink = 1; the same for the same count and seed."""
    return {kind: _pictures(kind, count, np.random.default_rng([seed, at])) for at, kind in enumerate(KINDS)}


def _pictures(kind: str, count: int, generator: np.random.Generator) -> Tensor:
    return torch.stack([_picture(_strokes(kind, generator), generator) for _ in range(count)])


def _picture(strokes: list[Points], generator: np.random.Generator) -> Tensor:
    varied = fit(augment_strokes(strokes, -1, generator), CANVAS, generator.uniform(60, 115))
    return to_digit(rasterize(varied, generator.uniform(5, 12), CANVAS)).image


def _strokes(kind: str, generator: np.random.Generator) -> list[Points]:
    """In a box about 1000 high."""
    match kind:
        case "letters" | "signs":
            table = list((_LETTERS if kind == "letters" else _SIGNS).values())
            return [_through(_corners(stroke)) for stroke in table[generator.integers(len(table))]]
        case "boxes":
            width = generator.uniform(600, 1000)
            return [_through(np.array([(0, 0), (width, 0), (width, 1000), (0, 1000), (0, 0)]))]
        case "stars":
            turns = np.arange(6) * 4 * np.pi / 5  # five points, every second one next
            return [_through(500 + 500 * np.stack([np.sin(turns), -np.cos(turns)], 1))]
        case "hearts":
            t = np.linspace(0, 2 * np.pi, 60)
            x = 16 * np.sin(t) ** 3
            y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
            return [500 + 30 * np.stack([x, y], 1)]
        case "faces":
            eyes = [_arc((500 + side * 180, 370), 25, 0, 360) for side in (-1, 1)]
            return [_arc((500, 500), 500, 0, 360), *eyes, _arc((500, 520), 270, 100, 260)]
        case _:
            steps = generator.normal(0, 1, (generator.integers(40, 120), 2))
            smooth = np.apply_along_axis(np.convolve, 0, np.cumsum(steps, 0), np.ones(4) / 4, "valid")
            spread = np.ptp(smooth, axis=0).max()
            return [(smooth - smooth.min(0)) * 1000 / spread]


def _corners(stroke: str) -> Points:
    return np.array([(int(corner[0]) * 170, int(corner[1]) * 167) for corner in stroke.split()], np.float64)


def _through(corners: NDArray[np.number]) -> Points:
    """Ten points between any two corners."""
    places = np.arange(0, len(corners) - 1 + 0.05, 0.1)
    return np.stack([np.interp(places, range(len(corners)), corners[:, axis]) for axis in (0, 1)], 1)


def _arc(middle: tuple[float, float], radius: float, first: float, last: float) -> Points:
    """Angles in degrees from 12 o'clock, clockwise."""
    angles = np.radians(np.linspace(first, last, 30))
    return np.array(middle) + radius * np.stack([np.sin(angles), -np.cos(angles)], 1)
