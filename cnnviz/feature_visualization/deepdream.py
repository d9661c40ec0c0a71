"""DeepDream: whatever a network sees in a picture, more of that (Mordvintsev, Olah, Tyka 2015).

    dream(model, image, ...)     -> Iterator[DreamFrame], from small to large octaves
    zoom(model, image, ...)      -> Iterator[Frame]: dream, step closer, dream again ...
    guide(model, layer, image)   an objective: dream of what another picture has in it
    digit_canvas, digit_mask     a 28 × 28 digit made large enough, and what keeps it readable

    for frame in dream(load_imagenet(), load_photo("forest"), layer("block11")):
        frame.images

The picture is dreamed small first and then larger, octave by octave, so that shapes of every size
grow. From one octave to the next only the *detail*, the difference from the photograph, is carried,
so that the photograph itself stays sharp. The steps are ascent.maximize's.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.data.checks import check_range
from cnnviz.errors import ConfigError, ImageError, NetworkError, check_limits
from cnnviz.feature_visualization.activation_maximization import Change, Frame, NormalizedStep, last, maximize
from cnnviz.feature_visualization.objectives import Objective, features, guided, layer
from cnnviz.feature_visualization.parameterization import GivenImage
from cnnviz.feature_visualization.transforms import Disturb, Jitter
from cnnviz.io.pixels import as_tensor, to_floats
from cnnviz.networks.imagenet import DEFAULT_LAYER, ImageNetwork
from cnnviz.networks.network import SIZE, evaluated

SMALLEST = SIZE  # shorter side of the smallest octave
LARGEST = 1024
GUIDE_CELLS = 1024  # more would cost memory and add nothing one could see
LIMITS = {
    "octaves": (1, 8),
    "ratio": (1.1, 2.0),
    "steps": (1, 100),
    "strength": (0.0, 20.0),
    "jitter": (0, 64),
    "smooth": (0.0, 4.0),
    "every": (1, 100),
}


@dataclass(frozen=True, eq=False)
class DreamFrame(Frame):
    """A Frame whose images have the full size at every octave: the picture plus its detail, enlarged.

    octave: 1 to octaves; size: height and width of this octave.
    """

    octave: int
    octaves: int
    size: tuple[int, int]


def dream(
    model: nn.Module,
    image: Tensor,
    objective: Objective | None = None,
    *,
    octaves: int = 4,
    ratio: float = 1.4,
    steps: int = 10,
    strength: float = 2.0,
    jitter: int = 32,
    smooth: float = 1.2,
    mask: Tensor | None = None,
    every: int = 5,
    seed: int = 0,
) -> Iterator[DreamFrame]:
    """Frames of step 0 (the picture as it is) to octaves × steps, one every `every` steps.

    image: float32 (C, H, W) or (H, W) in [0, 1]. objective: default all of `default_layer(model)`.
    ratio: of the sides of neighboring octaves; those with a side below 28 pixels are left out.
    strength: mean change of a pixel at each step, in 255ths. jitter: largest random shift of a step.
    smooth: standard deviation, in pixels, of the blur on each gradient; without it fine color noise wins.
    mask: (H, W) in [0, 1], how far each pixel may change. seed: of the shifts; same seed, same picture.
    Everything is checked before the first frame. Raises ImageError, ConfigError, NetworkError.
    """
    check_limits(locals(), LIMITS)
    image = _checked(image)
    if mask is not None and mask.shape != image.shape[1:]:
        raise ConfigError(f"The mask is {tuple(mask.shape)}, the picture {tuple(image.shape[1:])}.")
    model = evaluated(model)
    pace = _Pace(steps, every, strength / 255, smooth, jitter, seed)
    sizes = octave_sizes(image.shape[1], image.shape[2], octaves, ratio)
    return _frames(model, objective or layer(default_layer(model)), image[None], mask, sizes, pace)


def octave_sizes(height: int, width: int, octaves: int, ratio: float) -> list[tuple[int, int]]:
    """(height, width) of each octave, the smallest first; at least the full size."""
    sizes = [(round(height / ratio**n), round(width / ratio**n)) for n in range(octaves)]
    return [size for size in sizes[:0:-1] if min(size) >= SMALLEST] + sizes[:1]


def default_layer(model: nn.Module) -> str:
    """A layer that makes a good dream. Raises NetworkError for a model without convolutions."""
    if isinstance(model, ImageNetwork):
        return DEFAULT_LAYER
    names = [name for name, module in model.named_children() if isinstance(module, nn.Conv2d)]
    if not names:
        raise NetworkError("This network has no convolution, so it takes no larger pictures.")
    return names[-1]


def guide(model: nn.Module, layer: str, image: Tensor) -> Objective:
    """Dream, in `layer`, of what this picture (C, H, W) has in it: at each place the best of its features."""
    with torch.no_grad():
        found = features(model, _checked(image)[None], [layer])[layer]  # (1, C, h, w)
    if found.ndim != 4:
        raise NetworkError(f"{layer} has no maps, so it cannot be guided by another picture.")
    height, width = found.shape[2:]
    shrink = math.sqrt(GUIDE_CELLS / (height * width))
    if shrink < 1:
        found = F.adaptive_avg_pool2d(found, (max(1, int(height * shrink)), max(1, int(width * shrink))))
    return guided(layer, found[0])


def zoom(
    model: nn.Module,
    image: Tensor,
    objective: Objective | None = None,
    *,
    frames: int = 30,
    closer: float = 1.05,
    octaves: int = 2,
    steps: int = 5,
    strength: float = 2.0,
    jitter: int = 32,
    smooth: float = 1.2,
    seed: int = 0,
) -> Iterator[Frame]:
    """A film into the dream: each picture is the middle of the last one, `closer` times larger, dreamed on.

    Frame 0 is the picture as it is. Raises as dream does.
    """
    if not (1 <= frames <= 200 and 1 <= closer <= 1.5):
        raise ConfigError("A film has 1 to 200 frames, each 1 to 1.5 times closer.")

    def dreamed(picture: Tensor, number: int) -> DreamFrame:
        found = last(
            dream(
                model,
                picture,
                objective,
                octaves=octaves,
                steps=steps,
                strength=strength,
                jitter=jitter,
                smooth=smooth,
                every=steps,
                seed=seed + number,
            )
        )
        assert isinstance(found, DreamFrame)
        return found

    first = next(dream(model, image, objective, octaves=1, steps=1, strength=strength, smooth=smooth))

    def film() -> Iterator[Frame]:
        picture, dead = first.images, first.dead
        yield Frame(0, frames, picture, first.values, dead)
        for number in range(1, frames + 1):
            found = dreamed(_closer(picture, closer)[0], number)
            picture, dead = found.images, dead & found.dead
            yield Frame(number, frames, picture, found.values, dead)

    return film()


def saturation(image: Tensor) -> float:
    """The share of values that have reached 0 or 1 and can go no further."""
    return float(((image <= 0) | (image >= 1)).float().mean())


# ---- digits ----


def digit_canvas(image: Tensor, side: int = 112) -> Tensor:
    """A digit (28, 28) enlarged smoothly to (1, side, side), room for its layers to dream in."""
    large = F.interpolate(image[None, None], (side, side), mode="bicubic", align_corners=False)
    return large[0].clamp(0, 1)


def digit_mask(canvas: Tensor, keep: float = 0.6) -> Tensor:
    """(H, W): how far each pixel may change so that the digit on the canvas stays readable.

    Free on and near the strokes; on empty paper, the further away the less, down to 1 − keep.
    """
    if not 0 <= keep <= 1:
        raise ConfigError("keep is a share from 0 to 1.")
    reach = canvas.shape[-1] / SIZE  # one pixel of the small digit
    near = blurred(canvas[None], 1.5 * reach)[0, 0]
    return 1 - keep * (1 - (near / near.amax().clamp(min=1e-6) * 2).clamp(max=1))


# ---- one octave ----


@dataclass(frozen=True)
class _Pace:
    steps: int
    every: int
    rate: float
    smooth: float
    jitter: int
    seed: int


@dataclass(frozen=True, eq=False)
class _SeededJitter:
    """Jitter that goes on drawing from one generator through all octaves."""

    pixels: int
    generator: torch.Generator

    def draw(self, generator: torch.Generator) -> Disturb:  # noqa: ARG002 - it has its own
        return Jitter(self.pixels).draw(self.generator)


@dataclass(frozen=True, eq=False)
class DreamStep:
    """NormalizedStep on the blurred gradient, times the mask, and never out of [0, 1]."""

    rate: float
    smooth: float = 0.0
    mask: Tensor | None = None  # (H, W)

    def begin(self, values: Tensor) -> Change:
        step = NormalizedStep(self.rate).begin(values)
        now = values.clone()

        def change(gradient: Tensor) -> Tensor:
            nonlocal now
            request = step(blurred(gradient, self.smooth))
            after = (now + (request if self.mask is None else request * self.mask)).clamp(0, 1)
            before, now = now, after
            return after - before

        return change


def blurred(images: Tensor, standard_deviation: float) -> Tensor:
    """(N, C, H, W) under a Gaussian of this standard deviation in pixels, mirrored at the edges.

    By one axis after the other; torchvision's gaussian_blur does both at once, 2 to 8 times slower.
    """
    radius = min(math.ceil(3 * standard_deviation), min(images.shape[2:]) - 1)
    if radius == 0:
        return images
    bell = torch.exp(-torch.arange(-radius, radius + 1).square() / (2 * standard_deviation**2))
    bell = (bell / bell.sum()).expand(images.shape[1], 1, 1, -1)  # (C, 1, 1, K)
    padded = F.pad(images, [radius] * 4, mode="reflect")
    across = F.conv2d(padded, bell, groups=images.shape[1])
    return F.conv2d(across, bell.transpose(2, 3), groups=images.shape[1])


def _frames(
    model: nn.Module,
    objective: Objective,
    image: Tensor,
    mask: Tensor | None,
    sizes: list[tuple[int, int]],
    pace: _Pace,
) -> Iterator[DreamFrame]:
    generator = torch.Generator().manual_seed(pace.seed)
    full = sizes[-1]
    detail = torch.zeros(1, image.shape[1], *sizes[0])
    dead = torch.ones(1, dtype=torch.bool)
    for number, size in enumerate(sizes):
        base = _resized(image, size)
        start = (base + _resized(detail, size)).clamp(0, 1)
        rule = DreamStep(
            pace.rate, pace.smooth, None if mask is None else _resized(mask[None, None], size)[0, 0]
        )
        for frame in maximize(
            model,
            objective,
            images=GivenImage(start),
            transforms=[_SeededJitter(pace.jitter, generator)],
            rule=rule,
            steps=pace.steps,
            every=pace.every,
            size=(image.shape[1], *size),
        ):
            detail = frame.images - base
            if frame.step == 0 and number > 0:
                continue  # the last octave's end, seen again
            yield DreamFrame(
                step=number * pace.steps + frame.step,
                steps=len(sizes) * pace.steps,
                images=(image + _resized(detail, full)).clamp(0, 1),
                values=frame.values,
                dead=dead & frame.dead,
                octave=number + 1,
                octaves=len(sizes),
                size=size,
            )
        dead = dead & frame.dead


def _resized(images: Tensor, size: tuple[int, int]) -> Tensor:
    if images.shape[2:] == size:
        return images
    shrinks = size[0] < images.shape[2]
    return F.interpolate(images, size, mode="bilinear", align_corners=False, antialias=shrinks)


def _closer(images: Tensor, factor: float) -> Tensor:
    """The middle of (N, C, H, W), `factor` times larger, at the old size."""
    height, width = images.shape[2:]
    theta = torch.tensor([[[1 / factor, 0.0, 0.0], [0.0, 1 / factor, 0.0]]])
    grid = F.affine_grid(theta, [1, 1, height, width], align_corners=False).expand(len(images), -1, -1, -1)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False).clamp(0, 1)


# ---- checks ----


def _checked(image: Tensor) -> Tensor:
    """The picture as float32 (C, H, W), after shape and range were found right."""
    image = to_floats(as_tensor(image))
    image = image[None] if image.ndim == 2 else image
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        raise ImageError(f"A picture is (C, H, W) with one or three channels, not {tuple(image.shape)}.")
    if not SMALLEST <= min(image.shape[1:]) <= max(image.shape[1:]) <= LARGEST:
        height, width = image.shape[1:]
        raise ImageError(
            f"The picture is {width} × {height}; a dream takes sides of {SMALLEST} to {LARGEST:,} pixels."
        )
    check_range(image)
    return image
