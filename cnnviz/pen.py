"""Pen digits as training pictures: strokes varied, painted and prepared like a user's drawing."""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from cnnviz.data import Digits, PenDigit, load_pen_digits
from cnnviz.drawing import to_digit
from cnnviz.errors import NothingDrawn
from cnnviz.strokes import fit, rasterize

HELD_BACK = 0.25  # share of the writers whose digits are never trained on
CANVAS = 140  # half the browser's canvas: four times faster to paint, the same after shrinking
VARIANTS = 3  # differently varied copies of each training digit


def held_back_writers() -> frozenset[str]:
    """The writers kept for testing: a fixed quarter, chosen by name alone."""
    writers = sorted({digit.writer for digit in load_pen_digits()})
    order = np.random.default_rng(2026).permutation(len(writers))
    return frozenset(writers[index] for index in order[: int(HELD_BACK * len(writers))])


@lru_cache(maxsize=2)
def pen_training_digits(seed: int) -> Digits:
    """Varied pictures of all digits by the training writers; about a minute, once a run."""
    generator = np.random.default_rng(seed)
    held = held_back_writers()
    chosen = [digit for digit in load_pen_digits() if digit.writer not in held]
    return _pictures([_vary(digit, generator) for _ in range(VARIANTS) for digit in chosen], generator)


@lru_cache(maxsize=1)
def pen_test_digits() -> Digits:
    """The held-back writers' digits as written, painted with the app's default pen."""
    held = held_back_writers()
    return _pictures([digit for digit in load_pen_digits() if digit.writer in held], None)


def _pictures(digits: list[PenDigit], generator: np.random.Generator | None) -> Digits:
    images, labels = [], []
    for digit in digits:
        width, extent = (20, 180) if generator is None else (generator.uniform(8, 34), generator.uniform(110, 240))
        strokes = fit(digit.strokes, CANVAS, extent * CANVAS / 280)
        try:
            image = to_digit(rasterize(strokes, width * CANVAS / 280, CANVAS)).image
        except NothingDrawn:  # a dash mislabelled as a digit, shorter than the pen is wide
            continue
        images.append((image * 255).round().to(torch.uint8))
        labels.append(digit.label)
    return Digits(torch.stack(images), torch.tensor(labels, dtype=torch.uint8))


def _vary(digit: PenDigit, generator: np.random.Generator) -> PenDigit:
    """Another hand's version: slanted, turned, stretched."""
    slant, turn = generator.uniform(-0.35, 0.35), np.radians(generator.uniform(-12, 12))
    stretch = np.exp(generator.uniform(-0.25, 0.25))
    matrix: NDArray[np.float64] = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = matrix @ np.array([[1, -slant], [0, 1]]) @ np.diag([stretch, 1 / stretch])
    strokes = tuple(((stroke - 500) @ matrix.T + 500) for stroke in digit.strokes)
    return PenDigit(strokes, digit.label, digit.writer)
