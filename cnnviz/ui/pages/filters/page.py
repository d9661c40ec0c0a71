"""The filters page: a layer's kernels as one picture, and beside it all about the selected one.

The page is one fragment: switching layer, channel or filter reruns nothing else. Its address
names layer, filter and input channel, so that a link shows somebody else the same view.
"""

from collections.abc import Callable

import streamlit as st
import torch
from torch import Tensor

from cnnviz.interpret.filters import (
    Match,
    chance_similarity,
    conv_layers,
    kernels_of,
    known_filters,
    nearest_known,
    partial_response,
    spectrum,
    strongest_inputs,
)
from cnnviz.networks.layers import TransformerBlock
from cnnviz.networks.network import Network
from cnnviz.networks.tracing import LayerRecord, Trace
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.pages.filters.dense_templates import templates
from cnnviz.ui.pages.filters.grid import Shown, choose_limit, grid, numbers, seed_of, suggestions, weight_of
from cnnviz.ui.state import cache
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import CurrentModel
from cnnviz.ui.state.query_params import Filters
from cnnviz.ui.widgets.choice_controls import select
from cnnviz.ui.widgets.code_panel import code_panel, opening
from cnnviz.ui.widgets.layer_picker import choose_layer, choose_unit


@st.fragment
def filters(chosen: CurrentModel, trace: Trace) -> None:
    """The model's kernels, or its templates if it has no convolution, and the responses in its trace."""
    untrained = cache.untrained(chosen.model.config, seed_of(chosen))
    if conv_layers(chosen.model):
        _kernels(chosen, untrained, trace)
    else:
        templates(chosen, untrained, trace.image)


def _kernels(chosen: CurrentModel, untrained: Network, trace: Trace) -> None:
    model, layers = chosen.model, conv_layers(chosen.model)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        layer = choose_layer(layers)
        weight = weight_of(model, layer)  # (N, C, k, k)
        source = _choose_input(weight.shape[1])
        unit = choose_unit("Filter", layer, len(weight))
        limit = choose_limit(chosen, layer, layers)
    channels = strongest_inputs(model, layer) if source is None else torch.full((len(weight),), source)
    kernels, before = kernels_of(model, layer, channels), kernels_of(untrained, layer, channels)
    shown = Shown(layer, "filter", kernels, before, list(range(len(weight))), limit)
    channel = int(channels[unit])
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        deep = weight.shape[1] > 1
        notes = [f"input {number}" for number in channels.tolist()] if deep else None
        grid(shown, unit, _tile_side(len(weight)), notes)
        st.caption(_explanation(weight, source) + _not_here(model))
        suggestions(_worth_a_look(shown))
    with right:
        st.markdown(f"**Filter {unit}** of {layer}" + (f", its kernel on input {channel}" if deep else ""))
        _before_and_now(shown, unit)
        match = nearest_known(kernels[unit])
        known, response, frequencies = st.columns([1, 2 if deep else 1.2, 1], gap="small")
        with known:
            _known(shown, unit, match)
        with response:
            _response(model, trace[layer], unit, channel)
        with frequencies:
            _frequencies(shown, unit)
        st.caption(_words_on(match, kernels.shape[-1]))
        numbers(model, untrained, shown, unit)
    code_panel(_program(chosen, shown, unit, channel, source))


def _choose_input(count: int) -> int | None:
    """An input channel, or None for each filter's strongest."""
    if count == 1:
        return 0
    choice = Filters.input.among([Filters.input.first, *map(str, range(count))])
    chosen = select("Input channel", choice, width=150)
    return None if chosen == choice.first else int(chosen)


def _tile_side(count: int) -> int:
    """CSS px of a tile such that the usual layers fill the column and stay above the fold."""
    sides = {8: 100, 16: 84, 32: 60}
    return next((side for most, side in sides.items() if count <= most), 42)


def _before_and_now(shown: Shown, unit: int) -> None:
    """The kernel before training and now, its weights written into the cells."""
    maps(
        torch.stack([shown.untrained[unit], shown.weights[unit]]),
        key="kernel_pair",
        label=f"Filter {unit} before training and now",
        captions=["before training", "now"],
        limit=shown.limit_of(unit),
        tile=max(130, 34 * shown.weights.shape[-1]),  # room for a number in each cell
        numbers=True,
        selectable=False,
        link="kernel",
    )


