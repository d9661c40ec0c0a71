"""Beneath the maps of an attention layer: which cells each cell hears, head by head."""

import streamlit as st
from torch import Tensor

from cnnviz.interpret.receptive_fields import pixel_spans
from cnnviz.networks.layers import TransformerBlock, attention_weights
from cnnviz.networks.network import Network
from cnnviz.ui.components.maps.maps import Rectangle, maps
from cnnviz.ui.pages.activations.detail import Shown
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import current_trace


def attention_view(shown: Shown) -> None:
    """Nothing for other layers. All cells with the heads' mean; of a chosen one, every head."""
    name, model = shown.stage.source, shown.chosen.model
    layer = model.get_submodule(name)
    if not isinstance(layer, TransformerBlock):
        return
    shares = attention_weights(layer, current_trace()[name].input)  # (heads, H, W, H, W)
    height, width = shares.shape[1:3]
    image, spots = current_digit().image, _spots(model)
    st.subheader("Which cells does each cell hear?", anchor=False)
    left, middle, right = st.columns([1.3, 1, 1.3], gap="medium")
    with left:
        st.markdown(f"**All {height * width} cells**, mean of {len(shares)} heads · choose one")
        cell = maps(
            shares.mean(0).flatten(0, 1),  # (H * W, H, W)
            key=f"hearing_{height}x{width}",
            label=f"For each of the {height * width} cells: how much it hears of every cell",
            captions=[f"{row}, {column}" for row in range(height) for column in range(width)],
            noun="cell",
            scale="activation",
            tile=64 if height * width <= 16 else 40,
            selected=_inkiest(image, spots),
        )
    row, column = divmod(cell or 0, width)
    with middle:
        st.markdown(f"**Cell {row}, {column}** on the digit")
        maps(
            image[None],
            key="hearing_cell",
            label=f"The digit, with the pixels of cell {row}, {column} outlined",
            captions=[""],
            scale="digit",
            tile=240,
            overlay=[spots[row * width + column]],
            selectable=False,
            link="hearing",
        )
    with right:
        st.markdown("**What it hears**, head by head; shares of 1")
        maps(
            shares[:, row, column],
            key="heads",
            label=f"How much cell {row}, {column} hears of every cell, one map a head",
            captions=[f"head {head}" for head in range(len(shares))],
            scale="activation",
            tile=120,
            numbers=True,
            selectable=False,
            link="hearing",
        )
    st.caption(
        "Row and column of a cell count from 0 at the top left. The shares of one cell and head sum to 1: "
        "the softmax of how well its question fits every cell's key.  \n"
        "**What this does not show:** what is said. A cell heard loudly may say nothing of use, and each "
        "adds what it hears to what it already was."
    )


def _spots(model: Network) -> list[Rectangle]:
    """Each cell's own pixels: what it saw before cells began to hear each other."""
    spans = pixel_spans(model, "patches")
    return [(0, top, left, low - top + 1, right - left + 1) for top, low in spans for left, right in spans]


def _inkiest(image: Tensor, spots: list[Rectangle]) -> int:
    """The cell with the most ink on its pixels: one where something is to be heard."""
    ink = [
        float(image[top : top + height, left : left + width].sum()) for _, top, left, height, width in spots
    ]
    return ink.index(max(ink))
