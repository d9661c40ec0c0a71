"""MNIST, which cnnviz carries whole.

    load_mnist()       70,000 digits as one uint8 tensor; .train (60,000) and .test (10,000)
    batches()          shuffled mini-batches of a Digits, from an own generator

Licenses and sources: cnnviz/assets/README.md. The original files: torchvision.datasets.MNIST.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from cnnviz.io.assets import ASSETS, read_arrays, read_asset
from cnnviz.io.pixels import to_floats

TRAIN_SIZE = 60_000
MEAN, STD = 0.1307, 0.3081  # of all training pixels in [0, 1]


@dataclass(frozen=True, eq=False)
class Digits:
    """Gray digits with labels (N,). images (N, 28, 28): uint8, 0 = paper, 255 = ink, or floats in [0, 1]."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: slice | Tensor) -> "Digits":
        return Digits(self.images[index], self.labels[index])

    def pixels(self) -> Tensor:
        """All images as float32 (N, 28, 28) in [0, 1]."""
        return to_floats(self.images)

    @property
    def train(self) -> "Digits":
        """MNIST's own training part."""
        return self[:TRAIN_SIZE]

    @property
    def test(self) -> "Digits":
        """MNIST's own test part."""
        return self[TRAIN_SIZE:]


@lru_cache(maxsize=1)
def load_mnist(folder: Path = ASSETS) -> Digits:
    """All 70,000 MNIST digits (LeCun, Cortes, Burges), training part first; shared, read only."""
    arrays = read_arrays("mnist.npz", folder)
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


def split(digits: Digits, held_back: int, seed: int) -> tuple[Digits, Digits]:
    """(training, validation) parts, chosen at random; validation gets `held_back` digits."""
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(seed))
    return digits[order[held_back:]], digits[order[:held_back]]


def batches(digits: Digits, size: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """One shuffled pass: (float32 (B, 1, 28, 28) in [0, 1], int64 (B,)); the last may be smaller."""
    order = torch.randperm(len(digits), generator=generator)
    for chosen in order.split(size):
        images = digits.images[chosen].unsqueeze(1)  # (B, 1, 28, 28)
        yield to_floats(images), digits.labels[chosen].long()
