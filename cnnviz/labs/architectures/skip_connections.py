"""Why depth needed skip connections: the gradient's way through twenty layers, measured.

    DeepNetwork(depth, skip)        the same convolutions, with or without y = F(x) + x
    gradient_norms(network, ...)    how much of the loss's gradient reaches each layer
    train_pair(...)                 -> Iterator of PairProgress: both, on the same batches

After He, Zhang, Ren, Sun: Deep residual learning for image recognition (2015).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.data.checks import check_digits
from cnnviz.data.mnist import Digits
from cnnviz.errors import ConfigError
from cnnviz.evaluation.metrics import accuracy
from cnnviz.networks.network import CLASSES
from cnnviz.training.step import training_step

DEPTHS = (4, 10, 20, 40)
WIDTH = 8


class DeepNetwork(nn.Module):
    """`depth` 3 × 3 convolutions of 8 maps on 14 × 14, then a dense layer; no normalization.

    Equal seeds give equal weights with and without skip connections.
    """

    def __init__(self, depth: int, skip: bool, seed: int = 0):
        super().__init__()
        if not 1 <= depth <= 100:
            raise ConfigError("A depth from 1 to 100, please.")
        self.skip = skip
        self.first = nn.Conv2d(1, WIDTH, 3, stride=2, padding=1)
        self.blocks = nn.ModuleList(nn.Conv2d(WIDTH, WIDTH, 3, padding=1) for _ in range(depth))
        self.logits = nn.Linear(WIDTH * 7 * 7, CLASSES)
        generator = torch.Generator().manual_seed(seed)
        for parameter in self.parameters():
            bound = parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.0
            nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def forward(self, images: Tensor) -> Tensor:
        """(N, 28, 28) in [0, 1] -> (N, 10)"""
        x = F.relu(self.first(images[:, None]))  # (N, 8, 14, 14)
        for block in self.blocks:
            x = F.relu(block(x) + x) if self.skip else F.relu(block(x))
        result: Tensor = self.logits(F.avg_pool2d(x, 2).flatten(1))  # (N, 8 * 7 * 7) -> (N, 10)
        return result


@dataclass(frozen=True, eq=False)
class PairProgress:
    """Where both stand after `step` of `steps`: loss in nats and accuracy on the held-back digits.

    norms: of the gradient at each layer, from the first on. Each by "plain" and "skip".
    """

    step: int
    steps: int
    loss: dict[str, float]
    accuracy: dict[str, float]
    norms: dict[str, list[float]]


def gradient_norms(network: DeepNetwork, images: Tensor, labels: Tensor) -> list[float]:
    """The length of the loss's gradient with respect to each convolution's weights, first to last."""
    weights = [parameter for parameter in network.parameters() if parameter.ndim == 4]
    loss = F.cross_entropy(network(images), labels)
    return [float(gradient.norm()) for gradient in torch.autograd.grad(loss, weights)]


def train_pair(
    depth: int, training: Digits, held_back: Digits, steps: int = 200, every: int = 20, seed: int = 0
) -> Iterator[PairProgress]:
    """Adam at 1e-3 on batches of 64, the same for both; the first record before any step.

    Raises ConfigError for a depth, steps or a pace that cannot be, DataError for digits that are none.
    """
    if not (steps >= 0 and every >= 1):
        raise ConfigError("A training has 0 steps or more, and a record every 1 or more of them.")
    training = check_digits(training, "training", CLASSES)
    held_back = check_digits(held_back, "held-back", CLASSES)
    pair = {"plain": DeepNetwork(depth, False, seed), "skip": DeepNetwork(depth, True, seed)}
    optimizers = {name: torch.optim.Adam(network.parameters(), 1e-3) for name, network in pair.items()}
    return _steps(pair, optimizers, training, held_back, steps, every, seed)


def _steps(
    pair: dict[str, DeepNetwork],
    optimizers: dict[str, torch.optim.Adam],
    training: Digits,
    held_back: Digits,
    steps: int,
    every: int,
    seed: int,
) -> Iterator[PairProgress]:
    generator = torch.Generator().manual_seed(seed)
    for step in range(steps + 1):
        if step % every == 0:
            yield _progress(pair, held_back, step, steps)
        if step < steps:
            chosen = torch.randint(len(training), (64,), generator=generator)
            images, labels = training[chosen].pixels(), training.labels[chosen].long()
            for name, network in pair.items():
                training_step(network, optimizers[name], images, labels)


def _progress(pair: dict[str, DeepNetwork], digits: Digits, step: int, steps: int) -> PairProgress:
    images, labels = digits.pixels(), digits.labels
    with torch.no_grad():
        logits = {name: network(images) for name, network in pair.items()}
    return PairProgress(
        step,
        steps,
        {name: float(F.cross_entropy(values, labels)) for name, values in logits.items()},
        {name: accuracy(values, labels) for name, values in logits.items()},
        {name: gradient_norms(network, images[:128], labels[:128]) for name, network in pair.items()},
    )
