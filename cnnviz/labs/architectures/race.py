"""A race: five kinds of network with about as many parameters, on the same digits, in turns.

    CONTESTANTS                 name -> Racer: MLP, LeNet-5, and small VGG, ResNet and ViT variants
    train_contestants(training, ...)    -> Iterator of RaceProgress; equal seconds or equal digits for all

All have 55,000 to 65,000 parameters and the same training: AdamW at 2e-3, batches of 64.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from cnnviz.data.checks import check_digits
from cnnviz.data.mnist import Digits
from cnnviz.errors import ConfigError
from cnnviz.evaluation.metrics import accuracy
from cnnviz.networks.network import CLASSES, NetworkConfig, build
from cnnviz.networks.zoo import NETWORKS
from cnnviz.training.step import training_step

BATCH, RATE, TURN = 64, 2e-3, 10  # digits a step, learning rate, steps a turn
EqualBudget = Literal["seconds", "digits"]


MLP = NetworkConfig(dense=(75,))


@dataclass(frozen=True)
class Contestant:
    """idea: what sets it apart, in a few words."""

    title: str
    idea: str
    network: NetworkConfig


CONTESTANTS = {
    "mlp": Contestant("MLP", "every unit sees every pixel", MLP),
    "lenet5": Contestant("LeNet-5", "5 × 5 kernels, tanh, means", NETWORKS["lenet5"]),
    "vgg": Contestant("Small VGG", "3 × 3 kernels in pairs", NETWORKS["vgg"]),
    "resnet": Contestant("Small ResNet", "skip connections", NETWORKS["resnet"]),
    "vit": Contestant("Small ViT", "patches that attend to each other", NETWORKS["vit"]),
}


@dataclass(frozen=True)
class RaceProgress:
    """One racer after its latest turn. seconds: of its own training so far; digits: seen so far.

    accuracy: on the held-back digits. share: of the whole race that is over, 0 to 1.
    """

    contestant: str
    seconds: float
    digits: int
    accuracy: float
    share: float


def train_contestants(
    training: Digits,
    held_back: Digits,
    fair: EqualBudget = "seconds",
    budget: float = 5.0,
    names: Sequence[str] = tuple(CONTESTANTS),
    seed: int = 0,
    turn: int = TURN,
) -> Iterator[RaceProgress]:
    """Whoever has used least of the budget (seconds, or digits) takes the next turn, until all is used.

    Measuring costs no racer any time. Raises ConfigError.
    """
    unknown = set(names) - set(CONTESTANTS)
    if unknown or not names:
        raise ConfigError(f"Choose racers among {', '.join(CONTESTANTS)}.")
    if fair not in get_args(EqualBudget):
        raise ConfigError(f"A race is fair by equal {' or '.join(get_args(EqualBudget))}, not {fair!r}.")
    if not (budget > 0 and turn >= 1):
        raise ConfigError("A race needs a budget above zero and at least one step a turn.")
    training = check_digits(training, "training", CLASSES)
    held_back = check_digits(held_back, "held-back", CLASSES)
    return _turns([_Run(name, seed) for name in names], training, held_back, fair, budget, turn)


def _turns(
    runs: list["_Run"], training: Digits, held_back: Digits, fair: EqualBudget, budget: float, turn: int
) -> Iterator[RaceProgress]:
    images, labels = held_back.pixels()[:, None], held_back.labels  # (N, 1, 28, 28)
    for run in runs:
        yield run.progress(images, labels, 0.0)
    while min(run.used(fair) for run in runs) < budget:
        run = min(runs, key=lambda each: each.used(fair))
        run.turn(training, turn)
        share = sum(min(each.used(fair) / budget, 1.0) for each in runs) / len(runs)
        yield run.progress(images, labels, share)


class _Run:
    """A racer with its network, its own order of digits and its own clock."""

    def __init__(self, name: str, seed: int):
        self.name, self.seconds, self.digits = name, 0.0, 0
        self.network = build(CONTESTANTS[name].network, seed)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), RATE)
        self.generator = torch.Generator().manual_seed(seed)

    def used(self, fair: EqualBudget) -> float:
        return self.seconds if fair == "seconds" else self.digits

    def turn(self, digits: Digits, steps: int) -> None:
        start = time.perf_counter()
        self.network.train()
        for _ in range(steps):
            chosen = torch.randint(len(digits), (BATCH,), generator=self.generator)
            images = digits[chosen].pixels()[:, None]  # (64, 1, 28, 28)
            training_step(self.network, self.optimizer, images, digits.labels[chosen].long())
        self.digits += steps * BATCH
        self.seconds += time.perf_counter() - start

    def progress(self, images: Tensor, labels: Tensor, share: float) -> RaceProgress:
        self.network.eval()
        with torch.no_grad():
            right = accuracy(self.network(images), labels)
        return RaceProgress(self.name, self.seconds, self.digits, right, share)
