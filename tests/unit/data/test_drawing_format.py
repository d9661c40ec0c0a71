"""Files of labeled drawings: what Draw writes is read again; anything else gets a sentence."""

import json

import pytest
import torch

from cnnviz.data import drawing_format
from cnnviz.data.drawing_format import digits_of, pack_image, parse_labeled, unpack_image
from cnnviz.errors import DataError

PIXELS = (torch.arange(784) % 256).byte().view(28, 28)
IMAGE = pack_image(PIXELS / 255)
GOOD = {"label": 0, "image": IMAGE, "strokes": [[[1.5, 2.0], [3, 4]]]}


def test_round_trip() -> None:
    records = parse_labeled(json.dumps([GOOD, {**GOOD, "label": 7}]).encode())

    digits = digits_of(records)

    assert records[0] == GOOD
    assert torch.equal(digits.images[1], PIXELS)
    assert digits.labels.tolist() == [0, 7]
    assert digits.images.dtype == digits.labels.dtype == torch.uint8
    assert len(digits_of([])) == 0
    assert digits_of([]).images.shape == (0, 28, 28)


def test_packing_is_exact() -> None:
    image = torch.arange(784).reshape(28, 28) % 256 / 255
    assert torch.equal(unpack_image(pack_image(image)), image)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"{}", "no list"),
        (b"[]", "no list"),
        (json.dumps([GOOD, 7]).encode(), "Drawing 2 .* no label"),
        (json.dumps([{**GOOD, "label": 10}]).encode(), "Drawing 1 .* no label"),
        (json.dumps([{**GOOD, "label": True}]).encode(), "no label"),
        (json.dumps([{**GOOD, "image": "!!"}]).encode(), "no picture"),
        (json.dumps([{**GOOD, "image": 12}]).encode(), "no picture"),
        (json.dumps([{"label": 3}]).encode(), "no picture"),
        (json.dumps([GOOD] * 1_001).encode(), "at most 1,000"),
    ],
)
def test_other_files_get_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words):
        parse_labeled(content)


def test_a_huge_file_is_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing_format, "BYTES", 10)
    with pytest.raises(DataError, match="larger than"):
        parse_labeled(json.dumps([GOOD]).encode())


@pytest.mark.parametrize("strokes", [None, 3, [3], [[3]], [[[1]]], [[[1, "x"]]], [[[1, float("nan")]]]])
def test_odd_strokes_are_dropped_the_picture_counts(strokes: object) -> None:
    (record,) = parse_labeled(json.dumps([{**GOOD, "strokes": strokes}]).encode())
    assert record == {**GOOD, "strokes": []}
