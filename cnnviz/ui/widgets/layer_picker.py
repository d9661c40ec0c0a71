"""The layer and the unit in the address, for pages that offer other layers under the same names."""

from collections.abc import Callable, Sequence

import streamlit as st

from cnnviz.ui.widgets.filter_picker import CHANNEL, LAYER

_DEPTH = "_depth_of_unit"


def choose_layer(layers: Sequence[str], nearest: Callable[[str], str | None]) -> str:
    """The chosen layer; for another page's layer the `nearest` one here, or else the first."""
    wanted = str(st.session_state.get(LAYER, st.query_params.get(LAYER, "")))
    if wanted not in layers:
        st.session_state[LAYER] = nearest(wanted) or layers[0]
    return st.segmented_control("Layer", layers, key=LAYER, bind="query-params", required=True) or layers[0]


def next_of(layers: Sequence[str]) -> Callable[[str], str | None]:
    """nearest() for choose_layer: the first of `layers` at or behind the wanted one, "conv2" -> "pool2"."""

    def nearest(wanted: str) -> str | None:
        depth = int(_number_of(wanted)[:3] or 0)
        behind = [layer for layer in layers if int(_number_of(layer)) >= depth]
        return behind[0] if depth and behind else None

    return nearest


def choose_unit(label: str, layer: str, count: int, first: int) -> int:
    """The chosen unit of `layer`; `first` at the beginning and when the layer's depth changes.

    A map keeps its number from a convolution to the pooling behind it, but means nothing deeper down.
    """
    depth = _number_of(layer) or layer
    moved = st.session_state.get(_DEPTH, depth) != depth
    st.session_state[_DEPTH] = depth
    wanted = str(st.session_state.get(CHANNEL, st.query_params.get(CHANNEL, "")))
    if moved or not wanted.isdecimal() or int(wanted) >= count:
        st.session_state[CHANNEL] = first
    unit = st.number_input(label, 0, count - 1, None, key=CHANNEL, bind="query-params", width=140)
    return first if unit is None else int(unit)


def _number_of(layer: str) -> str:
    """Its depth: "2" of "conv2" and of "block2.conv1"."""
    return "".join(filter(str.isdecimal, layer.partition(".")[0]))
