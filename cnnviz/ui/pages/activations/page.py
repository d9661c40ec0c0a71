"""The activations page: all maps of a layer before and after its activation, and one of them large.

One fragment: another layer, unit, order or range reruns nothing else. The address names layer and unit.
"""

import streamlit as st
import torch
from torch import Tensor

from cnnviz.interpret.activations import Order, Scope, Stage, dead, find, limits, measure, order, stages
from cnnviz.networks.tracing import trace
from cnnviz.numbers import number
from cnnviz.training.history import History
from cnnviz.ui.components.maps.maps import chosen_tile, maps
from cnnviz.ui.pages.activations.attention import attention_view
from cnnviz.ui.pages.activations.detail import Shown, code, comparison, detail
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import CurrentModel, current_model, current_trace, history
from cnnviz.ui.state.query_params import CHANNEL
from cnnviz.ui.widgets.layer_picker import RANGE, choose_layer, choose_unit

BEFORE, AFTER = "maps_before", "maps_after"
ORDERS: tuple[Order, ...] = ("index", "mean", "maximum")
ROOM = 36  # letters of the stages' names that leave room for other choices in one row
NAMED = 24  # dead units called by their numbers; more would be no help
SCOPES: tuple[Scope, ...] = ("unit", "layer", "network")


@st.fragment
def activations_page() -> None:
    """All of the page, for the current model and digit."""
    chosen = current_model()
    every = stages(current_trace())
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="activation_controls"):
        stage_of = {layer: stage.name for stage in every for layer in stage.layers}
        stage = find(every, choose_layer([stage.name for stage in every], likely=stage_of.get))
        first = int(measure(stage.after).high.argmax())
        unit = choose_unit("Map" if stage.maps else "Unit", stage.name, len(stage.after), first)
        narrow = sum(len(each.name) for each in every) > ROOM
        by = _choose("Sort by", list(ORDERS), "sort_by", narrow)
        scope = _choose("Colour range", list(SCOPES), RANGE, narrow, "layer")
    ends = _limits(chosen, every, stage, scope)  # type: ignore[arg-type]
    shown = Shown(chosen, every, stage, unit, *ends, scope)  # type: ignore[arg-type]
    units = order(stage, by).tolist()  # type: ignore[arg-type]
    before, after, side = st.columns([1.3, 1.3, 1], gap="medium")
    with before:
        _grid(shown, BEFORE, units)
    with after:
        _grid(shown, AFTER, units)
    with side:
        detail(shown)
    _words(shown)
    attention_view(shown)
    comparison(shown)
    code(shown)


