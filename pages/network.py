"""Network: the whole pass from the digit to the probabilities, every number explained."""

import streamlit as st

from cnnviz.ui.components.network.network import network_view
from cnnviz.ui.pages import network
from cnnviz.ui.shell.frame import require_frame
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import current_model, current_trace
from cnnviz.ui.widgets.code_panel import code_panel

require_frame()

chosen, digit, trace = current_model(), current_digit(), current_trace()
start = network.first_selection(trace)
selection = network_view(chosen.model, trace, key="network", caption=digit.caption, start=start)
network.keep_selection(selection)

st.caption(
    "**Keys.** Click pins a number. Arrows move it, page up and down change the map, shift with left or "
    "right the layer, enter follows it back to where it came from, space slides the kernel, escape releases."
)
st.caption(
    "**What this does not show.** These numbers are true for this one digit, not for others. A large "
    "contribution is not yet a cause: take it away and the rest may still give the same answer. The "
    "coloured path is one of thousands. It does not show what a map looks for in general (Filters), "
    "nor how the weights came about (Train). Colors have each layer's own range, so equal blue in "
    "two layers is not the same number."
)
code_panel(network.program(chosen, digit, trace, selection))
