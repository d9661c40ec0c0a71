"""A dream in one visitor's session: what was asked for, and how far it has come.

DreamRequest     everything that determines a dream; equal requests give equal pictures
begin(request)   a DreamJob, whose work can be advanced, stopped and resumed
carried(request) the same picture from the files cnnviz carries, where there is one
"""

import io
import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

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
from cnnviz.ui.state.incremental import Incremental

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


@dataclass(frozen=True, eq=False)
class DreamProgress:
    """pixels: the dream so far; film: small copies of its pictures; frame: None if it came from a file."""

    pixels: NDArray[np.uint8]
    film: tuple[NDArray[np.uint8], ...]
    frame: Frame | None = None


@dataclass(frozen=True, eq=False)
class DreamJob:
    """before: the start, as pixels; work: what becomes of it."""

    request: DreamRequest
    before: NDArray[np.uint8]
    work: Incremental[DreamProgress]
    objective: Objective | None = None

    @property
    def finished(self) -> bool:
        return self.work.done

    @property
    def now(self) -> DreamProgress:
        return self.work.last if self.work.records else DreamProgress(self.before, ())

    @property
    def carried(self) -> bool:
        """Whether it came from a file."""
        return self.finished and self.now.frame is None

    def before_file(self) -> bytes:
        return encode_png(self.before)

    def after_file(self) -> bytes:
        return encode_png(self.now.pixels)

    def gif(self) -> bytes:
        """The dream as it grew, or the film into it."""
        return gif(self.now.film, self._pace())

    def mp4(self) -> bytes:
        """The same as a video."""
        return mp4(self.now.film, self._pace())

    def _pace(self) -> int:
        """Milliseconds a picture."""
        return 90 if self.request.film else 160

    def saturated(self) -> float:
        """The share of values at an end of their range now that were not there at the start."""
        now, before = (saturation(to_floats(torch.tensor(each))) for each in (self.now.pixels, self.before))
        return max(0.0, now - before)


def begin(
    request: DreamRequest, start: Tensor, model: nn.Module, guide_image: Tensor | None = None
) -> DreamJob:
    """start: (C, H, W) in [0, 1]. Raises ImageError, ConfigError, NetworkError."""
    settings = dict(request.settings)
    objective = objective_of(request.target, model, guide_image)
    options = {name: int(settings[name]) for name in ("octaves", "steps", "jitter", "seed")}
    frames = partial(
        dream,
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
    return DreamJob(request, to_pixels(start), _work(frames), objective)


def film_of(run: DreamJob, model: nn.Module) -> DreamJob:
    """A flight into a finished dream: its last picture, step by step closer and dreamed on."""
    settings = dict(run.request.settings)
    start = to_floats(torch.from_numpy(run.now.pixels.copy()).permute(2, 0, 1))  # (3, H, W)
    objective = run.objective or objective_of(run.request.target, model, None)
    frames = partial(
        zoom,
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
    return DreamJob(replace(run.request, film=True), run.before, _work(frames), objective)


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
    whole = DreamProgress(pixels, (_small(before), _small(pixels)))
    work = Incremental(lambda: iter([whole]))
    work.advance(math.inf)
    return DreamJob(request, before, work)


def position(run: DreamJob) -> str:
    """How far it is, in words."""
    frame = run.now.frame
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


def _work(frames: Callable[[], Iterator[Frame]]) -> Incremental[DreamProgress]:
    """Of a dream only what is on screen is kept, and small copies of the rest."""

    def pictures() -> Iterator[DreamProgress]:
        film: tuple[NDArray[np.uint8], ...] = ()
        source = frames()
        while True:
            with _places():
                frame = next(source, None)
            if frame is None:
                return
            pixels = to_pixels(frame.images[0])
            film = (*film, _small(pixels))[:PICTURES_KEPT]
            yield DreamProgress(pixels, film, frame)

    return Incremental(pictures, kept=1)


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    image = Image.fromarray(pixels)
    image.thumbnail((FILM_SIDE, FILM_SIDE), Image.Resampling.LANCZOS)
    return np.asarray(image)
