"""A race: five kinds of network with about as many parameters, on the same digits, in turns.

    RACERS                 name -> Racer: MLP, LeNet-5, and small VGG, ResNet and ViT variants
    race(training, ...)    -> Iterator of RaceProgress; equal seconds or equal digits for all

All have 55,000 to 65,000 parameters and the same training: AdamW at 2e-3, batches of 64.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.data import Digits
from cnnviz.errors import ConfigError
from cnnviz.networks import CLASSES, NETWORKS, ConvBlock, NetworkConfig, build

BATCH, RATE, TURN = 64, 2e-3, 10  # digits a step, learning rate, steps a turn
Fair = Literal["seconds", "digits"]


class ResidualBlock(nn.Module):
    """y = ReLU(F(x) + x), F two 3 x 3 convolutions with batch normalisation (He et al. 2015)."""

    def __init__(self, width: int):
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.inner(x) + x)


def small_resnet(width: int = 32) -> nn.Module:
    """Two residual blocks on 14 x 14, one on 7 x 7."""
    return nn.Sequential(
        nn.Conv2d(1, width, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        ResidualBlock(width),
        ResidualBlock(width),
        nn.MaxPool2d(2),
        ResidualBlock(width),
        nn.AdaptiveAvgPool2d(3),
        nn.Flatten(),
        nn.Linear(9 * width, CLASSES),
    )


class SmallVit(nn.Module):
    """Sixteen 7 x 7 patches as words, two rounds of attention (Dosovitskiy et al. 2020)."""

    def __init__(self, width: int = 48, rounds: int = 2, heads: int = 4):
        super().__init__()
        self.patches = nn.Conv2d(1, width, 7, stride=7)
        self.places = nn.Parameter(torch.zeros(1, 16, width))
        self.rounds = nn.Sequential(
            *(
                nn.TransformerEncoderLayer(
                    width, heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
                )
                for _ in range(rounds)
            )
        )
        self.norm = nn.LayerNorm(width)
        self.logits = nn.Linear(width, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        words = self.patches(x).flatten(2).transpose(1, 2)  # (N, 1, 28, 28) -> (N, 16, width)
        words = self.norm(self.rounds(words + self.places))
        result: Tensor = self.logits(words.mean(1))  # (N, width) -> (N, 10)
        return result


# Two 3 x 3 kernels in a row before each pooling, as in VGG.
VGG = NetworkConfig(
    convs=(
        ConvBlock(16, padding=1, pool="none"),
        ConvBlock(16, padding=1),
        ConvBlock(32, padding=1, pool="none"),
        ConvBlock(32, padding=1),
        ConvBlock(48, padding=1, pool="none"),
        ConvBlock(48, padding=1),
    )
)
MLP = NetworkConfig(dense=(75,))


@dataclass(frozen=True)
class Racer:
    """idea: what sets it apart, in a few words. make: a new network from the global generator or a seed."""

    title: str
    idea: str
    make: Callable[[int], nn.Module]


def _seeded(make: Callable[[], nn.Module]) -> Callable[[int], nn.Module]:
    def made(seed: int) -> nn.Module:
        with torch.random.fork_rng(devices=[]):  # leave the global generator as it was
            torch.manual_seed(seed)
            return make()

    return made


RACERS = {
    "mlp": Racer("MLP", "every unit sees every pixel", lambda seed: build(MLP, seed)),
    "lenet5": Racer("LeNet-5", "5 × 5 kernels, tanh, means", lambda seed: build(NETWORKS["lenet5"], seed)),
    "vgg": Racer("Small VGG", "3 × 3 kernels in pairs", lambda seed: build(VGG, seed)),
    "resnet": Racer("Small ResNet", "skip connections", _seeded(small_resnet)),
    "vit": Racer("Small ViT", "patches that attend to each other", _seeded(SmallVit)),
}


@dataclass(frozen=True)
class RaceProgress:
    """One racer after its latest turn. seconds: of its own training so far; digits: seen so far.

    accuracy: on the held-back digits. share: of the whole race that is over, 0 to 1.
    """

    racer: str
    seconds: float
    digits: int
    accuracy: float
    share: float


def race(
    training: Digits,
    held_back: Digits,
    fair: Fair = "seconds",
    budget: float = 5.0,
    names: Sequence[str] = tuple(RACERS),
    seed: int = 0,
    turn: int = TURN,
) -> Iterator[RaceProgress]:
    """Whoever has used least of the budget (seconds, or digits) takes the next turn, until all is used.

    Measuring costs no racer any time. Raises ConfigError.
    """
    unknown = set(names) - set(RACERS)
    if unknown or not names:
        raise ConfigError(f"Choose racers among {', '.join(RACERS)}.")
    if budget <= 0:
        raise ConfigError("A race needs a budget above zero.")
    lanes = [_Lane(name, seed) for name in names]
    images, labels = held_back.images[:, None].float() / 255, held_back.labels.long()  # (N, 1, 28, 28)
    for lane in lanes:
        yield lane.progress(images, labels, 0.0)
    while min(lane.used(fair) for lane in lanes) < budget:
        lane = min(lanes, key=lambda each: each.used(fair))
        lane.turn(training, turn)
        share = sum(min(each.used(fair) / budget, 1.0) for each in lanes) / len(lanes)
        yield lane.progress(images, labels, share)


class _Lane:
    """A racer with its network, its own order of digits and its own clock."""

    def __init__(self, name: str, seed: int):
        self.name, self.seconds, self.digits = name, 0.0, 0
        self.network = RACERS[name].make(seed)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), RATE)
        self.generator = torch.Generator().manual_seed(seed)

    def used(self, fair: Fair) -> float:
        return self.seconds if fair == "seconds" else self.digits

    def turn(self, digits: Digits, steps: int) -> None:
        start = time.perf_counter()
        self.network.train()
        for _ in range(steps):
            chosen = torch.randint(len(digits), (BATCH,), generator=self.generator)
            images = digits.images[chosen][:, None].float() / 255  # (64, 1, 28, 28)
            loss = F.cross_entropy(self.network(images), digits.labels[chosen].long())
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        self.digits += steps * BATCH
        self.seconds += time.perf_counter() - start

    def progress(self, images: Tensor, labels: Tensor, share: float) -> RaceProgress:
        self.network.eval()
        with torch.no_grad():
            right = (self.network(images).argmax(1) == labels).float().mean()
        return RaceProgress(self.name, self.seconds, self.digits, float(right), share)
