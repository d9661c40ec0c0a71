"""The one loop behind maximized images and dreams: change a picture until the network is excited.

    maximize(model, objective, ...)   -> Iterator[Frame]
    last(frames)                      the last frame, the others thrown away

    for frame in maximize(model, channel("conv2", range(64))):
        frame.images, frame.values

Start image × objective × transforms × step rule. Gradients are taken with respect to the picture
alone, by torch.autograd.grad; nothing is ever accumulated in the model. In eval mode and with
transforms that are the same for all pictures of a step, each picture goes its own way: a batch
gives what its pictures give one by one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from cnnviz.errors import ConfigError
from cnnviz.feature_visualization.fused_model import fused_copy
from cnnviz.feature_visualization.objectives import Look, Objective, evaluate_objective, features
from cnnviz.feature_visualization.parameterization import Decode, Fourier, ImageParameters, Pixels, Size
from cnnviz.feature_visualization.regularizers import Regularizer
from cnnviz.feature_visualization.transforms import Disturb, Transform, crop_middle
from cnnviz.networks.network import SIZE, evaluated

DIGIT: Size = (1, SIZE, SIZE)
STEPS_LIMIT = 4096
PORTION = 16  # pictures run together
RESCALING = 8  # how often a start that leaves the network cold is made twice as loud
ANSWERING = 0.9  # of the pixels that matter to the objective when the start is loudest
LOUDER = 2.0  # than what woke it
Change = Callable[[Tensor], Tensor]  # gradient -> what to add to the values


@dataclass(frozen=True, eq=False)
class Frame:
    """A moment of the ascent.

    step: 0 (the start) to steps. images: float32 (N, C, H, W) in [0, 1].
    values: (N,), the objective for these very pictures, undisturbed and without charges.
    dead: bool (N,), pictures whose gradient was zero at every step so far: nothing to climb.
    """

    step: int
    steps: int
    images: Tensor
    values: Tensor
    dead: Tensor

    @property
    def last(self) -> bool:
        return self.step == self.steps


class Rule(Protocol):
    def begin(self, values: Tensor) -> Change:
        """A function with its own memory: gradient -> change, both shaped like the values."""


@dataclass(frozen=True)
class Adam:
    """Kingma and Ba 2015. Works on each number by itself, so pictures of a batch do not mix."""

    rate: float = 0.05
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8

    def begin(self, values: Tensor) -> Change:
        mean, square = torch.zeros_like(values), torch.zeros_like(values)
        first, second = self.betas
        step = 0

        def change(gradient: Tensor) -> Tensor:
            nonlocal step
            step += 1
            mean.lerp_(gradient, 1 - first)
            square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
            size = (square / (1 - second**step)).sqrt_().add_(self.epsilon)
            return mean / size * (self.rate / (1 - first**step))

        return change


@dataclass(frozen=True)
class NormalizedStep:
    """rate × gradient / mean |gradient| of each picture: DeepDream's steps, always equally large."""

    rate: float = 1.5 / 255

    def begin(self, values: Tensor) -> Change:
        others = tuple(range(1, values.ndim))

        def change(gradient: Tensor) -> Tensor:
            size = gradient.abs().mean(others, keepdim=True)
            return gradient * (self.rate / size.clamp(min=1e-12))

        return change


@dataclass(frozen=True)
class AnnealedStep:
    """Steps like NormalizedStep's that shrink to nothing, with momentum.

    The best pictures have pixels at 0 and 1; large steps find out which, small ones settle the rest.
    """

    rate: float = 0.13
    steps: int = 56
    momentum: float = 0.7

    def begin(self, values: Tensor) -> Change:
        direction = torch.zeros_like(values)
        others = tuple(range(1, values.ndim))
        step = 0

        def normalize(change: Tensor) -> Tensor:
            """Over the mean size of those that are not zero: a cell does not see the whole picture."""
            seen = (change != 0).sum(others, keepdim=True).clamp(min=1)
            return change / (change.abs().sum(others, keepdim=True) / seen).clamp(min=1e-12)

        def change(gradient: Tensor) -> Tensor:
            nonlocal step
            step += 1
            direction.mul_(self.momentum).add_(normalize(gradient))
            rate = self.rate * max(0.0, 1 - step / (self.steps + 1))
            return rate * normalize(direction)

        return change


def maximize(
    model: nn.Module,
    objective: Objective,
    *,
    images: ImageParameters | None = None,
    transforms: Sequence[Transform] = (),
    regularizers: Sequence[Regularizer] = (),
    rule: Rule | None = None,
    steps: int = 128,
    every: int = 8,
    seed: int | Sequence[int] = 0,
    size: Size = DIGIT,
    look: Look = features,
) -> Iterator[Frame]:
    """Frames of step 0, every, 2 * every, ... and the last, each with pictures of its own.

    images: how pictures are written and started (default Fourier()); rule: default Adam().
    seed: of the start, one for all pictures or one each; it fixes everything that is random.
    look: runs the model as far as needed; the default takes models that are sequences of layers.
    The model is run in evaluation mode and left as it is. Settings are checked before the first frame.
    Raises ConfigError, NetworkError.
    """
    model = evaluated(model)
    if not isinstance(objective, Objective):
        raise ConfigError(f"An objective is needed, such as channel('conv2', 3), not {objective!r}.")
    whole = all(isinstance(number, int) for number in (steps, every, *size))
    if not (whole and 0 <= steps <= STEPS_LIMIT and every >= 1):
        raise ConfigError(f"Steps are 0 to {STEPS_LIMIT:,}, with a frame every 1 or more of them.")
    if len(size) != 3 or min(size) < 1:
        raise ConfigError(f"A picture's size is (channels, height, width), not {tuple(size)}.")
    seeds = _seeds(seed, objective.count)
    images = images or Fourier()
    values, decode = images.begin(seeds, size)
    if look is features:
        model = fused_copy(model)
    run = _Run(model, objective, decode, tuple(transforms), tuple(regularizers), size, look)
    wake = isinstance(images, Pixels | Fourier)  # these begin with noise
    return _frames(run, values, (rule or Adam()).begin(values), steps, every, wake)


