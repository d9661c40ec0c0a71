"""The layer and the unit, chosen on many pages under the same names and carried from one to the next."""

from collections.abc import Callable, Sequence

import streamlit as st

from cnnviz.ui.state.query_params import CHANNEL, LAYER
from cnnviz.ui.widgets.choice_controls import number, segments

RANGE = "colour_range"
_DEPTH = "_depth_of_unit"


def choose_layer(
    layers: Sequence[str], first: str | None = None, likely: Callable[[str], str | None] | None = None
) -> str:
    """The chosen layer, at first the `first` one; for another page's layer the `likely` one here.

    Unless the page knows better, that is the first of `layers` at its depth or behind: "conv2" -> "pool2".
    """

    def behind(wanted: str) -> str | None:
        depth = int(_number_of(wanted)[:3] or 0)
        return next((layer for layer in layers if depth and int(_number_of(layer) or 0) >= depth), None)

    return segments("Layer", LAYER.among(layers, first=first or layers[0], likely=likely or behind))


def choose_unit(label: str, layer: str, count: int, first: int = 0) -> int:
    """The chosen unit of `layer`; `first` at the beginning and when the layer's depth changes.

    A map keeps its number from a convolution to the pooling behind it, but means nothing deeper down.
    """
    depth = _number_of(layer) or layer
    if st.session_state.get(_DEPTH, depth) != depth:
        st.session_state[CHANNEL.name] = first
    st.session_state[_DEPTH] = depth
    return number(label, CHANNEL.within(0, count - 1, first), width=140)


def _number_of(layer: str) -> str:
    """Its depth: "2" of "conv2" and of "block2.conv1"."""
    return "".join(filter(str.isdecimal, layer.partition(".")[0]))
