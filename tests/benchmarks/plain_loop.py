"""Training and evaluating the way most tutorials write it: the side our speed is measured against.

Each digit goes through PIL, a tensor and a normalization, one by one; a DataLoader makes batches of
them; Adam at 1e-3 in float32, pictures with channels first.

    compare("fast", "wide", 4)    our recipe against 4 plain epochs of another, taking turns

What counts is the middle of the rounds, in processor seconds of one thread, so that other work on the
machine disturbs less. A run's time is its steps times that.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from cnnviz.data.mnist import MEAN, STD, Digits, load_mnist
from cnnviz.networks.network import Network, NetworkConfig, build
from cnnviz.training.config import TrainConfig
from cnnviz.training.datasets import load_parts
from cnnviz.training.loop import fit
from cnnviz.training.recipes import RECIPES

TRANSFORM = transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))])
TEST_BATCH = 1_000
DIGITS = {"wide": 60_000, "classic": 54_000}  # an epoch of the sources; classic holds a tenth back
ROUNDS, STEPS = 15, 4  # steps a round, of each side


class PlainDigits(Dataset[tuple[Tensor, int]]):
    """As torchvision.datasets.MNIST hands its digits out."""

    def __init__(self, digits: Digits):
        self.digits = digits

    def __len__(self) -> int:
        return len(self.digits)

    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self.digits.images[place].numpy())
        return TRANSFORM(picture), int(self.digits.labels[place])


def train_plainly(config: NetworkConfig, digits: Digits, batch_size: int) -> Iterator[None]:
    """One epoch, one step at a time."""
    network = build(config).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for images, labels in DataLoader(PlainDigits(digits), batch_size=batch_size, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(network(images), labels).backward()
        optimizer.step()
        yield


def evaluate_plainly(network: Network, digits: Digits) -> float:
    """The share of the digits read right."""
    right = 0
    with torch.no_grad():
        for images, labels in DataLoader(PlainDigits(digits), batch_size=TEST_BATCH):
            right += int((network(images).argmax(1) == labels).sum())
    return right / len(digits)


@dataclass(frozen=True)
class Comparison:
    """Processor seconds of a whole run of ours and of plain epochs; of one step of each."""

    ours: float
    plain: float
    our_step: float
    plain_step: float
    load: float  # of the machine meanwhile

    @property
    def ratio(self) -> float:
        return self.plain / self.ours

    def __str__(self) -> str:
        return (
            f"{self.ours:.1f} s ({1000 * self.our_step:.1f} ms a step) against {self.plain:.1f} s "
            f"({1000 * self.plain_step:.1f} ms a step): x {self.ratio:.1f}; load {self.load:.1f}"
        )


def compare(preset: str, plain: str, plain_epochs: int) -> Comparison:
    """A whole run of a recipe of ours against plain epochs of a source's."""
    config, other = RECIPES[preset], RECIPES[plain]
    sides = (_ours(config), _plain(other))
    for side in sides:
        side()  # warms up
    rounds = [tuple(processor_seconds(side) for side in sides) for _ in range(ROUNDS)]
    our_step, plain_step = (statistics.median(side) / STEPS for side in zip(*rounds, strict=True))
    digits = config.train_size - config.validation_size
    per_epoch = -(-digits // config.batch_size)
    plain_per_epoch = -(-(digits if plain == preset else DIGITS[plain]) // other.batch_size)
    return Comparison(
        ours=our_step * per_epoch * config.epochs,
        plain=plain_step * plain_per_epoch * plain_epochs,
        our_step=our_step,
        plain_step=plain_step,
        load=os.getloadavg()[0],
    )


def processor_seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def _plain(config: TrainConfig) -> Callable[[], None]:
    """Some steps of the plain loop."""
    steps = train_plainly(config.network, load_mnist().train, config.batch_size)

    def some() -> None:
        for _ in range(STEPS):
            next(steps)

    return some


def _ours(config: TrainConfig) -> Callable[[], object]:
    """Some steps of fit(), without the validation that the plain loop has not, either."""
    training, validation = load_parts(config)
    per_epoch = -(-len(training) // config.batch_size)
    records = fit(config, training, validation[:0], records=per_epoch * config.epochs // STEPS)
    next(records)
    return lambda: next(records)