def _limits(chosen: CurrentModel, every: list[Stage], stage: Stage, scope: Scope) -> tuple[Tensor, Tensor]:
    """Of this moment; while an earlier one is shown, the largest of all moments, so that growth is seen."""
    past = history() if chosen.snapshot is not None else None
    if past is None:
        return limits(every, stage, scope)
    image = current_digit().image
    return _limits_of_all(
        past.name, len(past.snapshots), image.numpy().tobytes(), stage.name, scope, past, image
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _limits_of_all(
    name: str,  # noqa: ARG001 - these three are the key
    count: int,  # noqa: ARG001
    digit: bytes,  # noqa: ARG001
    layer: str,
    scope: Scope,
    _past: History,
    _image: Tensor,
) -> tuple[Tensor, Tensor]:
    passes = [stages(trace(_past.checkpoint(index).model, _image)) for index in range(len(_past.snapshots))]
    ends = [limits(every, find(every, layer), scope) for every in passes]
    before, after = (torch.stack(each).amax(0) for each in zip(*ends, strict=True))  # (C,)
    return before, after


def _choose(label: str, options: list[str], key: str, narrow: bool, default: str | None = None) -> str:
    """One of a few words; as a drop-down where the layers take up the row."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = default or options[0]
    if narrow:
        return str(st.selectbox(label, options, key=key, persist_state="session", width=140))
    chosen = st.segmented_control(label, options, key=key, persist_state="session", required=True)
    return chosen or options[0]


def _grid(shown: Shown, key: str, units: list[int]) -> None:
    """One tile a unit, in the chosen order; both grids select the same unit."""
    stage = shown.stage
    when, values, ends = {
        BEFORE: ("Before", stage.before, shown.limits_before),
        AFTER: ("After", stage.after, shown.limits_after),
    }[key]
    title = f"{when} {stage.doing}"
    low, high = float(values.min()), float(values.max())
    size = " × ".join(map(str, values.shape[1:])) if stage.maps else "one number each"
    st.markdown(f"**{title}** · {size}  \n{number(low)} to {number(high)}")
    silent = dead(stage)[units]
    captioned = stage.maps or len(units) <= 16  # hundreds of dense units are too small for captions
    tiles = values[units] if stage.maps else values[units][:, None, None]  # (C, H, W)
    own = shown.scope == "unit"
    maps(
        tiles,
        key=key,
        label=f"{title}: the {len(units)} units of {stage.name}",
        captions=list(map(str, units)) if captioned else [""] * len(units),
        notes=_notes(values, units, silent.tolist(), captioned),
        noun=("map" if stage.maps else "unit") if captioned else "",
        scale="activation",
        limit=None if own else float(ends[0]),
        limits=ends[units] if own else None,
        selected=units.index(shown.unit),
        tile=_tile_side(len(units), stage.maps),
        marks=silent.numpy() if key == AFTER else None,
        link="activations",
        on_select=lambda: CHANNEL.take(chosen_tile(key), units),
    )


def _notes(values: Tensor, units: list[int], silent: list[bool], captioned: bool) -> list[str]:
    """What the hover line adds: the unit's number where no caption tells it, its mean, its death."""
    means = measure(values).mean.tolist() if values.ndim == 3 else None
    notes = []
    for unit, off in zip(units, silent, strict=True):
        parts = [
            "" if captioned else f"unit {unit}",
            f"mean {number(means[unit])}" if means else "",
            "dead" if off else "",
        ]
        notes.append(", ".join(filter(None, parts)))
    return notes


def _tile_side(count: int, are_maps: bool) -> int:
    """CSS px of a tile such that the usual layers stay above the fold."""
    steps = {8: 92, 16: 70, 32: 50, 64: 33} if are_maps else {16: 60, 128: 20}
    return next((side for most, side in steps.items() if count <= most), 26 if are_maps else 11)


def _words(shown: Shown) -> None:
    """What one sees, which units are dead, and what one does not see."""
    stage = shown.stage
    silent = dead(stage).nonzero().flatten().tolist()
    noun = "maps" if stage.maps else "units"
    many = f"{len(silent)} of {len(stage.after)} {noun}"
    named = ", ".join(map(str, silent[:NAMED])) + (" …" if len(silent) > NAMED else "")
    lines = {
        "ReLU": "ReLU cuts off all that is negative (orange).",
        "tanh": "tanh squeezes every value into −1 to 1.",
        "softmax": "Softmax turns ten scores into ten probabilities.",
        "adding the position embedding": "Every cell gets the numbers that were learned for its place.",
        "attention": "Every cell heard all the others, each as much as it resembles what was asked for.",
        "normalisation": "All numbers together are brought to mean 0 and spread 1, then scaled one by one.",
    }
    what = lines.get(stage.doing, "Of every window one number goes on.")
    off = f" **Dead for this digit**, zero everywhere: {many} ({named})." if silent else ""
    network = float(limits(shown.every, shown.every[0], "network")[1].max())
    st.caption(
        f"{what}{off} The largest value in the network is {number(network)}; colors end where the bars do, "
        "values beyond keep the end color.  \n"
        "**What this does not show:** whether later layers listen; a bright map may count for little. One "
        "that is dead here may be bright for another digit."
    )
