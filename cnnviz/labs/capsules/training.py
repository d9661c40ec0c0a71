"""Training the capsule network, and the file it is kept in.

fit_capsules(config, training, validation)   an iterator of frozen records, as training.fit
train_capsules(path, config)                 what made models/capsules/capsules.safetensors
load_capsules(path)                          eval mode, frozen
"""

import json
import platform
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from cnnviz.data.augmentation import Augmentation, augment
from cnnviz.data.checks import check_digits, check_images
from cnnviz.data.mnist import Digits, batches, load_mnist, split
from cnnviz.errors import CheckpointError, check_limits
from cnnviz.evaluation.metrics import accuracy
from cnnviz.io.assets import MODELS, SHA256
from cnnviz.io.atomic import write_atomically
from cnnviz.io.pixels import to_floats
from cnnviz.labs.capsules.network import CapsuleNetwork, Capsules, build_capsules, margin_loss
from cnnviz.networks.network import CLASSES, SIZE, evaluated
from cnnviz.numbers import percent
from cnnviz.training.step import training_step

CAPSULES = MODELS / "capsules" / "capsules.safetensors"  # not among the ordinary models


@dataclass(frozen=True)
class CapsuleConfig:
    """One training run. Raises ConfigError when a value is out of range."""

    epochs: int = 10
    batch_size: int = 64
    learning_rate: float = 3e-3  # the highest of one cycle (Smith 2018)
    shift: float = 2.0  # augmentation, pixels each direction
    reconstruction: float = 0.0005  # weight of one pixel's squared error, as in the paper
    validation_size: int = 5_000
    seed: int = 0

    def __post_init__(self) -> None:
        limits = {
            "epochs": (1, 100),
            "batch_size": (1, 2048),
            "learning_rate": (1e-6, 1),
            "shift": (0.0, 6),
            "reconstruction": (0.0, 1),
            "validation_size": (0, 30_000),
            "seed": (0, 2**31 - 1),
        }
        check_limits(vars(self), limits)


@dataclass(frozen=True, eq=False)
class CapsuleProgress:
    """Where a run stands after `step` of `steps`; loss and accuracy over the epoch's batches."""

    step: int
    steps: int
    loss: float
    accuracy: float
    validation_accuracy: float
    state: dict[str, Tensor]  # a copy of the weights


def fit_capsules(config: CapsuleConfig, training: Digits, validation: Digits) -> Iterator[CapsuleProgress]:
    """Train a new network; one record an epoch. All randomness follows from the seed. Raises DataError."""
    training = check_digits(training, "training", CLASSES)
    return _epochs(config, training, check_digits(validation, "validation", CLASSES, empty=True))


def _epochs(config: CapsuleConfig, training: Digits, validation: Digits) -> Iterator[CapsuleProgress]:
    network = build_capsules(config.seed)
    optimizer = torch.optim.Adam(network.parameters(), config.learning_rate, fused=True)
    per_epoch = -(-len(training) // config.batch_size)
    steps = per_epoch * config.epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, config.learning_rate, steps)
    generator = torch.Generator().manual_seed(config.seed)
    moved = Augmentation(shift=config.shift)
    for epoch in range(1, config.epochs + 1):
        network.train()
        loss_sum = right = 0.0
        for images, labels in batches(training, config.batch_size, generator):
            images = augment(images, moved, generator)
            loss_of = partial(_loss, network, images, config.reconstruction)
            loss, capsules = training_step(network, optimizer, images, labels, loss_of)
            schedule.step()
            loss_sum += float(loss) * len(labels)
            right += int((capsules.lengths.argmax(1) == labels).sum())
        measured = capsule_accuracy(network, validation) if len(validation) else 0.0
        state = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
        count = len(training)
        yield CapsuleProgress(epoch * per_epoch, steps, loss_sum / count, right / count, measured, state)


def _loss(
    network: CapsuleNetwork, images: Tensor, reconstruction: float, capsules: Capsules, labels: Tensor
) -> Tensor:
    """Of a batch (B, 1, 28, 28): the lengths' margins, and the error of what the poses draw."""
    drawn = network.decode(capsules.poses, labels)  # (B, 28, 28)
    error = (drawn - images[:, 0]).square().sum((1, 2)).mean()
    return margin_loss(capsules.lengths, labels) + reconstruction * error


def read_capsules(network: CapsuleNetwork, images: Tensor) -> tuple[Tensor, Tensor]:
    """Lengths (N, 10) and poses (N, 10, 16) of images (N, 28, 28), uint8 or floats in [0, 1]; eval mode."""
    network = evaluated(network, CapsuleNetwork)
    images = check_images(images).reshape(-1, 1, SIZE, SIZE)  # (N, 1, 28, 28)
    with torch.no_grad():
        read = [network(to_floats(part)) for part in images.split(100)]
    return torch.cat([each.lengths for each in read]), torch.cat([each.poses for each in read])


def capsule_accuracy(network: CapsuleNetwork, digits: Digits) -> float:
    lengths, _ = read_capsules(network, digits.images)
    return accuracy(lengths, digits.labels)


def train_capsules(path: Path, config: CapsuleConfig) -> dict[str, Any]:
    """Train, measure once on the test set, save weights and card; returns the card."""
    start = time.perf_counter()
    training, validation = split(load_mnist().train, config.validation_size, config.seed)
    last = None
    for last in fit_capsules(config, training, validation):
        print(
            f"step {last.step}/{last.steps}  loss {last.loss:.4f}  training {percent(last.accuracy, 2)}  "
            f"validation {percent(last.validation_accuracy, 2)}",
            flush=True,
        )
    assert last is not None
    network = build_capsules(config.seed)
    network.load_state_dict(last.state)
    card = {
        "name": "capsules",
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "test": capsule_figures(network),
        "seed": config.seed,
        "training": asdict(config),
        "data": SHA256["mnist.npz"],
        "seconds": round(time.perf_counter() - start, 1),
        "machine": f"{platform.machine()}, torch {torch.__version__}, {torch.get_num_threads()} threads",
        "rebuild": f"python -m cnnviz train-capsules --seed {config.seed} --epochs {config.epochs}",
    }
    write_atomically(path, safetensors.torch.save(network.state_dict()))
    write_atomically(path.with_suffix(".json"), (json.dumps(card, indent=2) + "\n").encode())
    return card


def capsule_figures(network: CapsuleNetwork) -> dict[str, Any]:
    """Accuracy on MNIST's test digits, and how far redrawn pixels are off (root of the mean square)."""
    digits = load_mnist().test
    lengths, poses = read_capsules(network, digits.images)
    with torch.no_grad():
        drawn = network.decode(poses, lengths.argmax(1))  # (10000, 28, 28)
    return {
        "n": len(digits),
        "accuracy": round(accuracy(lengths, digits.labels), 5),
        "redrawn_rms": round(float((drawn - digits.pixels()).square().mean().sqrt()), 4),
    }


def load_capsules(path: Path = CAPSULES) -> CapsuleNetwork:
    """A kept capsule network, eval mode, frozen. Raises CheckpointError."""
    network = CapsuleNetwork()
    try:
        network.load_state_dict(safetensors.torch.load_file(path))
    except (OSError, RuntimeError, safetensors.SafetensorError) as error:
        raise CheckpointError(
            f"The capsule network {path.name} is missing or damaged; "
            "train it again with `python -m cnnviz train-capsules`."
        ) from error
    return network.eval().requires_grad_(False)
