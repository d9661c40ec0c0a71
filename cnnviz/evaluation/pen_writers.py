"""Slashed zeros and footed ones: how many a model reads, as written and with the habit added.

style_figures(model)   {"slashed zeros": {"n", "recall"}, ...} over writers never trained on
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.data.mnist import Digits
from cnnviz.data.pen_augmentation import add_style
from cnnviz.data.pen_digits import PenDigit, held_back_digits, pictures
from cnnviz.data.preprocessing import STAGES, to_digit
from cnnviz.data.rasterize import fit, rasterize
from cnnviz.errors import NothingDrawn
from cnnviz.evaluation.metrics import accuracy, logits_of
from cnnviz.io.pixels import to_bytes
from cnnviz.networks.network import Network
from cnnviz.networks.tracing import predict


def is_slashed(digit: PenDigit) -> bool:
    """A zero whose last stroke is another one, long and straight."""
    last = digit.strokes[-1].astype(np.float64)
    length = np.hypot(*np.diff(last, axis=0).T).sum()
    chord = np.hypot(*(last[-1] - last[0]))
    return digit.label == 0 and len(digit.strokes) > 1 and bool(chord > max(0.9 * length, 300))


def is_footed(digit: PenDigit) -> bool:
    """A one that is at least a quarter as broad at its bottom as it is high."""
    points = np.concatenate(digit.strokes)
    height = np.ptp(points[:, 1])
    foot = points[points[:, 1] > points[:, 1].max() - 0.15 * height]
    return digit.label == 1 and bool(np.ptp(foot[:, 0]) > 0.25 * height)


WRITING_STYLES: dict[str, Callable[[PenDigit], bool]] = {
    "slashed zeros": is_slashed,
    "footed ones": is_footed,
}


def style_figures(model: Network) -> dict[str, dict[str, float]]:
    """Recall of each habit; "added" drew it by code into digits of the same writers that lack it."""
    return {name: _recall(model, digits) for name, digits in _sets().items()}


@lru_cache(maxsize=1)
def _sets() -> dict[str, Digits]:
    sets = {}
    for name, has_it in WRITING_STYLES.items():
        everyone = held_back_digits()
        sets[name] = pictures([digit for digit in everyone if has_it(digit)])
        sets[f"{name}, added"] = pictures(list(_with_style(everyone, has_it)))
    return sets


def _with_style(digits: list[PenDigit], has_it: Callable[[PenDigit], bool]) -> Iterator[PenDigit]:
    """Every digit that lacks the habit and can be given it within twenty tries (seed 0)."""
    generator = np.random.default_rng(0)
    for digit in digits:
        lines = [stroke.astype(np.float64) for stroke in digit.strokes]
        tries = (replace(digit, strokes=tuple(add_style(lines, digit.label, generator))) for _ in range(20))
        if digit.label < 2 and not has_it(digit):
            yield from [version for version in tries if has_it(version)][:1]


def _recall(model: Network, digits: Digits) -> dict[str, float]:
    return {"n": len(digits), "recall": round(accuracy(logits_of(model, digits.images), digits.labels), 4)}


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
    return accuracy(predict(model, images), labels)


CANVAS, EXTENT, PEN = 140, 90.0, 10.0  # half the app's canvas, a digit's longer side, the default pen


@lru_cache(maxsize=1)
def digits_by_writer() -> dict[str, Digits]:
    """Each held-back writer's digits, prepared like a drawing; without those wrong in the original."""
    found: dict[str, tuple[list[torch.Tensor], list[int]]] = {}
    for digit in held_back_digits():
        try:
            image = to_digit(rasterize(fit(digit.strokes, CANVAS, EXTENT), PEN, CANVAS)).image
        except NothingDrawn:  # shorter than the pen is wide
            continue
        images, labels = found.setdefault(digit.writer, ([], []))
        images.append(to_bytes(image))
        labels.append(digit.label)
    return {
        writer: Digits(torch.stack(images), torch.tensor(labels, dtype=torch.uint8))
        for writer, (images, labels) in sorted(found.items())
    }


def misclassified_by_writer(model: Network) -> dict[str, int]:
    """How many of each held-back writer's digits the model misreads; the most misread writer first."""
    everybody = digits_by_writer()
    images = torch.cat([digits.images for digits in everybody.values()])
    wrong = logits_of(model, images).argmax(1) != torch.cat([digits.labels for digits in everybody.values()])
    counts = [int(part.sum()) for part in wrong.split([len(digits) for digits in everybody.values()])]
    return dict(sorted(zip(everybody, counts, strict=True), key=lambda pair: -pair[1]))
