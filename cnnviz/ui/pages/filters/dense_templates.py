"""The filters page of a network without convolutions: its first dense layer's weights as pictures."""

import streamlit as st
import torch
from torch import Tensor

from cnnviz.interpret.filters import first_layer_weights
from cnnviz.networks.network import Network
from cnnviz.numbers import number
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.pages.filters.grid import Shown, bias_of, choose_limit, grid, numbers
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import CurrentModel
from cnnviz.ui.widgets.code_panel import code_panel, opening
from cnnviz.ui.widgets.layer_picker import choose_unit

PART, PART_SIZE = "templates", 64  # shown at once


def templates(chosen: CurrentModel, untrained: Network, image: Tensor) -> None:
    """Grid and panel as for convolutions, with (28, 28) templates, the largest norms first."""
    layer, weights = first_layer_weights(chosen.model)  # (U, 28, 28)
    order = weights.flatten(1).norm(dim=1).argsort(descending=True).tolist()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        unit = choose_unit("Unit", layer, len(weights), first=order[0])
        units = _choose_part(order, unit)
        limit = choose_limit(chosen, layer, [layer])
    shown = Shown(layer, "unit", weights[units], first_layer_weights(untrained)[1][units], units, limit)
    left, right = st.columns([1.4, 1], gap="large")
    with left:
        grid(shown, unit, 56)
        st.caption(
            f"This network has no convolution. Each of its {len(weights)} first units weighs all 28×28 "
            "pixels at fixed places, so its weights are a template of the whole picture. Blue weights want "
            "ink there, orange ones none.  \n**What this does not show:** how later layers combine the "
            "units. And a template knows one place only: a digit moved by a pixel meets other weights."
        )
    with right:
        _panel(chosen, untrained, shown, unit, image)
    code_panel(_program(chosen, unit))


def _choose_part(order: list[int], unit: int) -> list[int]:
    """The units of one part of the ranking: the chosen part, or that of a unit chosen since."""
    parts = [order[start : start + PART_SIZE] for start in range(0, len(order), PART_SIZE)]
    names = [f"{place * PART_SIZE + 1}–{place * PART_SIZE + len(part)}" for place, part in enumerate(parts)]
    if len(parts) == 1:
        return order
    if st.session_state.get(f"{PART}:unit") != unit or st.session_state.get(PART) not in names:
        st.session_state[f"{PART}:unit"] = unit
        st.session_state[PART] = next(name for name, part in zip(names, parts, strict=True) if unit in part)
    name = st.selectbox("Units by norm", names, key=PART, persist_state="session", width=140)
    return parts[names.index(name)]


def _panel(chosen: CurrentModel, untrained: Network, shown: Shown, unit: int, image: Tensor) -> None:
    if unit not in shown.units:
        st.info("Choose one of the templates shown.", icon=":material/touch_app:")
        return
    tile, digit = shown.units.index(unit), current_digit()
    template = shown.weights[tile]
    st.markdown(f"**Unit {unit}** of {shown.layer}")
    maps(
        torch.stack([shown.untrained[tile], template]),
        key="kernel_pair",
        label=f"Weights of unit {unit} before training and now",
        captions=["before training", "now"],
        limit=shown.limit_of(tile),
        tile=168,
        selectable=False,
        link="template",
    )
    st.markdown(f"Weights × {digit.caption}")
    maps(
        (template * image)[None],
        key="response",
        label=f"Weights of unit {unit} times the pixels of {digit.caption}",
        captions=[""],
        tile=168,
        selectable=False,
        link="template",
    )
    total, bias = float((template * image).sum()), float(bias_of(chosen.model, shown.layer)[unit])
    products, offset, result = (number(value, ".3f") for value in (total, bias, total + bias))
    st.caption(f"The products add up to {products}; with the bias {offset} the unit gets {result}.")
    numbers(chosen.model, untrained, shown, tile)


def _program(chosen: CurrentModel, unit: int) -> str:
    return (
        opening(chosen, current_digit())
        + "layer, templates = first_layer_weights(model)\n"
        + f"template = templates[{unit}]  # (28, 28)\n"
        + f"total = (template * image).sum() + model.get_submodule(layer).bias[{unit}]\n"
        + f"print(layer, total, trace(model, image)[layer].output[{unit}])\n"
    )
