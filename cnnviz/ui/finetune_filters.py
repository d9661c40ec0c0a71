"""Which filters moved: each layer's change, and its filters before, after, and the difference."""

import streamlit as st

from cnnviz.finetuning import Moved, moved
from cnnviz.networks import Network
from cnnviz.ui.components.maps import maps
from cnnviz.ui.finetune_charts import change_chart

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
    """The most changed filters as three grids; the first two share a colour range."""
    pictures = change.pictures() if change else None
    if change is None or pictures is None:
        st.info("This network's filters see no picture that could be shown.")
        return
    order = change.by_filter.argsort(descending=True)[:SHOWN]
    before, after = (values[order] for values in pictures)
    captions = [str(int(index)) for index in order]
    notes = [f"changed by {float(change.by_filter[index]):.1%}" for index in order]
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
        + " The difference has a colour range of its own."
    )
