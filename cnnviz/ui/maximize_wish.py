"""What a visitor of the filters view asks for: a layer, a unit, what of it to excite, and how."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cnnviz.closed_form import Optimum
from cnnviz.films import Film
from cnnviz.networks import Network, output_shapes
from cnnviz.objectives import Objective, channel, neuron
from cnnviz.receptive_field import receptive_field
from cnnviz.recipes import INK, SHARP, SMOOTH, Recipe
from cnnviz.ui.maximize_parts import film_of
from cnnviz.ui.session import CurrentModel

MAP, CELL = "whole map", "one cell"
LOOKS = {"sharp": SHARP, "smooth": SMOOTH, "ink": INK}
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
    def recipe(self) -> Recipe:
        return LOOKS[self.look]

    def objective(self, units: list[int]) -> Objective:
        return neuron(self.layer, units) if self.excite == CELL else channel(self.layer, units)

    def film(self) -> Film:
        about = (self.layer, self.units[0], len(self.units), self.excite)
        return film_of(self.chosen, lambda: self.objective(self.units), self.recipe, about)

    def variants(self) -> Film:
        """The opposite wish from the same noise, and the same wish from other noise."""
        about = ("variants", self.layer, self.unit, self.excite)
        signs = torch.tensor([-1.0] + [1.0] * len(OTHER_SEEDS))

        def wishes() -> Objective:
            return self.objective([self.unit] * len(signs)) * signs

        return film_of(self.chosen, wishes, self.recipe, about, seed=(0, *OTHER_SEEDS))

    def part(self, images: Tensor) -> Tensor:
        """(N, h, w) of pictures (N, 1, 28, 28): all of them, or what the one cell sees."""
        return images[:, 0] if self.excite != CELL else middle_part(images, self.chosen.model, self.layer)


def middle_part(images: Tensor, model: Network, layer: str) -> Tensor:
    """(N, h, w): the part of pictures (N, 1, 28, 28) that the middle cell of a map depends on."""
    side = output_shapes(model.config)[layer][1]
    box = receptive_field(model, layer, side // 2, side // 2)
    return images[:, 0, box.row : box.row + box.height, box.column : box.column + box.width]