def _known(shown: Shown, unit: int, match: Match) -> None:
    st.markdown("Most like it", help="The textbook filter most like it, scaled to fit.")
    maps(
        match.fitted[None],
        key="known",
        label=f"{match.known.name}, scaled to fit filter {unit}",
        captions=[""],
        limit=shown.limit_of(unit),
        tile=104,
        selectable=False,
        link="kernel",
    )


def _words_on(match: Match, side: int) -> str:
    negative = " turned negative" if match.similarity < 0 else ""
    return (
        f"Most like **{match.known.name}**{negative}, similarity {abs(match.similarity):.2f}: it answers to "
        f"{match.sees}. By luck, half of all random {side}×{side} kernels reach "
        f"{chance_similarity(side):.2f} with one of the {len(known_filters(side))} textbook filters."
    )


def _response(model: Network, record: LayerRecord, unit: int, channel: int) -> None:
    """The filter's map for the current digit; on deeper layers also what this one kernel adds to it."""
    digit = current_digit()
    pictures, captions = [record.output[unit]], [""]
    if len(record.input) > 1:
        pictures.insert(0, partial_response(model, record.name, unit, channel, record.input))
        captions = ["this kernel", "all, plus bias"]
    st.markdown("Response", help=f"To {digit.caption}, before normalization and activation.")
    maps(
        torch.stack(pictures),
        key="response",
        label=f"Response of filter {unit} of {record.name} to {digit.caption}, before the activation",
        captions=captions,
        tile=104,
        selectable=False,
        link="response",
    )


def _frequencies(shown: Shown, unit: int) -> None:
    st.markdown(
        "Stripes",
        help="Which stripes the kernel passes: the magnitude of its Fourier transform. The middle is even "
        "ground; further out are finer stripes, vertical ones at the sides, horizontal ones above and below.",
    )
    maps(
        spectrum(shown.weights[unit])[None],
        key="frequencies",
        label=f"Magnitude of the Fourier transform of filter {unit}; even ground is in the middle",
        captions=[""],
        scale="activation",
        tile=104,
        selectable=False,
    )


def _not_here(model: Network) -> str:
    """Which layers have weights that are not on this page."""
    blocks = [f"`{name}`" for name, module in model.named_children() if isinstance(module, TransformerBlock)]
    return f" Not shown: the weights inside {', '.join(blocks)}." if blocks else ""


def _explanation(weight: Tensor, source: int | None) -> str:
    count, channels, side = weight.shape[:3]
    which = "the one with the largest norm" if source is None else f"the one for channel {source}"
    what = (
        f"{count} kernels of {side}×{side} weights, each laid over the digit at every place."
        if channels == 1
        else f"Each filter has {channels} kernels, one an input channel; shown is {which}."
    )
    others = ", or what its other kernels add to the sum" if channels > 1 else ""
    return (
        f"{what} Blue weights want large values there, orange ones small values.  \n"
        "**What this does not show:** what normalization and activation make of a filter's answers, how much "
        f"later layers listen to it{others}."
    )


def _worth_a_look(shown: Shown) -> dict[str, Callable[[], int]]:
    """What to try -> the filter it leads to, found only when asked for."""

    def ood_detector(unit: int) -> float:
        return abs(nearest_known(shown.weights[unit]).similarity)

    change = (shown.weights - shown.untrained).flatten(1).norm(dim=1)
    return {
        "Most like a textbook filter": lambda: max(shown.units, key=ood_detector),
        "Largest weights": lambda: int(shown.weights.flatten(1).norm(dim=1).argmax()),
        "Changed least by training": lambda: int(change.argmin()),
    }


def _program(chosen: CurrentModel, shown: Shown, unit: int, channel: int, source: int | None) -> str:
    layer = repr(shown.layer)
    channels = f"strongest_inputs(model, {layer})" if source is None else str(source)
    return (
        f"{opening(chosen, current_digit())}"
        f"kernels = kernels_of(model, {layer}, {channels})  # {tuple(shown.weights.shape)}\n"
        f"before = kernels_of(build(model.config, seed={seed_of(chosen)}), {layer}, {channels})\n"
        f"record = trace(model, image)[{layer}]\n"
        f"response = record.output[{unit}]\n"
        f"alone = partial_response(model, {layer}, {unit}, {channel}, record.input)\n"
        f"frequencies = spectrum(kernels[{unit}])  # (16, 16)\n"
        f"match = nearest_known(kernels[{unit}])\n"
        f"print(before[{unit}], kernels[{unit}], match.known.name, match.similarity)\n"
    )
