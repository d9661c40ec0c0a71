"""Drawings as text: a picture short enough for a link, and labeled drawings as a file.

    pack_image(image)         a 28x28 picture as URL-safe text
    unpack_image(text)        and back
    parse_labeled(content)    records, each checked
    digits_of(records)        the same as Digits, for training

A file is a JSON list of {"label": 0 to 9, "image": packed 28x28, "strokes": [[[x, y], ...], ...]}.
"""

import base64
import json
import math
import zlib
from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
import torch
from torch import Tensor

from cnnviz.data.mnist import Digits
from cnnviz.data.preprocessing import SIDE
from cnnviz.errors import DataError, NothingDrawn
from cnnviz.io.pixels import to_bytes, to_floats

LIMIT = 1_000  # drawings
BYTES = 20_000_000
POINTS = 20_000  # of one drawing
PACKED_LIMIT = 4_000  # characters of a packed picture


class Labeled(TypedDict):
    """One drawing and what it is. image: as pack_image() writes it; strokes: canvas pixels, may be empty."""

    label: int
    image: str
    strokes: list[list[list[float]]]


def parse_labeled(content: bytes) -> list[Labeled]:
    """The drawings in a file's bytes, at most LIMIT. Raises DataError with one sentence."""
    if len(content) > BYTES:
        raise DataError(f"The file is larger than {BYTES // 1_000_000} MB.")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError("This is not a file of labeled drawings: it is no JSON.") from error
    if not isinstance(found, list) or not found:
        raise DataError("This file holds no list of labeled drawings.")
    if len(found) > LIMIT:
        raise DataError(f"The file holds {len(found):,} drawings; at most {LIMIT:,} are read.")
    return [_record(thing, number) for number, thing in enumerate(found, 1)]


def digits_of(records: Sequence[Labeled]) -> Digits:
    """Their pictures and labels, uint8 (N, 28, 28) and (N,)."""
    images = [to_bytes(unpack_image(record["image"])) for record in records]
    labels = torch.tensor([record["label"] for record in records], dtype=torch.uint8)
    return Digits(torch.stack(images) if images else torch.zeros(0, SIDE, SIDE, dtype=torch.uint8), labels)


def _record(thing: Any, number: int) -> Labeled:
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
    """The strokes when they are what they should be, else none: the picture is what is learned from."""
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


def pack_image(image: Tensor) -> str:
    """(28, 28) in 256 gray levels as URL-safe text, about 300 characters."""
    content = to_bytes(image).numpy().tobytes()
    return base64.urlsafe_b64encode(zlib.compress(content, 9)).decode().rstrip("=")


def unpack_image(text: str) -> Tensor:
    """Inverse of pack_image. Raises NothingDrawn when the text is not such a picture."""
    try:
        packed = base64.urlsafe_b64decode(text[:PACKED_LIMIT] + "=" * (-len(text) % 4))
        content = zlib.decompressobj().decompress(packed, SIDE * SIDE + 1)
        pixels = np.frombuffer(content, np.uint8).reshape(SIDE, SIDE)
    except (ValueError, zlib.error) as error:
        raise NothingDrawn("The drawing in this link is damaged.") from error
    return to_floats(torch.from_numpy(pixels.copy()))
