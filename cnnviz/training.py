"""Training as an iterator of frozen snapshots.

    fit(config, ...)        yields Progress; exhaust it, step it, or stop it at any time
    Position                what a stopped run needs to go on as if it had never stopped

All randomness of step n follows from (seed, n) alone, so a run repeats exactly on the same
machine with the same number of threads, and can be taken up again at any record.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.augmentation import augment
from cnnviz.data import Digits, load_mnist, split
from cnnviz.evaluation import evaluate
from cnnviz.networks import Dropout, Network, build
from cnnviz.pen import pen_training_digits
from cnnviz.train_config import TrainConfig, learning_rate_at


@dataclass(frozen=True, eq=False)
class Position:
    """Where a run can be taken up again: after `step`, with these weights and optimiser values."""

    step: int
    state: dict[str, Tensor]
    optimizer: dict[str, Tensor]  # "conv1.weight/exp_avg" and so on


@dataclass(frozen=True, eq=False)
class Progress:
    """Where a run stands after `step` of `steps`; figures over the steps since the last record."""

    step: int
    steps: int
    epoch: float  # passes over the training part so far
    loss: float  # mean cross-entropy, nats
    accuracy: float  # on the (augmented) training batches
    learning_rate: float
    images_per_second: float
    validation_loss: float | None  # None between validations
    validation_accuracy: float | None
    state: dict[str, Tensor]  # a copy of the weights
    optimizer: dict[str, Tensor]  # a copy of what the optimiser remembers, see Position

    def figures(self) -> dict[str, Any]:
        """All but the tensors, ready for JSON."""
        return {name: value for name, value in vars(self).items() if name not in ("state", "optimizer")}

    def position(self) -> Position:
        return Position(self.step, self.state, self.optimizer)


def load_parts(config: TrainConfig) -> tuple[Digits, Digits]:
    """(training, validation) parts the config asks for; validation is MNIST only."""
    chosen, _ = split(load_mnist().train, 60_000 - config.train_size, config.seed)
    training, validation = split(chosen, config.validation_size, config.seed + 1)
    if config.data == "mnist+pen":
        pen = pen_training_digits(config.seed)
        training = Digits(torch.cat([training.images, pen.images]), torch.cat([training.labels, pen.labels]))
    return training, validation


def fit(
    config: TrainConfig,
    training: Digits,
    validation: Digits,
    records: int = 300,
    resume: Position | None = None,
) -> Iterator[Progress]:
    """Train a new network; yields about `records` times, first before any step.

    The network is the run's own; each Progress carries a copy of its weights. With `resume` the
    same run goes on after that position, and ends with the very weights it would have had.
    """
    network = build(config.network, config.seed).to(memory_format=torch.channels_last)
    generator = _own_generator(network)
    optimizer = _optimizer(config, network)
    per_epoch = -(-len(training) // config.batch_size)
    steps = per_epoch * config.epochs
    interval = max(1, steps // records)
    validate_every = max(1, min(per_epoch, steps // 10))
    sums, since = torch.zeros(3), time.perf_counter()  # loss, right, digits since the last record
    first = 0
    if resume:
        first = _take_up(resume, network, optimizer)
    else:
        yield _progress(config, network, optimizer, validation, 0, steps, per_epoch, sums, 0.0, validate=True)
    for step in range(first, steps):
        images, labels = _batch(config, training, step, per_epoch, generator)
        rate = learning_rate_at(config, step, steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        sums += _step(network, optimizer, images, labels, config.label_smoothing)
        done = step + 1
        last = done == steps
        if done % interval == 0 or done % validate_every == 0 or last:
            validate = done % validate_every == 0 or last
            elapsed = time.perf_counter() - since
            yield _progress(
                config, network, optimizer, validation, done, steps, per_epoch, sums, elapsed, validate
            )
            sums, since = torch.zeros(3), time.perf_counter()


def _own_generator(network: Network) -> torch.Generator:
    """One generator for augmentation and dropout, so that the global one is left alone."""
    generator = torch.Generator()
    for module in network:
        if isinstance(module, Dropout):
            module.generator = generator
    return generator


def _optimizer(config: TrainConfig, network: Network) -> torch.optim.Optimizer:
    parameters = network.parameters()
    if config.optimizer in ("sgd", "momentum"):
        momentum = config.momentum if config.optimizer == "momentum" else 0.0
        return torch.optim.SGD(
            parameters, config.learning_rate, momentum=momentum, weight_decay=config.weight_decay, fused=True
        )
    # Short one-cycle runs want the gradient's memory short as well.
    betas = (0.7, 0.9) if config.schedule == "one_cycle" else (0.9, 0.999)
    kind = torch.optim.Adam if config.optimizer == "adam" else torch.optim.AdamW
    return kind(parameters, config.learning_rate, betas=betas, weight_decay=config.weight_decay, fused=True)


def _batch(
    config: TrainConfig, digits: Digits, step: int, per_epoch: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Batch of step n, a function of (seed, n): float32 (B, 1, 28, 28), int64 (B,)."""
    epoch, position = divmod(step, per_epoch)
    generator.manual_seed(config.seed * 1_000_003 + epoch)
    order = torch.randperm(len(digits), generator=generator)
    chosen = order[position * config.batch_size : (position + 1) * config.batch_size]
    generator.manual_seed((config.seed + 1) * 1_000_003 + 1_000 + step)
    images = digits.images[chosen].unsqueeze(1).float() / 255  # (B, 1, 28, 28)
    if config.augmentation:
        images = augment(images, config.augmentation, generator)
    return images.contiguous(memory_format=torch.channels_last), digits.labels[chosen].long()


