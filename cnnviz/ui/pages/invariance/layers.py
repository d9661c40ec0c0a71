"""Do a layer's maps move along with the digit, and where does the network stop to notice?"""

from typing import Any

import altair as alt
import streamlit as st
import torch

from cnnviz.colors import ACCENT
from cnnviz.interpret.pooling import pooling_layers
from cnnviz.interpret.translation import ShiftEffect, shift_effects
from cnnviz.labs.invariance import Equivariance, equivariance, layer_changes
from cnnviz.networks.network import Network, output_shapes
from cnnviz.numbers import percent
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import current_model
from cnnviz.ui.widgets.charts import draw, specification
from cnnviz.ui.widgets.code_panel import code_panel, opening
from cnnviz.ui.widgets.layer_picker import choose_layer, choose_unit
from cnnviz.ui.widgets.pictures import theme

RIGHT, DOWN = "invariance_right", "invariance_down"
FARTHEST = 6  # pixels


def layers_view() -> None:
    """One map three times, the error in words, and every layer's change below."""
    chosen, digit = current_model(), current_digit()
    layers = layers_with_maps(chosen.model)
    if not layers:
        st.info(
            "This network has no maps: without convolutions nothing can move along. Choose another model.",
            icon=":material/info:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="invariance_layers"):
        layer = choose_layer(layers)
        unit = choose_unit("Map", layer, output_shapes(chosen.model.config)[layer][0])
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        across = st.slider("Move right, px", -FARTHEST, FARTHEST, 1, key=RIGHT, persist_state="session")
        below = st.slider("Move down, px", -FARTHEST, FARTHEST, 0, key=DOWN, persist_state="session")
    found = equivariance(chosen.model, digit.image, layer, across, below)
    with left:
        _pictures(found, layer, unit)
    with right:
        st.markdown(_in_words(found, layer, unit, across, below))
    _changes(chosen.model, max(abs(across), abs(below), 1))
    st.caption(
        "**What this does not show:** whether noticing a move is bad. To tell a 6 from a 9 the network must "
        "know where things are; how much it may forget is learned, not given."
    )
    code_panel(
        opening(chosen, digit)
        + f'found = equivariance(model, image, "{layer}", {across}, {below})\n'
        + f"print(found.error, found.errors[{unit}], found.cells)\n"
        + f"print(layer_changes(model, image, [({across}, {below})]))\n"
    )


def layers_with_maps(model: Network) -> list[str]:
    shapes = output_shapes(model.config)
    return [
        name for name, shape in shapes.items() if len(shape) == 3 and not name.startswith(("norm", "places"))
    ]


def _pictures(found: Equivariance, layer: str, unit: int) -> None:
    difference = torch.where(found.known, found.found[unit] - found.expected[unit], 0.0)
    values = torch.stack([found.expected[unit], found.found[unit], difference])  # (3, h, w)
    maps(
        values,
        key="invariance_maps",
        label=f"Map {unit} of {layer}: moved along, found, and their difference",
        captions=["its map, moved: T f(x)", "map of the moved digit: f(T x)", "difference"],
        noun="",
        tile=186,
        selectable=False,
        link="invariance",
    )


def _in_words(found: Equivariance, layer: str, unit: int, across: int, below: int) -> str:
    cells = " and ".join(
        f"{abs(each):g} cell{'s' * (abs(each) != 1)} {word[each < 0]}"
        for each, word in zip(found.cells, (("right", "left"), ("down", "up")), strict=True)
        if each
    )
    if not (across or below):
        return "Nothing moves yet."
    whole = all(float(each).is_integer() for each in found.cells)
    reason = (
        "Whole cells, so the same windows see the same strokes."
        if whole
        else "Not whole cells: every window sees the strokes cut at another place."
    )
    return (
        f"One cell of `{layer}` is {found.stride} px, so its maps should move {cells}. {reason}\n\n"
        f"Difference: **{percent(found.errors[unit])}** of map {unit}'s length, **{percent(found.error)}** "
        "over all maps "
        f"({int(found.known.sum())} cells that both know)."
    )


def _changes(model: Network, pixels: int) -> None:
    """Each layer's change under a shift to the right, and what pooling made of it."""
    digit = current_digit()
    changes = layer_changes(model, digit.image, [(pixels, 0)])
    skipped = ("flatten", "dropout", "normalize")
    names = [name for name in changes if not name.startswith(skipped)]
    st.markdown(f"**How much each layer's output changes** when the digit moves {pixels} px to the right")
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        _bars(names, [changes[name][0] for name in names])
    with right:
        pools = [name for name, kind in pooling_layers(model).items() if kind == "max"]
        effects = {name: shift_effects(model, digit.image, name, [(pixels, 0)])[0] for name in pools}
        st.markdown(_pooling_words(effects, pixels))
        st.page_link("pages/pooling.py", label="See the winners themselves", icon=":material/filter_alt:")


def _pooling_words(effects: dict[str, ShiftEffect], pixels: int) -> str:
    lines = [
        f"- `{name}`: **{percent(effect.same_value / max(effect.windows, 1), 0)}** of {effect.windows:,} "
        "windows keep "
        f"their value where they are"
        for name, effect in effects.items()
    ]
    if not lines:
        return "This network has no max pooling."
    return (
        f"A pooled value stays while its winner stays inside the window: a help for small moves, not for "
        f"large ones. After {pixels} px:\n\n" + "\n".join(lines)
    )


def _bars(names: list[str], values: list[float]) -> None:
    rows: dict[str, list[Any]] = {
        "layer": names,
        "change": values,
        "words": [percent(value, 0) for value in values],
    }
    draw(rows, _bars_spec(), "invariance_changes", "Relative change of each layer's output")


@specification
def _bars_spec() -> Any:
    scale, axis = alt.Scale(domainMin=0), alt.Axis(format=".0%", tickCount=4)
    bars = alt.Chart().encode(
        alt.X("layer:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, ticks=False)),
        alt.Y("change:Q", title=None, axis=axis, scale=scale),
    )
    return alt.layer(
        bars.mark_bar(color=ACCENT[theme()], width=alt.RelativeBandSize(band=0.6)),
        bars.mark_text(dy=-7, color=ACCENT[theme()]).encode(text="words:N"),
        height=190,
    )
