"""The carried UNIPEN pen digits, as strokes and as pictures prepared like a user's drawing.

load_pen_digits()  7,189 digits as pen strokes, with their writers
"""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from cnnviz.data.mnist import Digits
from cnnviz.data.pen_augmentation import augment_strokes
from cnnviz.data.preprocessing import SIDE, to_digit
from cnnviz.data.rasterize import fit, rasterize
from cnnviz.errors import NothingDrawn
from cnnviz.io.assets import ASSETS, read_arrays, read_asset
from cnnviz.io.atomic import write_atomically
from cnnviz.io.pixels import to_bytes


@dataclass(frozen=True, eq=False)
class PenDigit:
    """One digit as written. strokes: numbers (P, 2) each, x right and y down, longest side 1000."""

    strokes: tuple[NDArray[np.generic], ...]
    label: int
    file: str  # "donor/folder/name", as UNIPEN has it

    @property
    def writer(self) -> str:
        return writer_of(self.file)


def writer_of(file: str) -> str:
    """Who wrote it: "donor/name". A few gave several files, some of them with the same digits."""
    donor, *_, name = file.split("/")
    if donor == "ibm":  # r0007, r0107 and r0207 are one person's
        return f"ibm/{name[-2:]}"
    if donor == "art":  # art01trn and art01tst
        return f"art/{name[:5]}"
    return f"app/{name}" if donor == "apb" else f"{donor}/{name}"  # of these two some wrote for both


@lru_cache(maxsize=1)
def load_pen_digits(folder: Path = ASSETS) -> tuple[PenDigit, ...]:
    """7,189 digits in 341 files (UNIPEN train_r01_v07, 1a) as pen strokes; shared, read only."""
    arrays = read_arrays("pen-digits.npz", folder)
    points = np.stack([arrays["dx"], arrays["dy"]], axis=1).astype(np.int16)  # (P, 2) as differences
    strokes = [
        np.cumsum(part, axis=0, dtype=np.int16)
        for part in np.split(points, np.cumsum(arrays["points_per_stroke"])[:-1])
    ]
    writers = [str(name) for name in arrays["writer_names"]]
    digits, start = [], 0
    for count, label, writer in zip(
        arrays["strokes_per_digit"].tolist(),
        arrays["labels"].tolist(),
        arrays["writers"].tolist(),
        strict=True,
    ):
        digits.append(PenDigit(tuple(strokes[start : start + count]), label, writers[writer]))
        start += count
    return tuple(digits)


HELD_BACK = 0.25  # share of the files whose writers are kept for testing: their digits are looked at once
VALIDATION = 0.06  # share of the files whose writers' digits choose recipes and set thresholds
PAINTING = 5.0  # seconds a variant of all training digits takes, about
PICTURES = "pen-pictures.npz"  # of the test and validation writers' digits
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
        replace(digit, strokes=tuple(augment_strokes(digit.strokes, digit.label, generator)))
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
    return _carried("validation")


def held_back_digits(with_wrong: bool = False) -> list[PenDigit]:
    """The held-back writers' digits as strokes."""
    return digits_by(held_back_writers(), with_wrong)


@lru_cache(maxsize=2)
def pen_test_digits(with_wrong: bool = True) -> Digits:
    """The held-back writers' digits as written, painted with the app's default pen."""
    digits, wrong = _carried("test"), {} if with_wrong else wrong_pen_test_digits()
    return digits[torch.tensor([place for place in range(len(digits)) if place not in wrong])]


def _carried(part: str) -> Digits:
    """Painted once and carried along: painting takes seconds, and every run is measured on them."""
    arrays = read_arrays(PICTURES)
    images, labels = (torch.from_numpy(arrays[f"{part}_{name}"]) for name in ("images", "labels"))
    return Digits(images, labels)


def write_pen_pictures(folder: Path = ASSETS) -> Iterator[Path]:
    """Paint the test and validation writers' digits anew and write them; yields the file's path."""
    parts = {
        "test": pictures(held_back_digits(with_wrong=True)),
        "validation": pictures(digits_by(validation_writers())),
    }
    arrays = {
        f"{part}_{name}": getattr(digits, name).numpy()
        for name in ("images", "labels")
        for part, digits in parts.items()
    }
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    write_atomically(folder / PICTURES, file.getvalue())
    yield folder / PICTURES


def wrong_pen_test_digits() -> dict[int, str]:
    """Position in pen_test_digits() -> why the picture is not the digit its label says."""
    wrong = wrong_items()
    places = enumerate(_places_of(held_back_writers(), with_wrong=True))
    return {place: wrong[index] for place, index in places if index in wrong}


def pictures(digits: list[PenDigit], generator: np.random.Generator | None = None) -> Digits:
    """As a user would have drawn them; of varied size and pen with a generator."""
    images = np.empty((len(digits), SIDE, SIDE), np.uint8)
    labels: list[int] = []
    for digit in digits:
        width, extent = (20.0, 180.0) if generator is None else _pen_and_size(generator)
        strokes = fit(digit.strokes, CANVAS, extent * CANVAS / 280)
        try:
            image = to_digit(rasterize(strokes, width * CANVAS / 280, CANVAS)).image
        except NothingDrawn:  # a dash mislabeled as a digit, shorter than the pen is wide
            continue
        images[len(labels)] = to_bytes(image)
        labels.append(digit.label)
    painted = torch.from_numpy(images[: len(labels)])  # (N, 28, 28)
    return Digits(painted, torch.tensor(labels, dtype=torch.uint8))


def _pen_and_size(generator: np.random.Generator) -> tuple[float, float]:
    """Pen width and digit size on the 280-pixel canvas; never so thick that loops are filled."""
    extent = generator.uniform(110, 240)
    return generator.uniform(8, min(32, 0.17 * extent)), extent
