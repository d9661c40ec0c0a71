"""What a visitor of the filters view asks for: a layer, a unit, what of it to excite, and how."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st
import torch
from torch import Tensor

from cnnviz.feature_visualization.activation_maximization import Frame
from cnnviz.feature_visualization.closed_form import Optimum
from cnnviz.feature_visualization.dataset_examples import DatasetExamples, top_activations
from cnnviz.feature_visualization.objectives import Objective, channel, neuron
from cnnviz.feature_visualization.presets import MACO, SHARP, SMOOTH, MaximizationPreset, optimize
from cnnviz.interpret.receptive_fields import receptive_field
from cnnviz.networks.network import Network, output_shapes
from cnnviz.numbers import number
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.state import cache
from cnnviz.ui.state.current_model import CurrentModel
from cnnviz.ui.state.incremental import Incremental, progress, shared
from cnnviz.ui.state.query_params import Choice

Film = Incremental[Frame]  # of a climb
Value = TypeVar("Value")
FRAGMENT = "maximize"  # the whole page; a choice among pictures, in a fragment within, reruns it
MAP, CELL = "whole map", "one cell"
LOOKS = {"sharp": SHARP, "smooth": SMOOTH, "ink": MACO}
WORDS = {
    "sharp": "as strong as it gets",
    "smooth": "must survive shifts of two pixels",
    "ink": "each wave only as strong as in real digits",
}
OTHER_SEEDS = (1, 2, 3)


@dataclass(frozen=True, eq=False)
class Shown:
    """What the view is about. units: those in the grid; exact: their best pictures if they are known."""

    chosen: CurrentModel
    layer: str
    units: list[int]
    unit: int
    excite: str  # MAP, CELL, or "" for a dense layer
    look: str
    exact: Optimum | None

    @property
    def noun(self) -> str:
        return "filter" if self.excite else "unit"

    @property
    def tile(self) -> int:
        return self.units.index(self.unit)

    @property
    def preset(self) -> MaximizationPreset:
        return LOOKS[self.look]

    def objective(self, units: list[int]) -> Objective:
        return neuron(self.layer, units) if self.excite == CELL else channel(self.layer, units)

    def film(self) -> Film:
        about = (self.layer, self.units[0], len(self.units), self.excite)
        return film_of(self.chosen, lambda: self.objective(self.units), self.preset, about)

    def variants(self) -> Film:
        """The opposite wish from the same noise, and the same wish from other noise."""
        about = ("variants", self.layer, self.unit, self.excite)
        signs = torch.tensor([-1.0] + [1.0] * len(OTHER_SEEDS))

        def requests() -> Objective:
            return self.objective([self.unit] * len(signs)) * signs

        return film_of(self.chosen, requests, self.preset, about, seed=(0, *OTHER_SEEDS))

    def part(self, images: Tensor) -> Tensor:
        """(N, h, w) of pictures (N, 1, 28, 28): all of them, or what the one cell sees."""
        return images[:, 0] if self.excite != CELL else middle_part(images, self.chosen.model, self.layer)


def middle_part(images: Tensor, model: Network, layer: str) -> Tensor:
    """(N, h, w): the part of pictures (N, 1, 28, 28) that the middle cell of a map depends on."""
    side = output_shapes(model.config)[layer][1]
    box = receptive_field(model, layer, side // 2, side // 2)
    return images[:, 0, box.row : box.row + box.height, box.column : box.column + box.width]


EVERY = 4  # steps between frames
STRIP = 6  # frames in a film strip
PATCHES = 12  # of real digits, two rows


def film_of(
    chosen: CurrentModel,
    objective: Callable[[], Objective],
    preset: MaximizationPreset,
    about: tuple[object, ...],
    seed: int | tuple[int, ...] = 0,
    scale: float = 1.0,
) -> Film:
    """The film everybody shares who asks for the same; `about` names the objective."""

    def begin() -> Iterator[Frame]:
        return optimize(chosen.model, objective(), preset, seed=seed, scale=scale, every=EVERY)

    return shared(("climb", repr((chosen.digest, about, preset, seed, scale))), begin)


def progress_of(films: Sequence[Film], done: str, key: str = "maximize") -> None:
    """A bar while the films grow; then, in its place, what came of it."""
    steps, all_steps = (sum(getattr(film.last, name) for film in films) for name in ("step", "steps"))
    if all(film.done for film in films):
        st.caption(done)
    else:
        progress(films, steps / max(all_steps, 1), f"Climbing, step {steps:,} of {all_steps:,}", key)


def choose(choice: Choice[Value], tile: int | None, values: Sequence[Value]) -> None:
    """A click on a picture: what it chooses stands above it, so the whole page follows."""
    choice.take(tile, values)
    st.rerun(FRAGMENT)


def film_strip(
    film: Film, tile: int, key: str, link: str, part: Callable[[Tensor], Tensor], digits: int = 2
) -> None:
    """One picture of a film at several steps. part: (N, 1, 28, 28) -> what is shown of them, (N, h, w)."""
    frames = strip_of(film.records)
    maps(
        part(torch.stack([frame.images[tile] for frame in frames])),
        key=key,
        label="The picture at several steps of the climb",
        captions=["step 0", *(str(frame.step) for frame in frames[1:])],
        notes=[number(frame.values[tile], f".{digits}f") for frame in frames],
        noun="",
        scale="digit",
        tile=44,
        selectable=False,
        link=link,
        legend=False,
    )


def strip_of(frames: Sequence[Frame], count: int = STRIP) -> list[Frame]:
    """The first, the last, and others between, closer together at the beginning where more happens."""
    if len(frames) <= count:
        return list(frames)
    last = len(frames) - 1
    places = sorted({round(last * (place / (count - 1)) ** 1.5) for place in range(count)})
    return [frames[place] for place in places]


@st.cache_resource(max_entries=16, show_spinner="Asking 10,000 real digits")
def examples_of(digest: str, layer: str, _model: Network) -> DatasetExamples:  # noqa: ARG001 - the key
    """How the layer of the model with this digest responds to the test digits."""
    return top_activations(_model, layer, cache.test_digits().images, PATCHES)
