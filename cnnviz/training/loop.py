"""Training as an iterator of frozen snapshots.

    fit(config, ...)        yields Progress; exhaust it, step it, or stop it at any time
    Position                what a stopped run needs to go on as if it had never stopped

All randomness of step n follows from (seed, n) alone, so a run repeats exactly on the same
machine with the same number of threads, and can be taken up again at any record.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.data.augmentation import augment
from cnnviz.data.checks import check_digits
from cnnviz.data.mnist import Digits
from cnnviz.errors import ConfigError
from cnnviz.evaluation.metrics import evaluate
from cnnviz.io.pixels import to_floats
from cnnviz.networks.layers import Dropout
from cnnviz.networks.network import CLASSES, WEIGHTED, Network, build, output_shapes, pool_first
from cnnviz.training.config import TrainConfig
from cnnviz.training.schedule import TrainingControl, learning_rate_at
from cnnviz.training.step import in_mixed_precision, training_step
from cnnviz.training.timer import Timer

State = dict[str, Tensor]
Forward = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Best:
    """The best validation so far; of equal ones the first."""

    step: int
    accuracy: float
    waited: int  # validations since then
    state: State  # its weights; empty unless the configuration keeps them


@dataclass(frozen=True, eq=False)
class Position:
    """Where a run can be taken up again: after `step`, with these weights and optimizer values."""

    step: int
    state: State
    optimizer: State  # "conv1.weight/exp_avg" and so on
    best: Best | None = None


@dataclass(frozen=True, eq=False)
class Progress:
    """Where a run stands after `step` of `steps`; figures over the steps since the last record."""

    step: int
    steps: int
    epoch: float  # passes over the training part so far
    loss: float  # mean cross-entropy, nats
    accuracy: float  # on the (augmented) training batches
    learning_rate: float  # of the next step
    gradient_norms: dict[str, float]  # L2 norm of each layer's gradient on the latest batch
    steps_per_second: float
    images_per_second: float
    validation_loss: float | None  # None between validations
    validation_accuracy: float | None
    confusion: list[list[int]] | None  # validation digits: [true][read as]
    best: Best | None  # None before the first validation
    ended_early: bool  # this is the last record, because patience ran out
    state: State  # a copy of the weights; in the last record of a run that keeps the best, those
    optimizer: State  # a copy of what the optimizer remembers, see Position

    @property
    def last(self) -> bool:
        return self.ended_early or self.step == self.steps

    def figures(self) -> dict[str, Any]:
        """All but the tensors, ready for JSON."""
        figures = {name: value for name, value in vars(self).items() if name not in _TENSORS}
        return figures | {"best_step": self.best.step if self.best else None}

    def position(self) -> Position:
        return Position(self.step, self.state, self.optimizer, self.best)


_TENSORS = ("state", "optimizer", "best")


def fit(
    config: TrainConfig,
    training: Digits,
    validation: Digits,
    records: int = 300,
    resume: Position | None = None,
    control: TrainingControl | None = None,
) -> Iterator[Progress]:
    """Train a new network; yields about `records` times, first before any step.

    The network is the run's own; each Progress carries a copy of its weights. With `resume` the
    same run goes on after that position, and ends with the very weights it would have had, given
    the same changes at the same steps. `control` is asked after each step and may change the rate.

    Digits hold uint8 or floats in [0, 1]; without validation digits nothing is validated. All is checked
    before the first record. Raises DataError for digits that do not fit, ConfigError for settings.
    """
    if not isinstance(config, TrainConfig):
        raise ConfigError(f"A TrainConfig says how to train; this is {type(config).__name__}.")
    if not (isinstance(records, int) and records >= 1):
        raise ConfigError(f"There is at least one record, not {records}.")
    training = check_digits(training, "training", CLASSES)
    validation = check_digits(validation, "validation", CLASSES, empty=True)
    check_batches(config, len(training))
    run = _Run(config, training, validation, control or TrainingControl(), resume)
    return _records(run, records, resume is None)


def check_batches(config: TrainConfig, digits: int) -> None:
    """Raises ConfigError when a batch would hold one digit and a layer compares digits with each other.

    Batch normalization does so, where its maps have one cell only.
    """
    size = config.batch_size
    if 1 not in (size, digits % size):
        return
    with torch.device("meta"):  # only the layers' kinds are wanted
        network = Network(config.network)
    for name, shape in output_shapes(config.network).items():
        inside = network.get_submodule(name).modules()
        if shape[1:] == (1, 1) and any(isinstance(module, nn.BatchNorm2d) for module in inside):
            raise ConfigError(
                f"{name} normalizes each map over a batch, its maps have one cell, and of {digits:,} digits "
                f"in batches of {size:,} one batch holds a single digit: choose another batch size."
            )


def _records(run: "_Run", records: int, anew: bool) -> Iterator[Progress]:
    interval = max(1, run.steps // records)
    validate_every = max(1, min(run.per_epoch, run.steps // 10))
    if anew:
        yield run.record(validate=True)
    while not run.ended:
        run.advance()
        asked = run.control.look(run.step)
        validate = run.step % validate_every == 0 or run.step == run.steps
        if asked or validate or run.step % interval == 0:
            yield run.record(validate)


class _Run:
    """The network, its optimizer, and what has been counted since the last record."""

    def __init__(
        self,
        config: TrainConfig,
        training: Digits,
        validation: Digits,
        control: TrainingControl,
        resume: Position | None,
    ):
        self.config = config
        self.training = training
        self.validation = validation
        self.control = control
        self.network = build(config.network, config.seed).to(memory_format=torch.channels_last)
        quick: Forward = pool_first(self.network)  # the same layers
        self._forward = in_mixed_precision(quick) if config.precision == "bfloat16" else quick
        self._loss_of = partial(F.cross_entropy, label_smoothing=config.label_smoothing)
        self.generator = _own_generator(self.network)
        self.optimizer = _optimizer(config, self.network)
        self.per_epoch = -(-len(training) // config.batch_size)
        self.steps = self.per_epoch * config.epochs
        self.step = 0
        self.best: Best | None = None
        if resume:
            self.step, self.best = resume.step, resume.best
            _take_up(resume, self.network, self.optimizer)
        self._order: tuple[int, Tensor] | None = None
        self._start_counting()

    @property
    def ended(self) -> bool:
        return self.step >= self.steps or self.ended_early

    @property
    def ended_early(self) -> bool:
        patience = self.config.patience
        return self.step < self.steps and bool(patience and self.best and self.best.waited >= patience)

    def advance(self) -> None:
        """One update."""
        images, labels = self._batch()
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        self.network.train()
        loss, logits = training_step(self._forward, self.optimizer, images, labels, self._loss_of)
        right = (logits.argmax(1) == labels).sum()
        self._sums += torch.stack([loss * len(labels), right, torch.tensor(len(labels))])
        self._counted += 1
        self.step += 1

    def record(self, validate: bool) -> Progress:
        """How things stand; counting begins anew after it."""
        elapsed = self._watch.lap()
        report = None
        if validate and len(self.validation):
            report = evaluate(self.network, self.validation.images, self.validation.labels)
            self._judge(report.accuracy)
        loss, right, count = self._sums.tolist()
        progress = Progress(
            step=self.step,
            steps=self.steps,
            epoch=self.step / self.per_epoch,
            loss=loss / max(count, 1),
            accuracy=right / max(count, 1),
            learning_rate=self._rate(),
            gradient_norms=gradient_norms(self.network),
            steps_per_second=self._counted / elapsed if elapsed else 0.0,
            images_per_second=count / elapsed if elapsed else 0.0,
            validation_loss=report.loss if report else None,
            validation_accuracy=report.accuracy if report else None,
            confusion=report.confusion.tolist() if report else None,
            best=self.best,
            ended_early=self.ended_early,
            state=self._state(),
            optimizer=_memory(self.network, self.optimizer),
        )
        self._start_counting()
        return progress

    def _start_counting(self) -> None:
        self._sums, self._counted, self._watch = torch.zeros(3), 0, Timer()  # loss, right, digits

    def _rate(self) -> float:
        return self.control.rate(self.step, learning_rate_at(self.config, self.step, self.steps))

    def _state(self) -> State:
        if self.ended and self.config.keep_best and self.best:
            return _copy(self.best.state)
        return _copy(self.network.state_dict())

    def _judge(self, accuracy: float) -> None:
        """Note whether this validation is the best so far."""
        if self.best and accuracy <= self.best.accuracy:
            self.best = replace(self.best, waited=self.best.waited + 1)
        else:
            kept = _copy(self.network.state_dict()) if self.config.keep_best else {}
            self.best = Best(self.step, accuracy, 0, kept)

    def _batch(self) -> tuple[Tensor, Tensor]:
        """The next batch, a function of (seed, step): float32 (B, 1, 28, 28), int64 (B,)."""
        epoch, position = divmod(self.step, self.per_epoch)
        size, seed = self.config.batch_size, self.config.seed
        chosen = self._order_of(epoch)[position * size : (position + 1) * size]
        self.generator.manual_seed((seed + 1) * 1_000_003 + 1_000 + self.step)
        images = to_floats(self.training.images[chosen]).unsqueeze(1)  # (B, 1, 28, 28)
        if self.config.augmentation:
            images = augment(images, self.config.augmentation, self.generator)
        return images.contiguous(memory_format=torch.channels_last), self.training.labels[chosen].long()

    def _order_of(self, epoch: int) -> Tensor:
        """The order of the training digits in one epoch; kept, because it takes a while to shuffle."""
        if self._order is None or self._order[0] != epoch:
            self.generator.manual_seed(self.config.seed * 1_000_003 + epoch)
            self._order = epoch, torch.randperm(len(self.training), generator=self.generator)
        return self._order[1]


def gradient_norms(network: Network) -> dict[str, float]:
    """L2 norm of the latest gradient of each convolution, block and dense layer, all its weights together.

    Empty before the first step. The optimizer leaves the gradients in place until the next step,
    so that reading them here costs the steps between records nothing.
    """
    norms = {}
    for name, module in network.named_children():
        if not isinstance(module, WEIGHTED):
            continue
        gradients = [parameter.grad for parameter in module.parameters() if parameter.grad is not None]
        if gradients:
            norms[name] = float(torch.nn.utils.get_total_norm(gradients))
    return norms


def _copy(state: State) -> State:
    return {name: tensor.detach().clone() for name, tensor in state.items()}


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


def _memory(network: Network, optimizer: torch.optim.Optimizer) -> State:
    """A copy of what the optimizer remembers of each parameter."""
    return {
        f"{name}/{kind}": value.clone()
        for name, parameter in network.named_parameters()
        for kind, value in optimizer.state[parameter].items()
    }


def _take_up(position: Position, network: Network, optimizer: torch.optim.Optimizer) -> None:
    """Put weights and optimizer back where they were."""
    parameters = dict(network.named_parameters())
    try:
        network.load_state_dict(position.state)
        for key, value in position.optimizer.items():
            name, kind = key.split("/")
            own = parameters[name]
            # The fused optimizers walk raw memory: the values must lie in it as the parameter's do.
            place = torch.empty_like(own) if value.shape == own.shape else value.clone()
            optimizer.state[own][kind] = place.copy_(value)
    except (RuntimeError, KeyError, ValueError) as error:
        raise ConfigError("The position to go on from is one of another network or optimizer.") from error
