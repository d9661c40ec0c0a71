"""The carried data is whole, fast to read, and refuses to be read when damaged."""

import hashlib
import re
import shutil
from pathlib import Path

import pytest
import torch

from cnnviz.data.mnist import Digits, batches, cleaned_test_digits, load_mnist, split, wrong_test_digits
from cnnviz.data.pen_digits import load_pen_digits
from cnnviz.errors import DataError
from cnnviz.io import assets
from cnnviz.io.assets import ASSETS, read_asset

# MD5 of the four uncompressed original files, as published with them.
ORIGINAL_MD5 = {
    "train": ("6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624"),
    "test": ("2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637"),
}


@pytest.mark.parametrize("part", ORIGINAL_MD5)
def test_mnist_is_the_published_one(part: str) -> None:
    digits: Digits = getattr(load_mnist(), part)
    n = len(digits)
    headers = (
        b"\0\0\x08\x03" + n.to_bytes(4) + (28).to_bytes(4) * 2,
        b"\0\0\x08\x01" + n.to_bytes(4),
    )
    contents = (digits.images.numpy().tobytes(), digits.labels.numpy().tobytes())

    digests = tuple(
        hashlib.md5(header + content).hexdigest() for header, content in zip(headers, contents, strict=True)
    )

    assert digests == ORIGINAL_MD5[part]


def test_mnist_is_one_uint8_tensor() -> None:
    digits = load_mnist()

    assert digits.images.shape == (70_000, 28, 28)
    assert digits.images.dtype == digits.labels.dtype == torch.uint8


def test_the_fifteen_disputed_test_digits_are_listed_with_their_votes() -> None:
    test, wrong = load_mnist().test, wrong_test_digits()

    assert len(wrong) == 15
    for index, reason in wrong.items():
        label, *votes = re.findall(
            r"labelled (\d): of five people (\w+) saw .*, (\w+) a \d, (\w+) neither", reason
        )[0]
        counts = [0 if vote == "none" else int(vote) for vote in votes]
        assert int(label) == test.labels[index]
        assert sum(counts) == 5
        assert counts[0] <= 2  # most did not see what the label says
    assert len(cleaned_test_digits()) == 9_985
    places = torch.tensor([index for index in range(10_000) if index not in wrong])
    assert torch.equal(cleaned_test_digits().images, test.images[places])


def test_pen_digits_are_strokes_by_many_writers() -> None:
    digits = load_pen_digits()

    assert len(digits) == 7_189
    assert len({digit.file for digit in digits}) == 341
    assert len({digit.writer for digit in digits}) == 326
    assert {digit.label for digit in digits} == set(range(10))
    for digit in digits[::500]:
        extents = [max(s[:, axis].max() for s in digit.strokes) for axis in (0, 1)]
        assert max(extents) == 1000
        assert min(s.min() for s in digit.strokes) == 0


def test_carried_files_are_small() -> None:
    assert sum((ASSETS / name).stat().st_size for name in assets.SHA256) <= 13_000_000


@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "pen-digits.npz"
    shutil.copy(ASSETS / path.name, path)
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[1000] ^= 1
        path.write_bytes(content)
    elif damage == "cut":
        path.write_bytes(content[:1000])
    else:
        path.unlink()

    with pytest.raises(DataError, match="install cnnviz again"):
        read_asset(path.name, tmp_path)


def test_split_parts_are_disjoint_and_repeatable() -> None:
    digits = Digits(
        torch.arange(100, dtype=torch.uint8).view(100, 1, 1), torch.arange(100, dtype=torch.uint8)
    )

    training, validation = split(digits, 20, seed=3)
    again, _ = split(digits, 20, seed=3)

    assert sorted([*training.labels.tolist(), *validation.labels.tolist()]) == list(range(100))
    assert len(validation) == 20
    assert torch.equal(training.labels, again.labels)


def test_batches_visit_every_digit_once_as_floats() -> None:
    digits = load_mnist().test[:50]

    parts = list(batches(digits, 16, torch.Generator().manual_seed(0)))

    assert [len(labels) for _, labels in parts] == [16, 16, 16, 2]
    images = torch.cat([images for images, _ in parts])
    assert images.shape == (50, 1, 28, 28)
    assert images.min() == 0
    assert images.max() == 1
    assert torch.equal(images.sum((1, 2, 3)).sort().values, digits.pixels().sum((1, 2)).sort().values)
