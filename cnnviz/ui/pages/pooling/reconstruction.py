"""The pooling page below its picture: the way back to the pixels, and max against average."""

from dataclasses import dataclass

import streamlit as st
import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.errors import NetworkError
from cnnviz.interpret.deconvnet import strongest, unpool
from cnnviz.interpret.pooling import PoolKind, average, before, window_of
from cnnviz.interpret.receptive_fields import pixel_spans
from cnnviz.networks.network import Network
from cnnviz.networks.tracing import LayerRecord, Trace
from cnnviz.numbers import percent
from cnnviz.ui.components.maps.maps import MapScale, maps
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import CurrentModel, select_model
from cnnviz.ui.widgets.code_panel import code_panel, opening

KEPT = "kept"
_COUNTS = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
_BOXES = 5  # more outlines than this would hide the digit


@dataclass(frozen=True, eq=False)
class Shown:
    """What the page is about: one pooling layer, one of its maps, the digit moved by a shift."""

    chosen: CurrentModel
    layer: str
    kind: PoolKind
    channel: int
    shift: tuple[int, int]  # right, down
    original: Tensor  # (28, 28), not moved
    passed: Trace  # of the moved digit

    @property
    def model(self) -> Network:
        return self.chosen.model

    @property
    def record(self) -> LayerRecord:
        return self.passed[self.layer]

    @property
    def source(self) -> str:
        """The layer whose maps are pooled."""
        return before(self.model, self.layer)


# ---- back to the pixels ----


def reconstruction(shown: Shown) -> None:
    """From one, several or all pooled values back to a picture of 28 x 28."""
    st.subheader("Back to the picture", anchor=False)
    output = shown.record.output
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        origin = st.segmented_control(
            "From",
            ["this map", "all maps"],
            default="this map",
            key="unpool_from",
            persist_state="session",
            required=True,
        )
        channel = shown.channel if origin == "this map" else None
        total = int((output if channel is None else output[channel]).gt(0).sum())
        kept = _choose_count(total, "Winners" if shown.kind == "max" else "Values")
    if not total:
        st.info(
            "This map is all zero for this digit: there is nothing to take back.", icon=":material/block:"
        )
        return
    keeps = [strongest(output, count, channel) for count in (1, kept, total)]
    try:
        pictures = torch.stack([unpool(shown.model, shown.passed, shown.layer, keep) for keep in keeps])
    except NetworkError as error:
        st.info(str(error), icon=":material/block:")
        return
    digit, back = st.columns([1, 3], gap="medium")
    with digit:
        maps(
            shown.passed.image[None],
            key="unpool_digit",
            label="The digit, and what the kept winners can see of it",
            captions=["what they see" if kept <= _BOXES else f"what the first {_BOXES} see"],
            scale="digit",
            overlay=_boxes(shown, strongest(output, min(kept, _BOXES), channel)),
            tile=236,
            selectable=False,
            link="unpool",
        )
    with back:
        maps(
            pictures,
            key="unpooled",
            label="What the kept winners stand for, as pictures of 28 by 28",
            captions=["the strongest alone", f"the strongest {kept}", f"all {total:,}"],
            limits=pictures.abs().amax((1, 2)),
            tile=236,
            selectable=False,
            link="unpool",
        )
    returned = "put back where its winner was" if shown.kind == "max" else "shared out over its window"
    st.caption(
        f"A deconvnet (Zeiler and Fergus 2014): each kept value is {returned}; then comes "
        "ReLU, then the convolution turned round, with the same weights. Blue: ink here goes with these "
        "values; orange: ink here speaks against them.  \n"
        "**What this does not show:** the digit itself. Biases are left out; so is all that was not kept."
    )


def _choose_count(total: int, what: str) -> int:
    """How many winners to keep; as many as there are when there is nothing to choose."""
    steps = sorted({min(count, total) for count in _COUNTS} | {total})
    if len(steps) < 2:
        return total
    if st.session_state.get(KEPT) not in steps:
        st.session_state[KEPT] = min(5, total)
    kept = st.select_slider(
        f"{what} kept, the strongest first", steps, key=KEPT, persist_state="session", width=420
    )
    return int(kept)


def _boxes(shown: Shown, keep: Tensor) -> list[tuple[int, int, int, int, int]]:
    """What each kept cell can see, as (tile, row, column, height, width) in pixels."""
    spans = pixel_spans(shown.model, shown.layer)
    found = []
    for _, row, column in keep.nonzero().tolist():
        (top, bottom), (left, right) = spans[row], spans[column]
        found.append((0, top, left, bottom - top + 1, right - left + 1))
    return found


# ---- max against average ----


