"""Dense, locally connected, shared: three matrices side by side, and what they cost."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import streamlit as st
import torch

from cnnviz.colors import SERIES
from cnnviz.errors import CnnvizError
from cnnviz.labs.architectures.weight_sharing import Count, count_weights, matrices
from cnnviz.networks.config import output_size
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.widgets.charts import draw, specification
from cnnviz.ui.widgets.code_panel import code_panel

DRAWN = 8  # side of the picture whose matrices are drawn; larger ones would be specks
SIDES = (8, 14, 28, 56, 112, 224)
TITLES = {"dense": "Dense", "local": "Locally connected", "shared": "Convolution"}
WORDS = {
    "dense": "every output sees every pixel",
    "local": "every output sees its window, with weights of its own",
    "shared": "all windows share one kernel",
}


def sharing_view() -> None:
    """Matrices, counts for a picture of any size, and how they grow."""
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        side = int(st.select_slider("Picture, pixels a side", SIDES, 28, key="sharing_side"))
        units = int(st.number_input("Units of the dense layer", 1, 4_096, 128, key="sharing_units"))
        filters = int(st.number_input("Maps of the other two", 1, 512, 32, key="sharing_filters"))
        kernel = int(st.number_input("Window, pixels a side", 1, 28, 3, key="sharing_kernel"))
    with left:
        try:
            counts = count_weights(side, units, filters, kernel)
            _matrices(min(kernel, DRAWN))
        except CnnvizError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.markdown(_table(counts, side, units, filters, kernel))
    _growth(units, filters, kernel)
    st.caption(
        "**What this does not show:** work. Shared weights are few, but each is used at every place: the "
        "calculator counts the multiplications."
    )
    code_panel(
        f"print(count_weights({side}, {units}, {filters}, {kernel}))\n"
        f"print(matrices({DRAWN}, {min(kernel, DRAWN)})['shared'].count_nonzero())\n"
    )


def _matrices(kernel: int) -> None:
    found = matrices(DRAWN, kernel)
    maps(
        torch.stack(list(found.values())),
        key="sharing_matrices",
        label="Weights of three layers as matrices; a row is an output, a column a pixel",
        captions=[
            f"{TITLES[name]}: {len(values.unique()) - (name != 'dense'):,} weights"
            for name, values in found.items()
        ],
        noun="",
        tile=186,
        selectable=False,
    )
    st.caption(
        f"One map over a picture of {DRAWN} × {DRAWN}: a row for each of {len(found['dense'])} outputs, a "
        "column "
        f"for each of {DRAWN * DRAWN} pixels, random weights; white is no connection."
    )


def _table(counts: dict[str, Count], side: int, units: int, filters: int, kernel: int) -> str:
    places = output_size(side, kernel) ** 2
    formulas = {
        "dense": f"{side}·{side}·{units}",
        "local": f"{filters}·{places:,}·{kernel}·{kernel}",
        "shared": f"{filters}·{kernel}·{kernel}",
    }
    lines = ["| Layer | outputs | weights | biases |", "|---|---:|---:|---:|"]
    for name, count in counts.items():
        lines.append(
            f"| **{TITLES[name]}**: {WORDS[name]} | {count.outputs:,} | {formulas[name]} = "
            f"**{count.weights:,}** | {count.biases:,} |"
        )
    return "\n".join(lines)


def _growth(units: int, filters: int, kernel: int) -> None:
    """Weights over the picture's side, on two logarithmic axes: straight lines are powers."""
    sides = [side for side in SIDES if side >= kernel]
    found = {side: count_weights(side, units, filters, kernel) for side in sides}
    rows: dict[str, list[Any]] = {"side": [], "weights": [], "layer": []}
    for side, counts in found.items():
        for name, count in counts.items():
            rows["side"].append(side)
            rows["weights"].append(count.weights)
            rows["layer"].append(TITLES[name])
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        st.markdown("**How weights grow with the picture**")
        if len(sides) > 1 and sides[-1] == 2 * sides[-2]:
            times = found[sides[-1]]["dense"].weights / found[sides[-2]]["dense"].weights
            st.markdown(
                f"From {sides[-2]} to {sides[-1]} pixels a side the dense layer's weights become **{times:g} "
                "times** "
                "as many: it grows with the square of the side. That is often called exponential; it is not, "
                "and "
                "it is bad enough. The convolution's stay as they are."
            )
    with left:
        spec = _growth_spec(tuple(sides))
        draw(rows, spec, "sharing_growth", "Weights of the three layers over the picture's side")


@specification
def _growth_spec(sides: Sequence[int]) -> Any:
    names = list(TITLES.values())
    scale = alt.Scale(type="log", domain=[sides[0], sides[-1]], nice=False)
    legend = alt.Legend(orient="top", columns=2, symbolType="stroke")
    axis, colors = alt.Axis(format="~s", tickCount=5), alt.Scale(domain=names, range=SERIES[:3])
    lines = alt.Chart(height=230).mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(filled=True, size=40))
    return lines.encode(
        alt.X("side:Q", title="pixels a side", axis=alt.Axis(values=sides, grid=False), scale=scale),
        alt.Y("weights:Q", title=None, axis=axis, scale=alt.Scale(type="log")),
        alt.Color("layer:N", title=None, sort=names, scale=colors, legend=legend),
        tooltip=[
            alt.Tooltip("layer:N"),
            alt.Tooltip("side:N", title="pixels a side"),
            alt.Tooltip("weights:Q", format=","),
        ],
    )
