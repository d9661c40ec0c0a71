"""A drawing read again while it grows: the network's answer after every bit of the pen's way.

    replay(model, strokes, widths)   Replay: pictures, probabilities, and every change of mind

All partial drawings pass through the network in one batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.data.preprocessing import to_digit
from cnnviz.data.rasterize import Paper
from cnnviz.errors import NothingDrawn
from cnnviz.io.pixels import to_bytes, to_floats
from cnnviz.networks.tracing import predict

STEPS = 60
Stroke = NDArray[np.float32]


@dataclass(frozen=True)
class Step:
    """The drawing up to point `points` of stroke `stroke` (both counted from 0 and 1)."""

    stroke: int
    points: int
    length: float  # of the pen's way on paper so far, canvas pixels


@dataclass(frozen=True)
class Change:
    """At step `step` the likeliest digit became `after`."""

    step: int
    before: int
    after: int


@dataclass(frozen=True, eq=False)
class Replay:
    """images: float32 (N, 28, 28), what the network saw; probabilities: (N, 10).

    Where too little was drawn to read anything, the image is empty and the probabilities are NaN.
    """

    steps: tuple[Step, ...]
    images: Tensor
    probabilities: Tensor
    changes: tuple[Change, ...]

    @property
    def readable(self) -> Tensor:
        """bool (N,): enough was drawn."""
        return ~self.probabilities[:, 0].isnan()


def replay(
    model: nn.Module,
    strokes: Sequence[Stroke],
    widths: Sequence[float],
    *,
    size: int = 280,
    limit: int = STEPS,
    final: Tensor | None = None,
) -> Replay:
    """Read the drawing at up to `limit` moments, evenly spaced along the pen's way.

    strokes: (P, 2) x-y points in canvas pixels, 0 .. size; widths: each stroke's pen width.
    final: the whole drawing's (28, 28) as the browser's pen painted it, in place of ours.
    Raises NothingDrawn when there is no stroke.
    """
    if not any(len(stroke) for stroke in strokes):
        raise NothingDrawn("Nothing is drawn yet.")
    steps = stopping_points(strokes, limit)
    images = torch.zeros(len(steps), 28, 28)
    readable = torch.zeros(len(steps), dtype=torch.bool)
    for number, pixels in enumerate(paint(strokes, widths, steps, size)):
        try:
            digit = to_digit(pixels)
        except NothingDrawn:
            continue
        images[number] = to_floats(to_bytes(digit.image))  # 256 gray levels, as everywhere
        readable[number] = True
    if final is not None:
        images[-1], readable[-1] = final, True
    probabilities = torch.full((len(steps), 10), torch.nan)
    if readable.any():
        probabilities[readable] = predict(model, images[readable])
    return Replay(tuple(steps), images, probabilities, _changes(probabilities))


def stopping_points(strokes: Sequence[Stroke], limit: int = STEPS) -> list[Step]:
    """At most `limit` steps (more only when there are more strokes), evenly spaced along the pen's way.

    Each ends at a point the pen reported; the end of every stroke is among them.
    """
    every = list(_points(strokes))
    ends = {number for number, step in enumerate(every) if step.points == len(strokes[step.stroke])}
    wished = np.linspace(0, every[-1].length, max(limit - len(ends), 0) + 1)[1:]
    lengths = np.array([step.length for step in every])
    places = np.searchsorted(lengths, wished - 1e-6).clip(0, len(every) - 1)
    return [every[number] for number in sorted(ends | {int(place) for place in places})]


def paint(
    strokes: Sequence[Stroke], widths: Sequence[float], steps: Sequence[Step], size: int
) -> Iterator[NDArray[np.uint8]]:
    """The partial drawing at each step, uint8 (size, size); only what is new is painted.

    Pixel for pixel what strokes.rasterize paints.
    """
    paper = Paper(size)
    wanted = {(step.stroke, step.points) for step in steps}
    for number, (stroke, width) in enumerate(zip(strokes, widths, strict=True)):
        for place in range(len(stroke)):
            paper.paint(stroke[max(place - 1, 0) : place + 1], width)
            if (number, place + 1) in wanted:
                yield paper.picture()


def _points(strokes: Sequence[Stroke]) -> Iterator[Step]:
    """A step for every point of every stroke; the way through the air between strokes is free."""
    length = 0.0
    for number, stroke in enumerate(strokes):
        for place in range(len(stroke)):
            if place:
                length += float(np.hypot(*(stroke[place] - stroke[place - 1])))
            yield Step(number, place + 1, length)


def _changes(probabilities: Tensor) -> tuple[Change, ...]:
    """Steps at which the likeliest digit differs from the last readable step's."""
    predictions = [
        (step, int(values.argmax())) for step, values in enumerate(probabilities) if not values[0].isnan()
    ]
    return tuple(
        Change(step, before, after) for (_, before), (step, after) in pairwise(predictions) if before != after
    )
