"""TODO docstring."""

import streamlit as st

LAYER, CHANNEL, INPUT, RANGE = "layer", "channel", "input", "colour_range"
STRONGEST = "strongest"


# ---- controls ----


def choose_layer(layers: list[str]) -> str:
    """The layer in the address; for another page's layer, the (first) convolution of the same number."""
    wanted = str(st.session_state.get(LAYER, st.query_params.get(LAYER, "")))
    if wanted not in layers:
        number = "".join(filter(str.isdecimal, wanted))
        likely = [layer for layer in layers if layer in (f"conv{number}", f"block{number}.conv1")]
        st.session_state[LAYER] = likely[0] if likely else layers[0]
    return st.segmented_control("Layer", layers, key=LAYER, bind="query-params", required=True) or layers[0]


def choose_input(count: int) -> int | None:
    """An input channel, or None for each filter's strongest."""
    if count == 1:
        return 0
    options = [STRONGEST, *map(str, range(count))]
    if st.session_state.get(INPUT, STRONGEST) not in options:
        st.session_state[INPUT] = STRONGEST
    choice = st.selectbox("Input channel", options, key=INPUT, bind="query-params", width=150)
    return None if choice == STRONGEST else int(choice)


def choose_unit(label: str, count: int, first: int = 0) -> int:
    """The filter in the address; `first` when there is none, or one that this layer does not have."""
    if not 0 <= (st.session_state.get(CHANNEL) or 0) < count:
        st.session_state[CHANNEL] = first
    unit = st.number_input(
        label,
        0,
        count - 1,
        "min" if first == 0 else None,
        key=CHANNEL,
        bind="query-params",
        placeholder=str(first),
        width=140,
    )
    return first if unit is None else int(unit)
