"""The data cnnviz carries: all of MNIST and the UNIPEN pen digits, read from one file each.

    load_mnist()       70,000 digits as one uint8 tensor; .train (60,000) and .test (10,000)
    load_pen_digits()  7,189 digits as pen strokes, with their writers
    batches()          shuffled mini-batches of a Digits, from an own generator

Licences and sources: cnnviz/assets/README.md. The original files: cnnviz.fetch.
"""

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.errors import DataError

ASSETS = Path(__file__).parent / "assets"
SHA256 = {
    "mnist.npz": "4a84408c9d89a2e0b1879345c7b6cf36ef49e95ee364488994ac0a4a10756322",
    "mnist-wrong.json": "402525379a059a30245886044356ea43cb9b7ab1b17d6abae83f15240e4771a7",
    "pen-digits.npz": "86fc29f2f542ecf5c3eb36ad45a21fbbc4ab26da67577c671a3b479b04609a1e",
    "pen-wrong.json": "97a4bb8edad2c976933036d59932b51fc66a1e77b24fa065f4015d2f5da1089b",
    "references.npz": "8901d56e4ca61d06a284531e1e657f7295f5f89be6201df51327f38fce08f128",
}
TRAIN_SIZE = 60_000
MEAN, STD = 0.1307, 0.3081  # of all training pixels in [0, 1]


@dataclass(frozen=True, eq=False)
class Digits:
    """Grey digits with labels. images: uint8 (N, 28, 28), 0 = paper, 255 = ink; labels: uint8 (N,)."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: slice | Tensor) -> "Digits":
        return Digits(self.images[index], self.labels[index])

    def pixels(self) -> Tensor:
        """All images as float32 (N, 28, 28) in [0, 1]."""
        return self.images.float() / 255

    @property
    def train(self) -> "Digits":
        """MNIST's own training part."""
        return self[:TRAIN_SIZE]

    @property
    def test(self) -> "Digits":
        """MNIST's own test part."""
        return self[TRAIN_SIZE:]


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


def read_asset(name: str, folder: Path = ASSETS) -> bytes:
    """A carried file's content, after its SHA-256 was found right. Raises DataError."""
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise DataError(f"{name} is missing from the installation; install cnnviz again.") from error
    if hashlib.sha256(content).hexdigest() != SHA256[name]:
        raise DataError(f"{name} is damaged (its checksum is wrong); install cnnviz again.")
    return content


def _arrays(name: str, folder: Path) -> dict[str, NDArray[np.generic]]:
    with np.load(io.BytesIO(read_asset(name, folder)), allow_pickle=False) as archive:
        return {key: archive[key] for key in archive.files}


@lru_cache(maxsize=1)
def load_mnist(folder: Path = ASSETS) -> Digits:
    """All 70,000 MNIST digits (LeCun, Cortes, Burges), training part first; shared, read only."""
    arrays = _arrays("mnist.npz", folder)
    return Digits(torch.from_numpy(arrays["images"]), torch.from_numpy(arrays["labels"]))


@lru_cache(maxsize=1)
def wrong_test_digits() -> dict[int, str]:
    """Position in load_mnist().test -> why the digit is not, or not surely, what its label says.

    The fifteen whose label most of five people rejected (Northcutt, Athalye, Mueller 2021).
    """
    return {int(index): reason for index, reason in json.loads(read_asset("mnist-wrong.json")).items()}


def cleaned_test_digits() -> Digits:
    """MNIST's test part without those fifteen."""
    test = load_mnist().test
    kept = torch.ones(len(test), dtype=torch.bool)
    kept[list(wrong_test_digits())] = False
    return test[kept]


@lru_cache(maxsize=1)
def load_pen_digits(folder: Path = ASSETS) -> tuple[PenDigit, ...]:
    """7,189 digits in 341 files (UNIPEN train_r01_v07, 1a) as pen strokes; shared, read only."""
    arrays = _arrays("pen-digits.npz", folder)
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


def split(digits: Digits, held_back: int, seed: int) -> tuple[Digits, Digits]:
    """(training, validation) parts, chosen at random; validation gets `held_back` digits."""
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(seed))
    return digits[order[held_back:]], digits[order[:held_back]]


def batches(digits: Digits, size: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """One shuffled pass: (float32 (B, 1, 28, 28) in [0, 1], int64 (B,)); the last may be smaller."""
    order = torch.randperm(len(digits), generator=generator)
    for chosen in order.split(size):
        images = digits.images[chosen].unsqueeze(1)  # (B, 1, 28, 28)
        yield images.float() / 255, digits.labels[chosen].long()