def comparison(shown: Shown) -> None:
    """The same feature map pooled both ways."""
    st.subheader("Maximum against average", anchor=False)
    window = window_of(shown.model, shown.layer)
    feature = shown.record.input[shown.channel][None]  # (1, H, W)
    largest = F.max_pool2d(feature, window)
    mean = average(shown.model, shown.record)[shown.channel][None]
    used = {"max": ["maximum, used here", "average"], "average": ["maximum", "average, used here"]}
    maps(
        torch.cat([largest, mean, largest - mean]),
        key="max_average",
        label="The same map pooled by maximum, by average, and the difference",
        captions=[*used[shown.kind], "difference"],
        limit=float(feature.abs().max()),
        tile=236,
        selectable=False,
        link="max_average",
    )
    share = float(mean.abs().sum() / largest.abs().sum().clamp(min=1e-12))
    other = "maxima" if shown.kind == "max" else "averages"
    st.caption(
        f"Map {shown.channel} of {shown.source}. The averages' sum is {percent(share, 0)} of the maxima's: "
        "averaging thins a thin stroke, the maximum keeps it. With the maximum, the gradient goes to the "
        f"winner alone; with the average, each cell gets 1/{window**2} of it.  \n"
        "**What this does not show:** how good a network with the other kind would be; this one's later "
        f"layers were trained on {other}."
    )


def averaging(shown: Shown) -> None:
    """For layers that average: no winners, so only the maps."""
    window = window_of(shown.model, shown.layer)
    feature, pooled = shown.record.input[shown.channel][None], shown.record.output[shown.channel][None]
    pictures: tuple[tuple[str, Tensor, MapScale, str], ...] = (
        ("digit", shown.passed.image[None], "digit", "Digit"),
        ("before", feature, "signed", f"Before pooling: {shown.source}, map {shown.channel}"),
        ("after", pooled, "signed", f"After pooling: {shown.layer}"),
    )
    for column, (key, values, scale, title) in zip(st.columns(3, gap="medium"), pictures, strict=True):
        with column:
            st.markdown(f"**{title}**")
            maps(
                values,
                key=f"average_{key}",
                label=title,
                captions=[""],
                scale=scale,
                limit=1.0 if scale == "digit" else float(feature.abs().max()),
                tile=300,
                selectable=False,
                link="averaging",
            )
    st.info(
        f"{shown.layer} averages every {window} × {window} window. Nobody wins: every cell counts "
        f"1/{window**2}, and gets 1/{window**2} of the gradient. So there are no winner masks here.",
        icon=":material/balance:",
    )
    st.caption("**What this does not show:** which of the averaged values matter to the answer.")


def nothing_pools(chosen: CurrentModel) -> None:
    """For networks without pooling: say so, and offer one that pools."""
    image = current_digit().image
    left, right = st.columns([1, 1.6], gap="large", vertical_alignment="center")
    with left:
        maps(
            image[None],
            key="no_pooling",
            label="The current digit",
            captions=[""],
            scale="digit",
            selectable=False,
        )
    with right:
        st.info(f"**{chosen.title}** has no pooling layer: every pixel survives.", icon=":material/info:")
        st.markdown(
            f"All 784 pixels, {int((image > 0).sum())} of them inked, go straight into the first dense "
            "layer, each with a weight of its own for every unit. A digit moved by one pixel meets other "
            "weights everywhere; what pooling softens in other networks, this one must learn from examples."
        )
        st.button(
            "Show a network that pools",
            icon=":material/filter_alt:",
            on_click=select_model,
            args=("default",),
            key="pool_default",
        )
        st.caption("**What this does not show:** which of these pixels the network listens to.")


# ---- code ----


def code(shown: Shown) -> None:
    """The program that computes what the page shows."""
    right, down = shown.shift
    layer, channel = repr(shown.layer), shown.channel
    program = (
        opening(shown.chosen, current_digit())
        + f"passed = trace(model, shifted(image, right={right}, down={down}))\n"
        + f"record = passed[{layer}]\n"
    )
    if shown.kind == "max":
        digit = int(shown.passed.logits.argmax())
        program += (
            "won = winners(model, record)\n"
            f"print(won.corner[{channel}], won.margin[{channel}])  # who won, by how much\n"
            f"print(int(won.tied[{channel}].sum()), int(won.empty[{channel}].sum()))\n"
            f"pixels = survivors(model, {layer}, won)[{channel}]  # (28, 28)\n"
            f"gradient = route(won, logit_gradient(model, passed, {layer}, digit={digit}))\n"
        )
    program += (
        f"picture = unpool(model, passed, {layer}, strongest(record.output, 5, channel={channel}))\n"
        f"mean = average(model, record)[{channel}]\n"
        f"print(shift_effects(model, image, {layer}, [({right}, {down})]))\n"
    )
    code_panel(program)
