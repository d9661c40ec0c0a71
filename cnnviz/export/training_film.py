"""A training as a film: one picture a moment of its history, drawn without a browser.

scenes(model)                        what can be filmed
film(history, scene, image, ...)     Iterator of pictures, uint8 (H, W, 3), all equally large

Colors mean the same in all pictures of a film: their range is the largest value of all moments.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.colors import Scale, Theme
from cnnviz.data.mnist import Digits
from cnnviz.evaluation.metrics import evaluate
from cnnviz.export.figures import Sheet, confusion_sheet, tile_sheet
from cnnviz.feature_visualization.activation_maximization import last
from cnnviz.feature_visualization.objectives import channel
from cnnviz.feature_visualization.presets import SMOOTH, optimize
from cnnviz.interpret.activations import find, stages
from cnnviz.interpret.filters import conv_layers, kernels_of, strongest_inputs
from cnnviz.networks.network import Network
from cnnviz.networks.tracing import trace
from cnnviz.numbers import percent
from cnnviz.training.history import History, Snapshot

Kind = Literal["kernels", "maps", "favourites", "confusion"]
UNITS = 64  # shown at most
SIDES = (480, 720, 1080)  # px, a film's width


@dataclass(frozen=True)
class Scene:
    """What a film shows. layer: "" for the confusion matrix, which is of the whole network."""

    kind: Kind
    layer: str = ""

    @property
    def title(self) -> str:
        return {
            "kernels": f"Kernels of {self.layer}",
            "maps": f"Maps of {self.layer} for the current digit",
            "favourites": f"What the filters of {self.layer} would love to see",
            "confusion": "Confusion matrix, 10,000 test digits",
        }[self.kind]


def scenes(model: Network) -> list[Scene]:
    """All films of a network; those of kernels, maps and favorites need convolutions."""
    layers = conv_layers(model)
    outer = [layer for layer in layers if "." not in layer]  # not inside a block
    choices: list[tuple[Kind, list[str]]] = [("kernels", layers), ("maps", outer), ("favourites", outer)]
    return [*(Scene(kind, layer) for kind, some in choices for layer in some), Scene("confusion")]


def film(
    history: History,
    scene: Scene,
    image: Tensor,
    test: Digits,
    side: int = 720,
    theme: Theme = "light",
) -> Iterator[NDArray[np.uint8]]:
    """One picture a moment, first to last, each drawn when it is asked for.

    image: (28, 28) in [0, 1], the digit whose maps are shown; test: by which the confusion matrix
    is counted; side: width in pixels.
    """
    limit = _limit(history, scene, image)
    for index, snapshot in enumerate(history.snapshots):
        model = history.checkpoint(index).model
        sheet = Sheet(scene.title, _caption(snapshot, history), index / history.last, side, theme)
        if scene.kind == "confusion":
            yield confusion_sheet(sheet, evaluate(model, test.images, test.labels).confusion.numpy())
        else:
            values = _values(model, scene, image, history.checkpoint(history.last).model)
            yield tile_sheet(sheet, values.numpy(), limit, _scale(scene))


def _values(model: Network, scene: Scene, image: Tensor, final: Network) -> Tensor:
    """(N, H, W). Of deeper kernels those on the input the trained filter weighs most, at all moments."""
    if scene.kind == "kernels":
        return kernels_of(model, scene.layer, strongest_inputs(final, scene.layer))
    if scene.kind == "maps":
        return find(stages(trace(model, image)), scene.layer).after
    count = min(UNITS, len(model.get_submodule(scene.layer).weight))  # type: ignore[arg-type]
    return last(optimize(model, channel(scene.layer, range(count)), SMOOTH)).images[:, 0]


def _limit(history: History, scene: Scene, image: Tensor) -> float:
    if scene.kind == "maps":
        return max(
            float(_values(history.checkpoint(index).model, scene, image, history.checkpoint(0).model).max())
            for index in range(len(history.snapshots))
        )
    return history.largest(f"{scene.layer}.weight") if scene.kind == "kernels" else 1.0


def _scale(scene: Scene) -> Scale:
    return "digit" if scene.kind == "favourites" else "signed"


def _caption(snapshot: Snapshot, history: History) -> str:
    place = snapshot.when(history.steps)
    if snapshot.validation_accuracy is None:
        return place
    return f"{place} · {percent(snapshot.validation_accuracy, 2)} of validation digits right"
