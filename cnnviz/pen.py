"""Pen digits as training pictures: strokes varied, painted and prepared like a user's drawing."""

import json
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.data import Digits, PenDigit, load_pen_digits, read_asset, writer_of
from cnnviz.drawing import SIDE, STAGES, to_digit
from cnnviz.errors import NothingDrawn
from cnnviz.handwriting import another_hand
from cnnviz.networks import Network
from cnnviz.strokes import fit, rasterize
from cnnviz.tracing import predict

HELD_BACK = 0.25  # share of the files whose writers are kept for testing: their digits are looked at once
VALIDATION = 0.06  # share of the files whose writers' digits choose recipes and set thresholds
PAINTING = 5.0  # seconds a variant of all training digits takes, about
CANVAS = 140  # half the browser's canvas: four times faster to paint, the same after shrinking


def held_back_writers() -> frozenset[str]:
    """Whoever gave one of the files kept for testing: a fixed quarter, chosen by name alone."""
    tested, _, _ = _files()
    return _writers_of(tested)


def validation_writers() -> frozenset[str]:
    """Writers neither trained on nor tested with, also chosen by their files' names alone."""
    _, validated, _ = _files()
    return _writers_of(validated) - held_back_writers()


def training_writers() -> frozenset[str]:
    """All others."""
    _, _, others = _files()
    return _writers_of(others) - held_back_writers() - validation_writers()


def _files() -> tuple[list[str], list[str], list[str]]:
    """All files in a fixed random order: a quarter to test with, some to validate with, the others."""
    files = sorted({digit.file for digit in load_pen_digits()})
    order = np.random.default_rng(2026).permutation(len(files))
    mixed = [files[index] for index in order]
    quarter, some = int(HELD_BACK * len(files)), int(VALIDATION * len(files))
    return mixed[:quarter], mixed[quarter : quarter + some], mixed[quarter + some :]


def _writers_of(files: list[str]) -> frozenset[str]:
    return frozenset(map(writer_of, files))


@lru_cache(maxsize=1)
def repeated_items() -> frozenset[int]:
    """Positions in load_pen_digits() of the digits that an earlier file holds already, stroke by stroke."""
    seen, repeated = set(), []
    for index, digit in enumerate(load_pen_digits()):
        written = tuple(stroke.tobytes() for stroke in digit.strokes)
        if written in seen:
            repeated.append(index)
        seen.add(written)
    return frozenset(repeated)


@lru_cache(maxsize=1)
def wrong_items() -> dict[int, str]:
    """Position in load_pen_digits() -> why the item is not the digit its label says.

    Half digits and stray strokes of the original's segmentation, found where a trained model
    disagreed with the label, each looked at before it was listed.
    """
    return {int(index): reason for index, reason in json.loads(read_asset("pen-wrong.json")).items()}


def digits_by(writers: frozenset[str], with_wrong: bool = False) -> list[PenDigit]:
    """As strokes, in their order, each once; without wrong_items() unless these are asked for."""
    digits = load_pen_digits()
    return [digits[index] for index in _places_of(writers, with_wrong)]


def _places_of(writers: frozenset[str], with_wrong: bool) -> list[int]:
    left_out = repeated_items() if with_wrong else repeated_items() | wrong_items().keys()
    return [
        index
        for index, digit in enumerate(load_pen_digits())
        if digit.writer in writers and index not in left_out
    ]


@lru_cache(maxsize=2)
def pen_training_digits(seed: int, variants: int) -> Digits:
    """Varied pictures of all digits by the training writers; PAINTING a variant, once a run."""
    return varied_pictures(digits_by(training_writers()), seed, variants)


def varied_pictures(digits: list[PenDigit], seed: int, variants: int) -> Digits:
    """So many pictures of each, as different hands would have drawn it."""
    generator = np.random.default_rng(seed)
    varied = [
        replace(digit, strokes=tuple(another_hand(digit.strokes, digit.label, generator)))
        for _ in range(variants)
        for digit in digits
    ]
    return pictures(varied, generator)


def pen_reference_digits(count: int) -> Digits:
    """Some of the training writers' digits as written, chosen at random (seed 0)."""
    chosen = digits_by(training_writers())
    order = np.random.default_rng(0).permutation(len(chosen))[:count]
    return pictures([chosen[index] for index in order])


@lru_cache(maxsize=1)
def pen_validation_digits() -> Digits:
    """The validation writers' digits as written, painted with the app's default pen."""
    return pictures(digits_by(validation_writers()))


def held_back_digits(with_wrong: bool = False) -> list[PenDigit]:
    """The held-back writers' digits as strokes."""
    return digits_by(held_back_writers(), with_wrong)


@lru_cache(maxsize=2)
def pen_test_digits(with_wrong: bool = True) -> Digits:
    """The held-back writers' digits as written, painted with the app's default pen."""
    return pictures(held_back_digits(with_wrong))


def wrong_pen_test_digits() -> dict[int, str]:
    """Position in pen_test_digits() -> why the picture is not the digit its label says."""
    wrong = wrong_items()
    places = enumerate(_places_of(held_back_writers(), with_wrong=True))
    return {place: wrong[index] for place, index in places if index in wrong}


def accuracy_without(model: Network, count: int = 1_000) -> dict[str | None, float]:
    """Accuracy on held-back pen digits when one preparation stage is left out; None: none is.

    The digits are painted as people draw, of any size and anywhere on the canvas (seed 0).
    About five seconds on one core for the default count.
    """
    generator = np.random.default_rng(0)
    chosen = held_back_digits()
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


def pictures(digits: list[PenDigit], generator: np.random.Generator | None = None) -> Digits:
    """As a user would have drawn them; of varied size and pen with a generator."""
    images = np.empty((len(digits), SIDE, SIDE), np.uint8)
    labels: list[int] = []
    for digit in digits:
        width, extent = (20.0, 180.0) if generator is None else _pen_and_size(generator)
        strokes = fit(digit.strokes, CANVAS, extent * CANVAS / 280)
        try:
            image = to_digit(rasterize(strokes, width * CANVAS / 280, CANVAS)).image
        except NothingDrawn:  # a dash mislabelled as a digit, shorter than the pen is wide
            continue
        images[len(labels)] = (image * 255).round()
        labels.append(digit.label)
    painted = torch.from_numpy(images[: len(labels)])  # (N, 28, 28)
    return Digits(painted, torch.tensor(labels, dtype=torch.uint8))


def _pen_and_size(generator: np.random.Generator) -> tuple[float, float]:
    """Pen width and digit size on the 280-pixel canvas; never so thick that loops are filled."""
    extent = generator.uniform(110, 240)
    return generator.uniform(8, min(32, 0.17 * extent)), extent
