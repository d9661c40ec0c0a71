"""The pooling page: who wins every window, where it came from, and what is left of the picture.

One fragment: another layer, map or shift reruns nothing else. The address names layer, map and shift.
"""

import streamlit as st

from cnnviz.interpret.pooling import PoolKind, center_pixels, logit_gradient, pooling_layers, winners
from cnnviz.interpret.receptive_fields import pixel_spans
from cnnviz.interpret.translation import shifted
from cnnviz.ui.components.pooling.pooling import PoolingContent, chosen_map, pooling
from cnnviz.ui.pages.pooling.reconstruction import (
    Shown,
    averaging,
    code,
    comparison,
    nothing_pools,
    reconstruction,
)
from cnnviz.ui.pages.pooling.translation import shift_counts
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import CurrentModel, current_model, trace_of
from cnnviz.ui.state.query_params import CHANNEL, Pooling
from cnnviz.ui.widgets.choice_controls import slider
from cnnviz.ui.widgets.layer_picker import choose_layer, choose_unit

PICTURE = "pooling_picture"


@st.fragment
def pooling_page() -> None:
    """All of the page, for the current model and digit."""
    chosen = current_model()
    kinds = pooling_layers(chosen.model)
    if not kinds:
        nothing_pools(chosen)
        return
    shown = _controls(chosen, kinds)
    if shown.kind == "max":
        _picture(shown)
    else:
        averaging(shown)
    shift_counts(shown)
    reconstruction(shown)
    comparison(shown)
    code(shown)


def _controls(chosen: CurrentModel, kinds: dict[str, PoolKind]) -> Shown:
    original = current_digit().image
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="pooling_controls"):
        layer = choose_layer(list(kinds))
        passed = trace_of(chosen, original)
        count = len(passed[layer].output)
        first = int(passed[layer].output.flatten(1).amax(1).argmax())
        channel = choose_unit("Map", layer, count, first)
        shift = (
            slider("Move right, pixels", Pooling.right, width=160),
            slider("Move down, pixels", Pooling.down, width=160),
        )
    if any(shift):
        passed = trace_of(chosen, shifted(original, *shift))
    return Shown(chosen, layer, kinds[layer], channel, shift, original, passed)


def _picture(shown: Shown) -> None:
    model, passed = shown.model, shown.passed
    digit = int(passed.logits.argmax())
    unshifted = None
    if any(shown.shift):
        unshifted = winners(model, trace_of(shown.chosen, shown.original)[shown.layer])
    content = PoolingContent(
        source=shown.source,
        pooled=shown.layer,
        image=passed.image,
        caption="dots: what winners look at",
        feature=shown.record.input,
        winners=winners(model, shown.record),
        gradient=logit_gradient(model, passed, shown.layer, digit),
        digit=digit,
        spans=pixel_spans(model, shown.source),
        centers=center_pixels(model, shown.source),
        unshifted=unshifted,
    )
    pooling(content, key=PICTURE, selected=shown.channel, on_select=lambda: _select(shown))
    st.caption(
        "Of every window only the largest value goes on; its place is forgotten. The dots on the digit mark "
        "the pixel in the middle of what each winner looks at.  \n"
        "**What this does not show:** which winners the answer rests on; the gradient tells, but only for "
        "small changes. A pixel without a dot still counts in what its neighbours' cells see."
    )


def _select(shown: Shown) -> None:
    CHANNEL.take(chosen_map(PICTURE), range(len(shown.record.output)))
