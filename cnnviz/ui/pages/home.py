"""The home page's parts: a greeting, the current digit on its way through the network, four doors."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.colors import color
from cnnviz.io.images import encode_png
from cnnviz.networks.tracing import LayerRecord, Trace
from cnnviz.numbers import probability
from cnnviz.ui.shell import tour
from cnnviz.ui.shell.page_registry import FOLDER
from cnnviz.ui.shell.time_machine import title_row
from cnnviz.ui.state.current_digit import choose_random_digit
from cnnviz.ui.state.current_model import current_trace
from cnnviz.ui.widgets.pictures import digit_uri, theme

MAPS = 8  # shown of each layer: those that respond most
_DOORS = (
    ("draw", "Draw a digit", "Write one with the mouse and watch it being read.", "draw"),
    ("network", "Look inside", "Follow every number from the pixels to the answer.", "account_tree"),
    ("filters", "See the filters", "The patterns each layer has learned to look for.", "grid_view"),
    ("train", "Train your own", "Watch the filters form, second by second.", "model_training"),
)


def greeting() -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="greeting"):
        title_row("See inside a convolutional network", "This digit is passing through a real one now.")
        tour.offer()
        st.button("Another digit", icon=":material/casino:", on_click=choose_random_digit, key="another")


def strip() -> None:
    """Input, the strongest maps of each layer, and the answer, left to right."""
    trace = current_trace()
    layers = [record for record in trace if record.output.ndim == 3 and record.kind in _SHOWN]
    with st.container(horizontal=True, key="strip", vertical_alignment="center"):
        with st.container(width=140):
            st.image(digit_uri(trace.image, 5), width=140, alt="The current digit")
            st.caption("Input, 28 × 28")
        for record in layers:
            with st.container(width=168):
                st.image(
                    _sheet(record),
                    width=168,
                    alt=f"{record.name}: its {MAPS} strongest maps",
                    output_format="PNG",
                )
                st.caption(_caption(record))
        with st.container(width=112):
            _answer(trace)


def doors() -> None:
    for column, (page, title, text, icon) in zip(st.columns(len(_DOORS)), _DOORS, strict=True):
        if (FOLDER / f"{page}.py").exists():
            with column, st.container(border=True, height="stretch", key=f"door_{page}"):
                st.page_link(FOLDER / f"{page}.py", label=f"**{title}**", icon=f":material/{icon}:")
                st.caption(text)


_SHOWN = ("ReLU", "Tanh", "MaxPool2d", "AvgPool2d", "PositionEmbedding", "TransformerBlock")


def _caption(record: LayerRecord) -> str:
    channels, height, width = record.output.shape
    low, high = float(record.output.min()), float(record.output.max())
    some = f"{MAPS} of {channels}" if channels > MAPS else str(channels)
    return f"**{record.name}** · {some} maps, {height} × {width}  \n{low:.2g} to {high:.2g}"


def _sheet(record: LayerRecord) -> bytes:
    """The strongest maps as one picture, four rows of two, on the layer's own range."""
    strength = record.output.flatten(1).amax(1)
    chosen = record.output[strength.topk(min(MAPS, len(strength))).indices.sort().values]  # (8, H, W)
    limit = float(record.output.abs().max())
    cells = [_enlarged(color(np.asarray(values), limit, theme=theme())) for values in chosen]
    return encode_png(_tile(cells, 2))


def _enlarged(pixels: NDArray[np.uint8], side: int = 104) -> NDArray[np.uint8]:
    factor = max(1, side // pixels.shape[0])
    return np.repeat(np.repeat(pixels, factor, 0), factor, 1)


def _tile(cells: list[NDArray[np.uint8]], columns: int, gap: int = 8) -> NDArray[np.uint8]:
    """Pictures side by side with transparent gaps; uint8 RGBA."""
    height, width, _ = cells[0].shape
    rows = -(-len(cells) // columns)
    sheet = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, 4), np.uint8)
    for number, cell in enumerate(cells):
        top, left = (number // columns) * (height + gap), (number % columns) * (width + gap)
        sheet[top : top + height, left : left + width, :3] = cell
        sheet[top : top + height, left : left + width, 3] = 255
    return sheet


def _answer(trace: Trace) -> None:
    values, digits = trace.probabilities.topk(3)
    st.html(f"<div class='answer'>{int(digits[0])}</div>")
    for value, digit in zip(values.tolist(), digits.tolist(), strict=True):
        st.caption(f"{digit} · {probability(value)}")
    st.caption("probability (softmax)")
