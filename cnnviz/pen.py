"""Pen digits as training pictures: strokes varied, painted and prepared like a user's drawing."""

import json
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.data import Digits, PenDigit, load_pen_digits, read_asset
from cnnviz.drawing import STAGES, to_digit
from cnnviz.errors import NothingDrawn
from cnnviz.networks import Network
from cnnviz.strokes import fit, rasterize
from cnnviz.tracing import predict

HELD_BACK = 0.25  # share of the writers whose digits are never trained on
CANVAS = 140  # half the browser's canvas: four times faster to paint, the same after shrinking
VARIANTS = 8  # differently varied copies of each training digit
HABIT = 0.25  # share of the copies that get a habit of writing the original lacks

Strokes = tuple[NDArray[np.generic], ...]


def held_back_writers() -> frozenset[str]:
    """The writers kept for testing: a fixed quarter, chosen by name alone."""
    writers = sorted({digit.writer for digit in load_pen_digits()})
    order = np.random.default_rng(2026).permutation(len(writers))
    return frozenset(writers[index] for index in order[: int(HELD_BACK * len(writers))])


@lru_cache(maxsize=1)
def wrong_items() -> dict[int, str]:
    """Position in load_pen_digits() -> why the item is not the digit its label says.

    Half digits and stray strokes of the original's segmentation, found where a trained model
    disagreed with the label, each looked at before it was listed.
    """
    return {int(index): reason for index, reason in json.loads(read_asset("pen-wrong.json")).items()}


def _digits(held_back: bool, with_wrong: bool) -> list[PenDigit]:
    held = held_back_writers()
    return [
        digit
        for index, digit in enumerate(load_pen_digits())
        if (digit.writer in held) == held_back and (with_wrong or index not in wrong_items())
    ]


@lru_cache(maxsize=2)
def pen_training_digits(seed: int) -> Digits:
    """Varied pictures of all digits by the training writers; about 20 seconds, once a run."""
    generator = np.random.default_rng(seed)
    chosen = _digits(held_back=False, with_wrong=False)
    return _pictures([_vary(digit, generator) for _ in range(VARIANTS) for digit in chosen], generator)


@lru_cache(maxsize=2)
def pen_test_digits(with_wrong: bool = True) -> Digits:
    """The held-back writers' digits as written, painted with the app's default pen."""
    return _pictures(_digits(held_back=True, with_wrong=with_wrong), None)


def accuracy_without(model: Network, count: int = 1_000) -> dict[str | None, float]:
    """Accuracy on held-back pen digits when one preparation stage is left out; None: none is.

    The digits are painted as people draw, of any size and anywhere on the canvas (seed 0).
    About five seconds on one core for the default count.
    """
    generator = np.random.default_rng(0)
    chosen = _digits(held_back=True, with_wrong=False)
    digits = [chosen[index] for index in generator.permutation(len(chosen))[:count]]
    paintings = [_paint_anywhere(digit, generator) for digit in digits]
    labels = torch.tensor([digit.label for digit in digits])
    return {stage: _accuracy(model, paintings, labels, stage) for stage in (None, *STAGES)}


def _paint_anywhere(digit: PenDigit, generator: np.random.Generator) -> NDArray[np.uint8]:
    extent = generator.uniform(90, 230)
    room = (280 - 20 - extent) / 2
    offset = generator.uniform(-room, room, 2)
    return rasterize([stroke + offset for stroke in fit(digit.strokes, 280, extent)], 20)


def _accuracy(
    model: Network, paintings: list[NDArray[np.uint8]], labels: Tensor, without: str | None
) -> float:
    images = torch.stack([to_digit(painting, without).image for painting in paintings])  # (N, 28, 28)
    return float((predict(model, images).argmax(1) == labels).float().mean())


def _pictures(digits: list[PenDigit], generator: np.random.Generator | None) -> Digits:
    images, labels = [], []
    for digit in digits:
        width, extent = (20.0, 180.0) if generator is None else _pen_and_size(generator)
        strokes = fit(digit.strokes, CANVAS, extent * CANVAS / 280)
        try:
            image = to_digit(rasterize(strokes, width * CANVAS / 280, CANVAS)).image
        except NothingDrawn:  # a dash mislabelled as a digit, shorter than the pen is wide
            continue
        images.append((image * 255).round().to(torch.uint8))
        labels.append(digit.label)
    return Digits(torch.stack(images), torch.tensor(labels, dtype=torch.uint8))


def _pen_and_size(generator: np.random.Generator) -> tuple[float, float]:
    """Pen width and digit size on the 280-pixel canvas; never so thick that loops are filled."""
    extent = generator.uniform(110, 240)
    return generator.uniform(8, min(32, 0.17 * extent)), extent


def _vary(digit: PenDigit, generator: np.random.Generator) -> PenDigit:
    """Another hand's version: its habits added, then bent, slanted, turned and stretched."""
    slant, turn = generator.uniform(-0.4, 0.4), np.radians(generator.uniform(-12, 12))
    stretch = np.exp(generator.uniform(-0.3, 0.3))
    matrix: NDArray[np.float64] = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = matrix @ np.array([[1, -slant], [0, 1]]) @ np.diag([stretch, 1 / stretch])
    strokes = add_habit(digit.strokes, digit.label, generator)
    bent = [_bend(np.asarray(stroke, np.float64), generator) for stroke in strokes]
    return PenDigit(tuple((stroke - 500) @ matrix.T + 500 for stroke in bent), digit.label, digit.writer)


def add_habit(strokes: Strokes, label: int, generator: np.random.Generator) -> Strokes:
    """Sometimes a slash through a zero, a foot or a flag on a one, a bar across a seven.

    Only digits written in as few strokes as the plain form takes get one, so that nothing is
    crossed twice.
    """
    points = np.concatenate(strokes).astype(np.float64)  # (P, 2)
    (left, top), (right, bottom) = points.min(0), points.max(0)
    height = bottom - top
    reach = generator.uniform(0.15, 0.35) * height

    def line(x0: float, y0: float, x1: float, y1: float) -> NDArray[np.float64]:
        return np.linspace((x0, y0), (x1, y1), 12) + generator.normal(0, 0.02 * height, (1, 2))

    if generator.random() > HABIT or len(strokes) > 1 or height < 1:
        return strokes
    if label == 0:
        over = generator.uniform(-0.1, 0.25) * height
        return (*strokes, line(right + over, top - over, left - over, bottom + over))
    if label == 1:
        base = points[points[:, 1].argmax(), 0]
        foot = line(base - reach, bottom, base + reach, bottom)
        flag = line(points[0, 0], points[0, 1], points[0, 0] - reach, points[0, 1] + reach)
        return [(*strokes, foot), (*strokes, flag), (*strokes, foot, flag)][generator.integers(3)]
    if label == 7:
        level = top + generator.uniform(0.4, 0.65) * height
        at = points[np.abs(points[:, 1] - level).argmin(), 0]
        return (*strokes, line(at - reach, level, at + reach, level))
    return strokes


def _bend(stroke: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Move the points smoothly by a few hundredths of the digit's size."""
    knots = generator.normal(0, 18, (5, 2))
    along = np.linspace(0, 4, len(stroke))
    return stroke + np.stack([np.interp(along, range(5), knots[:, axis]) for axis in (0, 1)], axis=1)
