"""The digits a configuration trains and validates on."""

import torch

from cnnviz.data.mnist import Digits, load_mnist, split
from cnnviz.data.pen_digits import pen_training_digits
from cnnviz.errors import ConfigError
from cnnviz.training.config import TrainConfig


def load_parts(config: TrainConfig) -> tuple[Digits, Digits]:
    """(training, validation) parts the config asks for; validation is MNIST only, and whole."""
    chosen, _ = split(load_mnist().train, 60_000 - config.train_size, config.seed)
    training, validation = split(chosen, config.validation_size, config.seed + 1)
    return completed(config, training), validation


def completed(config: TrainConfig, training: Digits) -> Digits:
    """A training part as the config wants it: pen drawings added, each digit's share kept."""
    if config.data == "mnist+pen":
        pen = pen_training_digits(config.seed, config.pen_variants)
        training = Digits(torch.cat([training.images, pen.images]), torch.cat([training.labels, pen.labels]))
    return _with_shares(training, config.class_shares, config.seed)


def _with_shares(digits: Digits, shares: tuple[float, ...], seed: int) -> Digits:
    """The share of each digit's pictures, at least one unless it is 0, chosen by the seed, in order."""
    if all(share == 1 for share in shares):
        return digits
    generator = torch.Generator().manual_seed(seed)
    kept = []
    for digit, share in enumerate(shares):
        places = torch.nonzero(digits.labels == digit).flatten()  # (n,)
        order = torch.randperm(len(places), generator=generator)
        kept.append(places[order[: max(round(share * len(places)), share > 0)]])
    chosen = torch.cat(kept).sort().values
    if not len(chosen):
        raise ConfigError("These class shares leave no digit to train on; raise one.")
    return Digits(digits.images[chosen], digits.labels[chosen])