def _step(
    network: Network, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor, smoothing: float
) -> Tensor:
    """One update; returns (sum of losses, digits right, digits)."""
    network.train()
    logits = network(images)
    loss = F.cross_entropy(logits, labels, label_smoothing=smoothing)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    right = (logits.argmax(1) == labels).sum()
    return torch.stack([loss.detach() * len(labels), right, torch.tensor(len(labels))])


def _progress(
    config: TrainConfig,
    network: Network,
    optimizer: torch.optim.Optimizer,
    validation: Digits,
    step: int,
    steps: int,
    per_epoch: int,
    sums: Tensor,
    elapsed: float,
    validate: bool,
) -> Progress:
    loss, right, count = sums.tolist()
    report = evaluate(network, validation.images, validation.labels) if validate and len(validation) else None
    return Progress(
        step=step,
        steps=steps,
        epoch=step / per_epoch,
        loss=loss / max(count, 1),
        accuracy=right / max(count, 1),
        learning_rate=learning_rate_at(config, step, steps),
        images_per_second=count / elapsed if elapsed else 0.0,
        validation_loss=report.loss if report else None,
        validation_accuracy=report.accuracy if report else None,
        state={name: tensor.detach().clone() for name, tensor in network.state_dict().items()},
        optimizer=_memory(network, optimizer),
    )


def _memory(network: Network, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """A copy of what the optimiser remembers of each parameter."""
    return {
        f"{name}/{kind}": value.clone()
        for name, parameter in network.named_parameters()
        for kind, value in optimizer.state[parameter].items()
    }


def _take_up(position: Position, network: Network, optimizer: torch.optim.Optimizer) -> int:
    """Put weights and optimiser back where they were; returns the step they were at."""
    network.load_state_dict(position.state)
    parameters = dict(network.named_parameters())
    for key, value in position.optimizer.items():
        name, kind = key.split("/")
        # The fused optimisers walk raw memory: the values must lie in it as the parameter's do.
        place = torch.empty_like(parameters[name]) if value.shape == parameters[name].shape else value.clone()
        optimizer.state[parameters[name]][kind] = place.copy_(value)
    return position.step
