"""Charts of a fine-tuning: what is learned and what is forgotten, and how far each filter went."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import streamlit as st

from cnnviz.colors import ACCENT, MUTED, SERIES
from cnnviz.networks.network import Network
from cnnviz.numbers import percent
from cnnviz.training.finetuning import Moved, moved
from cnnviz.training.finetuning_report import FinetuningReport
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.widgets.charts import draw, specification
from cnnviz.ui.widgets.pictures import theme

HEIGHT = 260
OWN, MNIST = "these digits", "first 1,000 MNIST test digits"
_WAYS = ["with replay", "without replay"]


def learning_chart(known: FinetuningReport, steps: int, key: str) -> None:
    """Shares read right over the steps: own digits and MNIST, with replay solid, without dashed."""
    rows: dict[str, list[Any]] = {"step": [], "right": [], "digits": [], "way": []}
    for way, points in known.curves.items():
        for point in points:
            for digits, right in ((OWN, point.own), (MNIST, point.mnist)):
                for name, value in zip(rows, (point.step, right, digits, way), strict=True):
                    rows[name].append(value)
    lowest = min(rows["right"], default=0.9)
    bottom = min(0.95, int(lowest * 20 - 1e-9) / 20)  # in steps of 5%, so that it seldom moves
    draw(
        rows,
        _learning_spec(steps, bottom),
        key,
        "Share read right at each step, of these digits and of MNIST test digits",
    )


@specification
def _learning_spec(steps: int, bottom: float) -> Any:
    colors = alt.Scale(domain=[OWN, MNIST], range=[SERIES[1], ACCENT[theme()]])
    legend = alt.Legend(title=None, orient="top", labelFontSize=12, symbolType="stroke")
    share = alt.Axis(format=".0%", tickCount=5)
    return (
        alt.Chart(height=HEIGHT)
        .mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=30))
        .encode(
            alt.X(
                "step:Q",
                title="step",
                scale=alt.Scale(domain=[0, steps]),
                axis=alt.Axis(grid=False, tickCount=5),
            ),
            alt.Y("right:Q", title=None, scale=alt.Scale(domain=[bottom, 1]), axis=share),
            alt.Color("digits:N", scale=colors, legend=legend),
            alt.StrokeDash("way:N", scale=alt.Scale(domain=_WAYS, range=[[1, 0], [4, 4]]), legend=None),
            tooltip=[
                alt.Tooltip("digits:N"),
                alt.Tooltip("way:N"),
                alt.Tooltip("step:Q"),
                alt.Tooltip("right:Q", format=".2%", title="read right"),
            ],
        )
    )


def change_chart(names: Sequence[str], changes: Sequence[float], frozen: Sequence[bool], key: str) -> None:
    """How far each layer went: its filters' mean change, relative to their length."""
    rows: dict[str, list[Any]] = {
        "layer": list(names),
        "change": list(changes),
        "label": ["held" if held else percent(value) for value, held in zip(changes, frozen, strict=True)],
    }
    widest = 1.25 * max([*changes, 1e-3])
    draw(rows, _change_spec(widest), key, "Mean relative change of each layer's filters")


@specification
def _change_spec(widest: float) -> Any:
    axis = alt.Axis(ticks=False, domain=False, labelFontSize=13)
    layers = alt.Chart().encode(
        alt.Y("layer:N", sort=None, title=None, axis=axis),
        alt.X("change:Q", axis=None, scale=alt.Scale(domain=[0, widest])),
    )
    return alt.layer(
        layers.mark_bar(height=alt.RelativeBandSize(band=0.7), color=ACCENT[theme()]),
        layers.mark_text(align="left", dx=4, fontSize=13, color=MUTED[theme()]).encode(text="label:N"),
        height=alt.Step(26),
    )


SHOWN = 16  # filters, the most changed first


def moved_filters(before: Network, after: Network) -> None:
    changes = moved(before, after)
    st.markdown("**Which filters moved?** Change of the weights, relative to their length.")
    left, right = st.columns([1, 2.2], gap="large")
    with left:
        means = [float(change.by_filter.mean()) for change in changes]
        frozen = [not bool(change.by_filter.any()) for change in changes]
        change_chart([change.layer for change in changes], means, frozen, key="finetune_layers")
        drawable = [change for change in changes if change.pictures() is not None]
        layer = st.segmented_control(
            "Filters of",
            [change.layer for change in drawable],
            default=drawable[0].layer if drawable else None,
            key="finetune_layer",
            required=True,
        )
    with right:
        _pictures(next((change for change in drawable if change.layer == layer), None))


def _pictures(change: Moved | None) -> None:
    """The most changed filters as three grids; the first two share a color range."""
    pictures = change.pictures() if change else None
    if change is None or pictures is None:
        st.info("This network's filters see no picture that could be shown.")
        return
    order = change.by_filter.argsort(descending=True)[:SHOWN]
    before, after = (values[order] for values in pictures)
    captions = [str(int(index)) for index in order]
    notes = [f"changed by {percent(float(change.by_filter[index]))}" for index in order]
    limit = float(max(before.abs().max(), after.abs().max()))
    grids = {"before": before, "after": after, "difference": after - before}
    for column, (name, values) in zip(st.columns(3), grids.items(), strict=True):
        with column:
            st.markdown(name.capitalize())
            maps(
                values,
                key=f"finetune_{name}",
                label=f"{change.layer}: filters {name}, the most changed first",
                captions=captions,
                notes=notes,
                noun="filter",
                limit=None if name == "difference" else limit,
                tile=36,
                link="finetune_filters",
                selectable=False,
            )
    inputs = change.before.shape[1] if change.before.dim() == 4 else 1
    st.caption(
        f"{change.layer}: the {len(order)} of {len(change.by_filter)} filters that changed most."
        + (f" Of each filter's {inputs} input channels the one that changed most." if inputs > 1 else "")
        + " The difference has a color range of its own."
    )
