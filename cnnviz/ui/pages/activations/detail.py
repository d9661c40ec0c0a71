"""The activations page's side panel and comparison."""

import random
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from cnnviz.errors import NetworkError
from cnnviz.interpret.activations import Scope, Stage, dead, find, histogram, stages, strongest_cell
from cnnviz.interpret.receptive_fields import pixel_spans, receptive_field
from cnnviz.io.pixels import to_floats
from cnnviz.ui.components.activation_detail.activation_detail import ActivationContent, activation
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.state import cache
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import CurrentModel, model_called, model_keys, trace_of
from cnnviz.ui.state.model_catalogue import model_title
from cnnviz.ui.state.query_params import Activations
from cnnviz.ui.widgets.choice_controls import number, select
from cnnviz.ui.widgets.code_panel import code_panel, opening

SAME = Activations.other_model.first


@dataclass(frozen=True, eq=False)
class Shown:
    """What the page is about: one stage of the current trace, one of its units."""

    chosen: CurrentModel
    every: list[Stage]
    stage: Stage
    unit: int
    limits_before: Tensor  # (C,) |value| of the end colors
    limits_after: Tensor
    scope: Scope

    @property
    def limit(self) -> float:
        """The selected unit's, after the activation."""
        return float(self.limits_after[self.unit])

    @property
    def name(self) -> str:
        noun = "map" if self.stage.maps else "unit"
        return f"{self.stage.source}, {noun} {self.unit}"


def detail(shown: Shown) -> None:
    """The selected unit, large, with what it sees and its histogram."""
    stage, unit = shown.stage, shown.unit
    digit = current_digit()
    values = _as_map(stage.after[unit])
    counted = stage.after[unit] if stage.maps else stage.after
    found = histogram(counted)
    many = "values" if stage.maps else f"units of {stage.name}"
    content = ActivationContent(
        title=f"{shown.name}, after {stage.doing}",
        values=values,
        before=_as_map(stage.before[unit]) if stage.before.shape == stage.after.shape else None,
        image=digit.image,
        caption="what it sees",
        limit=shown.limit,
        spans=_spans(shown),
        strongest=strongest_cell(values),
        dead=bool(dead(stage)[unit]),
        histogram=found,
        histogram_title=f"{int(found.counts.sum())} {many} by size, and {found.zeros} exactly zero",
    )
    activation(content, key="activation")


def _as_map(values: Tensor) -> Tensor:
    return values if values.ndim == 2 else values.reshape(1, 1)


def _spans(shown: Shown) -> list[tuple[int, int]]:
    """Which pixels each row of the map sees; a dense unit sees what any unit of its layer sees."""
    model, stage = shown.chosen.model, shown.stage
    if stage.maps:
        return pixel_spans(model, stage.source)
    box = receptive_field(model, stage.name)
    return [(box.row, box.row + box.height - 1)]


# ---- another digit, another model ----


def comparison(shown: Shown) -> None:
    """The same unit for another digit, or the unit of that number in another model."""
    st.subheader("The same for another digit or model", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        index = number("Test digit", Activations.other_digit, width=150)
        st.button("Random", icon=":material/casino:", on_click=_another, key="other_random")
        titles = {SAME: "Same model"} | {key: model_title(key) for key in model_keys()}
        titles.pop(shown.chosen.key, None)
        picked = select("Model", Activations.other_model.among(titles, titles=titles), width=280)
    digits = cache.test_digits()
    image = to_floats(digits.images[index])
    values = _other_values(shown, picked, image)
    if values is None:
        st.info(f"{titles[picked]} has no {shown.name}.", icon=":material/info:")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        maps(
            torch.stack([current_digit().image, image]),
            key="compared_digits",
            label="The current digit and the other one",
            captions=[current_digit().caption, f"test digit {index:,}"],
            scale="digit",
            tile=220,
            selectable=False,
            link="compared",
        )
    with right:
        pair = [_as_map(shown.stage.after[shown.unit]), values]
        same = pair[0].shape == values.shape
        maps(
            torch.stack(pair) if same else values[None],
            key="compared_maps",
            label=f"{shown.name} for both digits",
            captions=[f"{shown.name}, here", "there"] if same else ["there"],
            scale="activation",
            limit=max(shown.limit, float(values.abs().max())),
            tile=220,
            selectable=False,
            link="compared",
        )
    st.caption(
        "Both on one color scale.  \n**What this does not show:** the same thing, if the model is another "
        "one: there, the map of this number has learned something of its own."
    )


def _other_values(shown: Shown, key: str, image: Tensor) -> Tensor | None:
    """The unit's map in the other model for the other digit; None where there is no such unit."""
    model = shown.chosen if key == SAME else model_called(key)
    try:
        stage = find(stages(trace_of(model, image)), shown.stage.name)
    except NetworkError:
        return None
    if stage.maps != shown.stage.maps or shown.unit >= len(stage.after):
        return None
    return _as_map(stage.after[shown.unit])


def _another() -> None:
    st.session_state[Activations.other_digit.name] = random.randrange(len(cache.test_digits()))


# ---- code ----


def code(shown: Shown) -> None:
    program = (
        opening(shown.chosen, current_digit())
        + f"stage = find(stages(trace(model, image)), {shown.stage.name!r})\n"
        + f"print(stage.before.shape, stage.after.shape)  # in front of and after {shown.stage.doing}\n"
        + f"values = stage.after[{shown.unit}]\n"
        + "print(values, measure(stage.after).high, order(stage, 'maximum'))\n"
        + "print('dead:', dead(stage).nonzero().flatten().tolist())\n"
        + "print(histogram(values), receptive_field(model, stage.source))\n"
    )
    if shown.stage.doing == "attention":
        program += (
            "record = trace(model, image)[stage.source]\n"
            "shares = attention_weights(model.get_submodule(record.name), record.input)\n"
            "print(shares.shape)  # head; row and column of who hears; row and column of who is heard\n"
        )
    code_panel(program)
