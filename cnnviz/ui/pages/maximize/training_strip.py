"""How the wish of a filter forms: its favorite picture at several moments of the training."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st
import torch

from cnnviz.feature_visualization.activation_maximization import Frame
from cnnviz.feature_visualization.closed_form import Optimum, optimum
from cnnviz.numbers import number
from cnnviz.training.history import History, Snapshot
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.pages.maximize.charts import training_chart
from cnnviz.ui.pages.maximize.program import PRESET_NAMES
from cnnviz.ui.pages.maximize.request import CELL, Film, Shown, film_of, progress_of
from cnnviz.ui.state import current_model
from cnnviz.ui.state.query_params import Maximize
from cnnviz.ui.widgets.choice_controls import toggle

SNAPSHOTS = 10  # of the history


@dataclass(frozen=True, eq=False)
class SnapshotRequests:
    """The chosen unit's climbs, one a moment; nothing to climb where the best picture is known."""

    shown: Shown
    history: History
    indices: list[int]
    films: list[Film]

    @property
    def snapshots(self) -> list[Snapshot]:
        return [self.history.snapshots[index] for index in self.indices]


def requests(shown: Shown) -> SnapshotRequests | None:
    """What is to be climbed; None unless the model has a history and the visitor asked for it."""
    history = current_model.history()
    if history is None or not toggle("How this wish formed during training", Maximize.through_training):
        return None
    count = min(SNAPSHOTS, len(history.snapshots))
    indices = [round(number * history.last / (count - 1)) for number in range(count)]
    films = [] if shown.exact else [_film(shown, index) for index in indices]
    return SnapshotRequests(shown, history, indices, films)


def through_training(of: SnapshotRequests) -> None:
    """A strip of pictures, one a moment, and the activation they reach."""
    shown = of.shown
    pictures, values = _reached(of)
    strip, curve = st.columns([1.7, 1], gap="medium")
    with strip:
        maps(
            shown.part(pictures),
            key="wish_through_training",
            label=f"What {shown.noun} {shown.unit} of {shown.layer} would love to see, during training",
            captions=[
                f"step {snapshot.step:,}" if not number else f"{snapshot.step:,}"
                for number, snapshot in enumerate(of.snapshots)
            ],
            notes=[
                f"{snapshot.when(of.history.steps)}, activation {number(value, '.2f')}"
                for snapshot, value in zip(of.snapshots, values, strict=True)
            ],
            noun="",
            scale="digit",
            tile=96,
            selectable=False,
            link="maximized",
            legend=False,
        )
    with curve:
        training_chart([snapshot.step for snapshot in of.snapshots], values, "wish_curve")
    done = (
        f"Each picture is the best for the network as it was after so many steps, from the same noise. The "
        f"curve is the activation it reaches there.  \n**What this does not show:** the same {shown.noun} "
        "may give the same number for other reasons: batch normalization rescales it all the time."
    )
    if of.films:
        progress_of(of.films, done, "through_training")
    else:
        st.caption(done.replace(", from the same noise", ""))


def program(of: SnapshotRequests) -> str:
    """The program of filters_program() goes on with this; for models whose history cnnviz can load."""
    shown, key = of.shown, of.shown.chosen.key
    if ":" in key:
        return ""
    request = f"{'neuron' if shown.excite == CELL else 'channel'}({shown.layer!r}, {shown.unit})"
    steps = ", ".join(str(snapshot.step) for snapshot in of.snapshots)
    best = (
        f"optimum(network, {shown.layer!r}, [{shown.unit}])"
        if shown.exact
        else f"last(optimize(network, {request}, {PRESET_NAMES[shown.look]}))"
    )
    return (
        f"for step in ({steps}):\n"
        f"    network = load_history({key!r}).network(step)\n"
        f"    print(step, {best}.values)\n"
    )


def _film(shown: Shown, index: int) -> Film:
    then = replace(shown, chosen=current_model.model_at(index))
    about = ("through training", shown.layer, shown.unit, shown.excite)
    return film_of(then.chosen, lambda: then.objective([then.unit]), shown.preset, about)


def _reached(of: SnapshotRequests) -> tuple[torch.Tensor, list[float]]:
    """Pictures (M, 1, 28, 28) and activations, as far as the climbs have come."""
    found: Sequence[Frame | Optimum] = [film.last for film in of.films] or [
        optimum(of.history.checkpoint(index).model, of.shown.layer, [of.shown.unit]) for index in of.indices
    ]
    return torch.cat([one.images for one in found]), [float(one.values[0]) for one in found]
