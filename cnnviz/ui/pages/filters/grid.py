"""What both kinds of filters page are made of: the controls, the grid, and the table of numbers."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from cnnviz.networks.network import Network
from cnnviz.numbers import number
from cnnviz.ui.components.maps.maps import chosen_tile, maps
from cnnviz.ui.state.current_model import CurrentModel, history
from cnnviz.ui.state.query_params import CHANNEL
from cnnviz.ui.widgets.layer_picker import RANGE

GRID = "kernels"


@dataclass(frozen=True, eq=False)
class Shown:
    """What the grid shows: one filter a tile, its weights now and before training."""

    layer: str
    noun: str  # "filter" or "unit"
    weights: Tensor  # (T, k, k)
    untrained: Tensor  # (T, k, k)
    units: list[int]  # each tile's filter
    limit: float | None  # the end colours' value; None: each tile its own

    def limit_of(self, tile: int) -> float:
        """For pictures of one filter, which before and after training share."""
        pair = torch.stack([self.weights[tile], self.untrained[tile]])
        return float(pair.abs().max()) if self.limit is None else self.limit


def grid(shown: Shown, unit: int, tile: int, notes: list[str] | None = None) -> None:
    """All filters; a click puts the tile's filter into the address before the rerun it causes."""
    count = len(shown.units)
    maps(
        shown.weights,
        key=GRID,
        label=f"Weights of {count} {shown.noun}s of {shown.layer}",
        captions=list(map(str, shown.units)),
        notes=notes,
        noun=shown.noun,
        limit=shown.limit,
        limits=shown.weights.abs().amax((1, 2)) if shown.limit is None else None,
        selected=shown.units.index(unit) if unit in shown.units else None,
        tile=tile,
        on_select=lambda: CHANNEL.take(chosen_tile(GRID), shown.units),
    )


def numbers(model: Network, untrained: Network, shown: Shown, tile: int) -> None:
    """Norm and bias, before training and now; in front of a normalization there may be no bias."""
    rows = {"L2 norm of these weights": (shown.untrained[tile].norm(), shown.weights[tile].norm())}
    if model.get_submodule(shown.layer).bias is not None:
        unit = shown.units[tile]
        rows["Bias"] = bias_of(untrained, shown.layer)[unit], bias_of(model, shown.layer)[unit]
    lines = [f"| {name} | {number(old, '.3f')} | {number(new, '.3f')} |" for name, (old, new) in rows.items()]
    st.markdown("\n".join(["| | before training | now |", "|---|---:|---:|", *lines]))


def choose_limit(chosen: CurrentModel, layer: str, layers: list[str]) -> float | None:
    """The value of the strongest colors; None when each filter has its own."""
    reach = st.segmented_control(
        "Colour range",
        ["unit", "layer", "network"],
        default="layer",
        key=RANGE,
        persist_state="session",
        required=True,
        help="The value of the strongest colors: each filter's own largest, the layer's, or the network's. "
        "While an earlier moment is shown, the largest of the whole training.",
    )
    if reach == "unit":
        return None
    return _largest(chosen, layer) if reach == "layer" else max(_largest(chosen, name) for name in layers)


def _largest(chosen: CurrentModel, layer: str) -> float:
    """The layer's largest |weight|; of all moments while an earlier one is shown, so that growth is seen."""
    past = history() if chosen.snapshot is not None else None
    if past is not None:
        return past.largest(f"{layer}.weight")
    return float(weight_of(chosen.model, layer).abs().max())


def suggestions(ranked: dict[str, Callable[[], int]]) -> None:
    """Try this: one button a suggestion, each leading to a filter."""
    with st.container(horizontal=True, key="try_this"):
        for label, find in ranked.items():
            st.button(label, on_click=_go, args=(find,), type="tertiary", key=f"try {label}")


def _go(find: Callable[[], int]) -> None:
    st.session_state[CHANNEL.name] = find()


# ---- the model ----


def seed_of(chosen: CurrentModel) -> int:
    """The seed the model's training began with, as its card says; 0 without a card."""
    return int(chosen.card.get("seed", 0))


def weight_of(model: Network, layer: str) -> Tensor:
    weight: Tensor = model.get_submodule(layer).weight.detach()  # type: ignore[operator]
    return weight


def bias_of(model: Network, layer: str) -> Tensor:
    bias: Tensor = model.get_submodule(layer).bias.detach()  # type: ignore[operator]
    return bias