def last(frames: Iterable[Frame]) -> Frame:
    """The last frame."""
    frame = None
    for frame in frames:  # noqa: B007 - only the last one counts
        pass
    if frame is None:
        raise ConfigError("There were no frames.")
    return frame


@dataclass(frozen=True, eq=False)
class _Run:
    """Everything that stays the same during one ascent."""

    model: nn.Module
    objective: Objective
    decode: Decode
    transforms: tuple[Transform, ...]
    regularizers: tuple[Regularizer, ...]
    size: Size
    look: Look

    def parts(self, count: int) -> list[slice]:
        """The batch in portions that fit the processor's cache; one, if the pictures are coupled."""
        size = count if self.objective.coupled else PORTION
        return [slice(start, min(start + size, count)) for start in range(0, count, size)]

    def score(self, images: Tensor, rows: slice) -> Tensor:
        return evaluate_objective(self.model, self.objective, images, self.look, rows)

    def gradient(self, values: Tensor, generator: torch.Generator) -> Tensor:
        """Of the sum over the pictures: each picture's objective depends on its own values alone."""
        moves = [transform.draw(generator) for transform in self.transforms]
        return torch.cat([self._gradient(values[rows], rows, moves) for rows in self.parts(len(values))])

    def _gradient(self, values: Tensor, rows: slice, moves: Sequence[Disturb]) -> Tensor:
        with torch.enable_grad():
            leaf = values.detach().requires_grad_()
            images = self.decode(leaf)
            moved = images
            for move in moves:
                moved = move(moved)
            gain = self.score(crop_middle(moved, *self.size[1:]), rows)
            for penalty in self.regularizers:
                gain = gain - penalty(images)
            return torch.autograd.grad(gain.sum(), leaf)[0]

    def answering(self, values: Tensor) -> Tensor:
        """How many pixels of each picture change its objective: (N,)."""
        counts = []
        for rows in self.parts(len(values)):
            with torch.enable_grad():
                images = self.decode(values[rows]).detach().requires_grad_()
                (gradient,) = torch.autograd.grad(self.score(images, rows).sum(), images)
            counts.append(gradient.flatten(1).count_nonzero(1))  # (rows,)
        return torch.cat(counts)  # (N,)

    def frame(self, step: int, steps: int, values: Tensor, dead: Tensor) -> Frame:
        with torch.no_grad():
            images = self.decode(values).clone()
            scores = [self.score(images[rows], rows) for rows in self.parts(len(images))]
            return Frame(step, steps, images, torch.cat(scores), dead.clone())


def _frames(run: _Run, values: Tensor, change: Change, steps: int, every: int, wake: bool) -> Iterator[Frame]:
    generator = torch.Generator().manual_seed(0)  # every seed meets the same disturbances
    if wake:
        values = _rescaled(run, values)
    gradient = run.gradient(values, generator)
    dead = torch.ones(len(values), dtype=torch.bool)
    yield run.frame(0, steps, values, dead)
    for step in range(1, steps + 1):
        dead &= _cold(gradient)
        values = values + change(gradient)
        if step % every == 0 or step == steps:
            yield run.frame(step, steps, values, dead)
        if step < steps:
            gradient = run.gradient(values, generator)


def _rescaled(run: _Run, start: Tensor) -> Tensor:
    """Values loud enough to climb from: even gray may pass below every ReLU, or all but a few.

    Where few pixels matter a step may silence them; noise, made louder, wakes the others.
    """
    most = run.answering(start * 2**RESCALING)
    values = start.clone()
    for _ in range(RESCALING):
        asleep = run.answering(values) < ANSWERING * most
        if not asleep.any():
            break
        values[asleep] *= 2
    woken = (values != start).flatten(1).any(1)
    values[woken] *= LOUDER
    return values


def _cold(gradient: Tensor) -> Tensor:
    """bool (N,), where there is nothing to climb."""
    return ~gradient.flatten(1).any(1)


def _seeds(seed: int | Sequence[int], count: int | None) -> list[int]:
    """One a picture."""
    if isinstance(seed, int):
        return [seed] * (count or 1)
    if not isinstance(seed, Sequence) or not all(isinstance(each, int) for each in seed):
        raise ConfigError(f"A seed is a whole number, or one for each picture, not {seed!r}.")
    if not seed or (count is not None and count != len(seed)):
        raise ConfigError(f"There are {len(seed)} seeds for {count or 'some'} pictures; each needs one.")
    return list(seed)
