"""Labelled drawings as a file: what the Draw page lets one download, read again.

    parse_labelled(content)   records, each checked
    digits_of(records)        the same as Digits, for training

A file is a JSON list of {"label": 0 to 9, "image": packed 28x28, "strokes": [[[x, y], ...], ...]}.
"""

import json
import math
from collections.abc import Sequence
from typing import Any, TypedDict

import torch

from cnnviz.data import Digits
from cnnviz.drawing import SIDE
from cnnviz.errors import DataError, NothingDrawn
from cnnviz.packing import unpack_image

LIMIT = 1_000  # drawings
BYTES = 20_000_000
POINTS = 20_000  # of one drawing


class Labelled(TypedDict):
    """One drawing and what it is. image: as pack_image() writes it; strokes: canvas pixels, may be empty."""

    label: int
    image: str
    strokes: list[list[list[float]]]


def parse_labelled(content: bytes) -> list[Labelled]:
    """The drawings in a file's bytes, at most LIMIT. Raises DataError with one sentence."""
    if len(content) > BYTES:
        raise DataError(f"The file is larger than {BYTES // 1_000_000} MB.")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError("This is not a file of labelled drawings: it is no JSON.") from error
    if not isinstance(found, list) or not found:
        raise DataError("This file holds no list of labelled drawings.")
    if len(found) > LIMIT:
        raise DataError(f"The file holds {len(found):,} drawings; at most {LIMIT:,} are read.")
    return [_record(thing, number) for number, thing in enumerate(found, 1)]


def digits_of(records: Sequence[Labelled]) -> Digits:
    """Their pictures and labels, uint8 (N, 28, 28) and (N,)."""
    images = [(unpack_image(record["image"]) * 255).round().to(torch.uint8) for record in records]
    labels = torch.tensor([record["label"] for record in records], dtype=torch.uint8)
    return Digits(torch.stack(images) if images else torch.zeros(0, SIDE, SIDE, dtype=torch.uint8), labels)


def _record(thing: Any, number: int) -> Labelled:
    label = thing.get("label") if isinstance(thing, dict) else None
    if type(label) is not int or not 0 <= label <= 9:
        raise DataError(f"Drawing {number} in the file has no label from 0 to 9.")
    image = thing.get("image")
    try:
        unpack_image(image if isinstance(image, str) else "")
    except NothingDrawn as error:
        raise DataError(f"Drawing {number} in the file has no picture that can be read.") from error
    return {"label": label, "image": image, "strokes": _strokes(thing.get("strokes"))}


def _strokes(value: Any) -> list[list[list[float]]]:
    """The strokes when they are what they should be, else none: the picture is what is learnt from."""
    if not isinstance(value, list) or not all(isinstance(stroke, list) for stroke in value):
        return []
    points = [point for stroke in value for point in stroke]
    usable = len(points) <= POINTS and all(_is_point(point) for point in points)
    return value if usable else []


def _is_point(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(number, int | float) and math.isfinite(number) for number in value)
    )
