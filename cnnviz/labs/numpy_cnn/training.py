"""Training the NumPy network, readable or fast, as an iterator of frozen records.

fit_numpy(config, ...)            yields NumpyProgress; exhaust it, step it, or stop it
read_numpy(parameters, images)   probabilities of any number of images
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from cnnviz.data.mnist import Digits, load_mnist
from cnnviz.errors import ConfigError, check_limits
from cnnviz.labs.numpy_cnn.fast import FastNetwork, Floats
from cnnviz.labs.numpy_cnn.readable import (
    Parameters,
    adam,
    backward,
    cross_entropy,
    forward,
    initial_parameters,
    no_memory,
)

Labels = NDArray[np.integer]
Engine = Literal["fast", "readable"]
TRAIN_SIZE = 12_000
PART = 250  # images read at once
RISE = 0.3  # of the steps, the learning rate rises; then it falls


@dataclass(frozen=True)
class NumpyConfig:
    """One training run. Raises ConfigError when a value is out of range."""

    engine: Engine = "fast"
    epochs: int = 10
    batch_size: int = 64
    learning_rate: float = 8e-3  # the highest: it rises over 30 % of the steps and falls to zero
    seed: int = 0

    def __post_init__(self) -> None:
        limits = {"epochs": (1, 100), "batch_size": (1, 1024), "learning_rate": (1e-6, 1), "seed": (0, 2**31)}
        check_limits(vars(self), limits)
        if self.engine not in get_args(Engine):
            raise ConfigError(f"The engine must be one of {', '.join(get_args(Engine))}.")


@dataclass(frozen=True, eq=False)
class NumpyProgress:
    """Where a run stands after `step` of `steps`; loss, accuracy and speed since the last record."""

    step: int
    steps: int
    epoch: float
    loss: float  # mean cross-entropy, nats
    accuracy: float  # on the training batches
    samples_per_second: float  # of training alone
    test_accuracy: float | None  # after each epoch, else None
    parameters: Parameters  # a copy


class Stepper(Protocol):
    """What both engines can do."""

    def step(self, images: Floats, labels: Labels, rate: float) -> tuple[float, int]: ...
    def parameters(self) -> Parameters: ...


class ReadableNetwork:
    """The functions of numpy_cnn one after another."""

    def __init__(self, parameters: Parameters):
        self._parameters, self._memory = parameters, no_memory(parameters)

    def parameters(self) -> Parameters:
        return dict(self._parameters)

    def step(self, images: Floats, labels: Labels, rate: float) -> tuple[float, int]:
        """One update; returns (mean loss in nats, how many were right)."""
        passed = forward(self._parameters, images)
        gradients, _ = backward(self._parameters, passed, labels)
        self._parameters, self._memory = adam(self._parameters, gradients, self._memory, rate)
        right = int((passed.logits.argmax(1) == labels).sum())
        return cross_entropy(passed.probabilities, labels), right


def start(engine: Engine, parameters: Parameters) -> Stepper:
    return FastNetwork(parameters) if engine == "fast" else ReadableNetwork(parameters)


def fit_numpy(
    config: NumpyConfig, training: Digits, testing: Digits, records_per_epoch: int = 12
) -> Iterator[NumpyProgress]:
    """Train on `training`; yields before the first step, several times an epoch, and after the last.

    Every epoch uses whole batches only, in a new order; all randomness follows from the seed.
    """
    images, labels = as_floats(training), training.labels.numpy().astype(np.int64)
    test_images, test_labels = as_floats(testing), testing.labels.numpy()
    network = start(config.engine, initial_parameters(config.seed))
    generator = np.random.default_rng(config.seed)
    per_epoch = len(labels) // config.batch_size
    if not per_epoch:
        raise ConfigError(f"{len(labels)} digits do not fill one batch of {config.batch_size}.")
    steps, interval = per_epoch * config.epochs, -(-per_epoch // records_per_epoch)

    def record(step: int, loss: float, right: int, count: int, seconds: float) -> NumpyProgress:
        parameters = network.parameters()
        tested = None
        if step % per_epoch == 0:
            read = read_numpy(parameters, test_images).argmax(1)
            tested = float((read == test_labels).mean())
        mean, accuracy = (loss / count, right / count) if count else (float("nan"), float("nan"))
        speed = count / seconds if seconds else 0.0
        return NumpyProgress(step, steps, step / per_epoch, mean, accuracy, speed, tested, parameters)

    yield record(0, 0.0, 0, 0, 0.0)
    loss, right, count, since = 0.0, 0, 0, time.perf_counter()
    for step in range(steps):
        if step % per_epoch == 0:
            order = generator.permutation(len(labels))
        first = step % per_epoch * config.batch_size
        chosen = order[first : first + config.batch_size]
        batch_loss, batch_right = network.step(images[chosen], labels[chosen], rate_at(config, step, steps))
        loss, right, count = loss + batch_loss * len(chosen), right + batch_right, count + len(chosen)
        within = (step + 1) % per_epoch
        if within % interval == 0:  # also 0, the end of an epoch
            yield record(step + 1, loss, right, count, time.perf_counter() - since)
            loss, right, count, since = 0.0, 0, 0, time.perf_counter()


def rate_at(config: NumpyConfig, step: int, steps: int) -> float:
    """A triangle: up over 30 % of the steps, down to zero over the rest."""
    rise = RISE * steps
    return config.learning_rate * min((step + 1) / rise, (steps - step) / (steps - rise))


def as_floats(digits: Digits) -> Floats:
    """Images float32 (N, 28, 28) in [0, 1]."""
    return digits.pixels().numpy()


def training_digits() -> Digits:
    """The first 12,000 of MNIST's training part."""
    return load_mnist().train[:TRAIN_SIZE]


def read_numpy(parameters: Parameters, images: Floats) -> Floats:
    """Probabilities (N, 10) of images (N, 28, 28) in [0, 1]."""
    network = FastNetwork(parameters)
    parts = [images[first : first + PART] for first in range(0, len(images), PART)]
    return np.concatenate([network.probabilities(part) for part in parts])
