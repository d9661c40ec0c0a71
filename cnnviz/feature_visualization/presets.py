"""Settings under which pictures of digit networks come out well, and the optimization they describe.

    optimize(model, channel("conv2", range(64)), SHARP)   -> Iterator[Frame]

SHARP    the strongest picture: waves first, then pixel by pixel, most of them to black or white
SMOOTH   waves under jitter: weaker, easier on the eye
MACO     as much of every wave as real digits have (MACO)
CLASS    MACO for whole digits: must survive shifts, turns and sizes, rough pictures are penalized
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Literal

from torch import Tensor, nn

from cnnviz.data.mnist import load_mnist
from cnnviz.errors import ConfigError
from cnnviz.feature_visualization.activation_maximization import DIGIT, Adam, AnnealedStep, Frame, maximize
from cnnviz.feature_visualization.objectives import Look, Objective, features
from cnnviz.feature_visualization.parameterization import (
    Fourier,
    GivenImage,
    ImageParameters,
    Pixels,
    Size,
    Spectrum,
    mean_magnitude,
)
from cnnviz.feature_visualization.regularizers import L1, L2, Blur, Regularizer, TotalVariation
from cnnviz.feature_visualization.transforms import Jitter, Pad, Rotate, Scale, Transform

Writing = Literal["pixels", "fourier", "spectrum"]
SPECTRUM_DIGITS = 5000


@dataclass(frozen=True)
class MaximizationPreset:
    """How to optimize. `annealed` of the `steps` come at the end, pixel by pixel, ever smaller.

    jitter: pixels each way; turn: degrees each way; zoom: 0.1 is sizes from 1 / 1.1 to 1.1.
    l1, l2, variation, blur: penalties in units of `scale`, see optimize().
    """

    writing: Writing = "fourier"
    steps: int = 64
    annealed: int = 0
    rate: float = 0.1
    jitter: int = 0
    turn: float = 0.0
    zoom: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    variation: float = 0.0
    blur: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.annealed <= self.steps:
            raise ConfigError("Of all steps at least 0 and at most all settle.")

    def images(self) -> ImageParameters:
        if self.writing == "spectrum":
            return Spectrum(digit_spectrum())
        return Pixels() if self.writing == "pixels" else Fourier()

    def transforms(self, background: float = 0.0) -> tuple[Transform, ...]:
        found: list[Transform] = []
        if self.jitter or self.turn or self.zoom:
            found.append(Pad(2 + self.jitter, background))  # so that nothing comes in on the other side
        if self.jitter:
            found.append(Jitter(self.jitter))
        if self.turn:
            found.append(Rotate(self.turn, background))
        if self.zoom:
            found.append(Scale(1 / (1 + self.zoom), 1 + self.zoom, background))
        return tuple(found)

    def regularizers(self, scale: float = 1.0) -> tuple[Regularizer, ...]:
        penalties = (
            (L1, self.l1),
            (L2, self.l2),
            (TotalVariation, self.variation),
            (Blur, self.blur),
        )
        return tuple(penalty(weight * scale) for penalty, weight in penalties if weight)


SHARP = MaximizationPreset(steps=96, annealed=80)
SMOOTH = MaximizationPreset(steps=80, jitter=2)
MACO = MaximizationPreset("spectrum", steps=96, rate=0.2, jitter=1)
CLASS = MaximizationPreset("spectrum", steps=128, rate=0.2, jitter=2, turn=8, zoom=0.15, variation=5)


@lru_cache(maxsize=1)
def digit_spectrum() -> Tensor:
    """(28, 15): how loud each wave is in MNIST's training digits, on average; shared, read only."""
    return mean_magnitude(load_mnist().train[:SPECTRUM_DIGITS].pixels())


def optimize(
    model: nn.Module,
    objective: Objective,
    preset: MaximizationPreset = SHARP,
    *,
    seed: int | Sequence[int] = 0,
    scale: float = 1.0,
    every: int = 4,
    size: Size = DIGIT,
    look: Look = features,
) -> Iterator[Frame]:
    """Frames of step 0, every, ... as maximize() gives them, over all of the recipe's steps.

    scale: how much the objective varies on ordinary pictures (its standard deviation), so that a
    charge means the same for a unit that counts in hundredths and one that counts in tens.
    """
    run = partial(
        maximize,
        model,
        objective,
        transforms=preset.transforms(),
        regularizers=preset.regularizers(scale),
        every=every,
        seed=seed,
        size=size,
        look=look,
    )
    waves = preset.steps - preset.annealed
    first = run(images=preset.images(), rule=Adam(preset.rate), steps=waves)
    return _both_parts(first, run, preset)


def _both_parts(
    first: Iterator[Frame], run: Callable[..., Iterator[Frame]], preset: MaximizationPreset
) -> Iterator[Frame]:
    """The waves' frames, then those of the pixels that settle, counted on."""
    frame = None
    for frame in first:
        yield replace(frame, steps=preset.steps)
    if not preset.annealed or frame is None:
        return
    settled = run(
        images=GivenImage(frame.images), rule=AnnealedStep(steps=preset.annealed), steps=preset.annealed
    )
    next(settled)  # its start is the frame just seen
    for later in settled:
        dead = frame.dead & later.dead
        yield replace(later, step=frame.step + later.step, steps=preset.steps, dead=dead)


# One trick at a time: first on pixels, then on waves, then on the spectrum of real digits.
ABLATION = {
    "pixels": MaximizationPreset("pixels", steps=128),
    "pixels, jitter": MaximizationPreset("pixels", steps=128, jitter=2),
    "pixels, less ink": MaximizationPreset("pixels", steps=128, l1=4),
    "pixels, flat": MaximizationPreset("pixels", steps=128, variation=2),
    "pixels, blur": MaximizationPreset("pixels", steps=128, blur=60),
    "waves": MaximizationPreset("fourier", steps=128),
    "waves, jitter": MaximizationPreset("fourier", steps=128, jitter=2),
    "waves, moves": MaximizationPreset("fourier", steps=128, jitter=2, turn=8, zoom=0.15),
    "spectrum": MaximizationPreset("spectrum", steps=128, rate=0.2),
    "spectrum, moves": MaximizationPreset("spectrum", steps=128, rate=0.2, jitter=2, turn=8, zoom=0.15),
}
