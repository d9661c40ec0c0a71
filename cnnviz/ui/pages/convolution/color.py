"""Convolution of color pictures: a slice of kernel for each color, one map a filter, a stack of maps."""

from dataclasses import dataclass, replace

import streamlit as st
import torch
from torch import Tensor

from cnnviz.errors import ShapeError
from cnnviz.io.photos import PHOTOS
from cnnviz.labs.convolution.geometry import WindowGeometry
from cnnviz.labs.convolution.kernels import CHANNELS, COLOR_KERNELS
from cnnviz.labs.convolution.operations import correlate, partial_sums
from cnnviz.networks.imagenet import first_kernels
from cnnviz.numbers import number
from cnnviz.ui.components.maps.maps import chosen_tile, maps
from cnnviz.ui.components.sliding_window.sliding_window import (
    Cells,
    SlidingContent,
    sliding_picture,
    typed_cells,
)
from cnnviz.ui.pages.convolution.inputs import Photograph, offer_upload, photo_label, photograph, photographs
from cnnviz.ui.pages.convolution.kernel import parse_typed, same_shape
from cnnviz.ui.state.cache import image_network
from cnnviz.ui.state.query_params import Convolution
from cnnviz.ui.widgets.choice_controls import select
from cnnviz.ui.widgets.code_panel import code_panel

PICTURE, STACK = "colour_picture", "colour_stack"
HAND, LEARNED = "hand", "learnt"
SOURCES = {HAND: "Written by hand", LEARNED: "Learnt from ImageNet"}
SIDE = 44  # pixels of the photograph's longer side
_OWN, _TYPED, _CHOSEN = "_colour_own", "_colour_typed", "_colour_filter"


@dataclass(frozen=True, eq=False)
class Bank:
    """Filters (K, 3, h, w), float64, and a name and a use for each."""

    filters: Tensor
    names: list[str]
    uses: list[str]


def color() -> None:
    """Three channels, three slices, three partial maps and their sum; and all filters' maps as a stack."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = select("Photograph", Convolution.photo.among(photographs()), photo_label)
        offer_upload(Convolution.photo.name)
        source = select("Filters", Convolution.filters.among(SOURCES), SOURCES.__getitem__)
        bank = _bank(source)
        chosen = _choose(bank)
    made = photograph(name, SIDE)
    photo, kernel = made.image, bank.filters[chosen]  # (3, H, W), (3, h, w)
    partial = partial_sums(photo, kernel)  # (3, H', W')
    content = SlidingContent(
        label=f"{bank.names[chosen]} over the photograph: {photo_label(name).lower()}",
        rule="sum",
        image=photo,
        window=(kernel.shape[1], kernel.shape[2]),
        geometry=WindowGeometry(),
        names=CHANNELS,
        kernel=kernel,
        partial=partial,
        total=partial.sum(0),
        editable=True,
        limit=1.0,
    )
    typed: tuple[Cells, str] | None = st.session_state.get(_TYPED)
    problem = ""
    if typed is not None and same_shape(typed[0], kernel):
        content, problem = replace(content, typed=typed[0]), typed[1]
    sliding_picture(content, key=PICTURE, on_edit=lambda: _take_typed(kernel))
    if problem:
        st.error(problem, icon=":material/error:")
    _words(photo, kernel, bank, chosen)
    _stack(photo, bank, chosen)
    credit = PHOTOS[name].credit if name in PHOTOS else "yours"
    st.caption(f"Photograph: {credit}, reduced to {photo.shape[2]} × {photo.shape[1]} pixels.")
    _code(made, source, kernel)


def _bank(source: str) -> Bank:
    if source == LEARNED:
        learned = first_kernels(image_network()).double()  # (32, 3, 3, 3)
        uses = ["learnt from photographs, by nobody's hand"] * len(learned)
        return Bank(learned, [f"filter {number}" for number in range(len(learned))], uses)
    filters = [entry.kernel for entry in COLOR_KERNELS.values()]
    names = [entry.label for entry in COLOR_KERNELS.values()]
    uses = [entry.use for entry in COLOR_KERNELS.values()]
    if _OWN in st.session_state:
        filters, names, uses = [*filters, st.session_state[_OWN]], [*names, "Yours"], [*uses, "typed by hand"]
    return Bank(torch.stack(filters), names, uses)


def _choose(bank: Bank) -> int:
    """The filter on top; the stack below chooses too."""
    count = len(bank.names)
    if not 0 <= st.session_state.get(_CHOSEN, 0) < count:
        st.session_state[_CHOSEN] = 0
    chosen = st.selectbox(
        "Filter",
        range(count),
        format_func=bank.names.__getitem__,
        key=_CHOSEN,
        persist_state="session",
        width=210,
        on_change=_forget_typed,
    )
    return int(chosen)


def _take_typed(kernel: Tensor) -> None:
    cells = typed_cells(PICTURE)
    if cells is None or not same_shape(cells, kernel):
        return
    try:
        st.session_state[_OWN] = parse_typed(cells, kernel)
    except ShapeError as error:
        st.session_state[_TYPED] = (cells, str(error))
        return
    st.session_state[Convolution.filters.name] = HAND
    st.session_state[_CHOSEN] = len(COLOR_KERNELS)
    _forget_typed()


def _forget_typed() -> None:
    st.session_state.pop(_TYPED, None)


def _words(photo: Tensor, kernel: Tensor, bank: Bank, chosen: int) -> None:
    channels, down, across = kernel.shape
    sums = ", ".join(
        f"{name.lower()} {number(slice_.sum())}" for name, slice_ in zip(CHANNELS, kernel, strict=True)
    )
    st.caption(
        f"{bank.names[chosen]}: {bank.uses[chosen]}. One filter has {channels} × {down} × {across} = "
        f"{kernel.numel()} weights; its partial maps are added, so {photo.shape[0]} channels become one map. "
        f"Its slices sum to: {sums}."
    )


def _stack(photo: Tensor, bank: Bank, chosen: int) -> None:
    """One map a filter."""
    results = correlate(photo, bank.filters)  # (K, H', W')
    count = len(results)
    st.markdown(f"**{count} filters make a stack of {count} maps**; choose one to see it above")
    maps(
        results,
        key=STACK,
        label="One map a filter",
        captions=bank.names,
        limits=results.abs().amax((1, 2)),
        selected=chosen,
        tile=130 if count < 10 else 84,
        on_select=lambda: _select(count),
    )
    st.caption(
        f"The stack is {' × '.join(map(str, results.shape))}: the next layer takes it as an image of {count} "
        "channels.  \n**What this does not show:** what the layers behind make of these maps."
    )


def _select(count: int) -> None:
    tile = chosen_tile(STACK)
    if tile is not None and tile < count:
        st.session_state[_CHOSEN] = tile
        _forget_typed()


def _code(made: Photograph, source: str, kernel: Tensor) -> None:
    bank = (
        "first_kernels(load_imagenet()).double()"
        if source == LEARNED
        else ("torch.stack([entry.kernel for entry in COLOR_KERNELS.values()])")
    )
    code_panel(
        f"photo = {made.program}.double()  # (3, H, W)\n"
        f"kernel = torch.tensor({kernel.tolist()}, dtype=torch.float64)  # {tuple(kernel.shape)}\n"
        "print(partial_sums(photo, kernel), partial_sums(photo, kernel).sum(0), sep='\\n')\n"
        f"filters = {bank}\n"
        "print(correlate(photo, filters).shape)  # one map a filter\n"
    )
