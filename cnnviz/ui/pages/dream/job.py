"""A dream in one visitor's session: what was wished for, and how far it has come.

Wish          everything that determines a dream; equal wishes give equal pictures
begin(wish)   a Run that can be advanced frame by frame, stopped and resumed
carried(wish) the same picture from the files cnnviz carries, where there is one
"""

import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from cnnviz.feature_visualization import precomputed
from cnnviz.feature_visualization.activation_maximization import Frame
from cnnviz.feature_visualization.deepdream import DreamFrame, digit_mask, dream, guide, saturation, zoom
from cnnviz.feature_visualization.objectives import Objective, channel, class_logit, layer
from cnnviz.io.images import encode_png
from cnnviz.io.photos import to_pixels
from cnnviz.io.pixels import to_floats
from cnnviz.io.video import gif, mp4
from cnnviz.networks.imagenet import LOGITS
from cnnviz.ui.state.cache import IMAGENET

AT_ONCE = 2  # dreams computed at the same time by one server; the others wait their turn
FILM_SIDE = 320  # of the pictures kept for the GIF
FILM_FRAMES = 24
FRAMES = 10  # of a dream, about
PICTURES_KEPT = 60


@dataclass(frozen=True, eq=False)
class Picture:
    """A start or a guide. image: (3, H, W), or (1, 28, 28) for a digit; name: as in the address."""

    name: str
    label: str
    image: Tensor
    credit: str = ""

    @property
    def is_digit(self) -> bool:
        return len(self.image) == 1

    def digest(self) -> int:
        return hash(self.image.numpy().tobytes())


@dataclass(frozen=True)
class Target:
    """What the dream is to have more of. kind: "layer", "channels", "class" or "guide"."""

    kind: str
    layer: str
    units: tuple[int, ...] = ()  # channels, or the one class
    guide: str = ""


@dataclass(frozen=True)
class DreamRequest:
    """network: a model's digest, IMAGENET or a name in FETCHED.

    settings: dream's keyword arguments, sorted.
    """

    picture: str
    picture_digest: int
    network: str
    target: Target
    guide_digest: int
    settings: tuple[tuple[str, float], ...]
    keep: float = 0.0
    film: bool = False


@dataclass(eq=False)
class DreamJob:
    """before: the start, as pixels; latest: the dream so far; film: small copies of its frames."""

    request: DreamRequest
    before: NDArray[np.uint8]
    latest: NDArray[np.uint8]
    frames: Iterator[Frame] | None = None
    frame: Frame | None = None
    film: list[NDArray[np.uint8]] = field(default_factory=list)
    stopped: bool = False
    objective: Objective | None = None

    @property
    def finished(self) -> bool:
        return self.frames is None

    @property
    def alive(self) -> bool:
        return not (self.finished or self.stopped)

    @property
    def carried(self) -> bool:
        """Whether it came from a file."""
        return self.finished and self.frame is None

    def advance(self) -> None:
        """Compute the next frame; the last one ends the run."""
        if self.frames is None:
            return
        with _places():
            frame = next(self.frames)
        self.frame = frame
        self.latest = to_pixels(frame.images[0])
        if len(self.film) < PICTURES_KEPT:
            self.film.append(_small(self.latest))
        if frame.last:
            self.frames = None

    def before_file(self) -> bytes:
        return encode_png(self.before)

    def after_file(self) -> bytes:
        return encode_png(self.latest)

    def gif(self) -> bytes:
        """The dream as it grew, or the film into it."""
        return gif(self.film, self._pace())

    def mp4(self) -> bytes:
        """The same as a video."""
        return mp4(self.film, self._pace())

    def _pace(self) -> int:
        """Milliseconds a picture."""
        return 90 if self.request.film else 160

    def saturated(self) -> float:
        """The share of values at an end of their range now that were not there at the start."""
        now, before = (saturation(to_floats(torch.tensor(each))) for each in (self.latest, self.before))
        return max(0.0, now - before)


def begin(
    request: DreamRequest, start: Tensor, model: nn.Module, guide_image: Tensor | None = None
) -> DreamJob:
    """start: (C, H, W) in [0, 1]. Raises ImageError, ConfigError, NetworkError."""
    settings = dict(request.settings)
    objective = objective_of(request.target, model, guide_image)
    options = {name: int(settings[name]) for name in ("octaves", "steps", "jitter", "seed")}
    frames = dream(
        model,
        start,
        objective,
        ratio=settings["ratio"],
        strength=settings["strength"],
        smooth=settings["smooth"],
        mask=digit_mask(start, request.keep) if request.keep else None,
        every=max(1, round(options["octaves"] * options["steps"] / FRAMES)),
        **options,
    )
    return DreamJob(request, to_pixels(start), to_pixels(start), frames, objective=objective)


def film_of(run: DreamJob, model: nn.Module) -> DreamJob:
    """A flight into a finished dream: its last picture, step by step closer and dreamed on."""
    settings = dict(run.request.settings)
    start = to_floats(torch.from_numpy(run.latest.copy()).permute(2, 0, 1))  # (3, H, W)
    objective = run.objective or objective_of(run.request.target, model, None)
    frames = zoom(
        model,
        start,
        objective,
        frames=FILM_FRAMES,
        octaves=min(2, int(settings["octaves"])),
        steps=min(6, int(settings["steps"])),
        strength=settings["strength"],
        jitter=int(settings["jitter"]),
        smooth=settings["smooth"],
        seed=int(settings["seed"]),
    )
    return DreamJob(replace(run.request, film=True), run.before, run.latest, frames, objective=objective)


def objective_of(target: Target, model: nn.Module, guide_image: Tensor | None) -> Objective:
    if target.kind == "guide":
        assert guide_image is not None
        return guide(model, target.layer, guide_image)
    if target.kind == "class":
        return class_logit(target.units[0], LOGITS)
    if target.kind == "channels":
        first, *others = (channel(target.layer, unit) for unit in target.units)
        return sum(others, first)
    return layer(target.layer)


def carried(request: DreamRequest, start: Tensor) -> DreamJob | None:
    """The dream from its file when cnnviz carries it: the forest, a whole layer, the first settings."""
    as_made = (precomputed.PHOTO, IMAGENET, tuple(sorted(precomputed.SETTINGS.items())))
    if (
        (request.picture, request.network, request.settings) != as_made
        or request.target.kind != "layer"
        or request.film
    ):
        return None
    with Image.open(io.BytesIO(precomputed.dreamed(request.target.layer))) as image:
        pixels = np.asarray(image.convert("RGB"))
    before = to_pixels(start)
    if before.shape != pixels.shape:  # another size was wished
        return None
    return DreamJob(request, before, pixels, film=[_small(before), _small(pixels)])


def position(run: DreamJob) -> str:
    """How far it is, in words."""
    frame = run.frame
    if frame is None:
        return ""
    if isinstance(frame, DreamFrame):
        height, width = frame.size
        return (
            f"octave {frame.octave} of {frame.octaves} ({width} × {height}) · "
            f"step {frame.step} of {frame.steps}"
        )
    return f"picture {frame.step} of {frame.steps}"


@st.cache_resource(show_spinner=False)
def _places() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(AT_ONCE)


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    image = Image.fromarray(pixels)
    image.thumbnail((FILM_SIDE, FILM_SIDE), Image.Resampling.LANCZOS)
    return np.asarray(image)
