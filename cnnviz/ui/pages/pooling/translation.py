"""The pooling page's shift test: which winners and values stay when the digit moves."""

import streamlit as st
from torch import Tensor

from cnnviz.colors import SERIES
from cnnviz.interpret.pooling import window_of
from cnnviz.interpret.translation import TOLERANCE, ShiftEffect, shift_effects, stride
from cnnviz.networks.network import Network
from cnnviz.numbers import percent, probability
from cnnviz.ui.components.line_chart.line_chart import Curve, curves
from cnnviz.ui.pages.pooling.reconstruction import Shown
from cnnviz.ui.state.prediction import read

FARTHEST = 4
_SHIFTS = range(-FARTHEST, FARTHEST + 1)


def shift_counts(shown: Shown) -> None:
    """This shift in figures, all horizontal ones as curves."""
    st.subheader("Move the digit: what stays?", anchor=False)
    right, down = shown.shift
    image = shown.original
    effects = _effects(shown.chosen.digest, image.numpy().tobytes(), shown.layer, down, shown.model, image)
    words, chart = st.columns([1, 1.6], gap="large", vertical_alignment="center")
    with words:
        if right or down:
            _figures(shown, effects[_SHIFTS.index(right)])
        else:
            _expectation(shown)
    with chart:
        curves(
            _lines(effects),
            list(_SHIFTS),
            key="shift_chart",
            label="Share of winners and values that stay, against the shift to the right",
            axis="pixels to the right",
            marked=_SHIFTS.index(right),
        )
    which = "that one cell won" if shown.kind == "max" else "whose cells differ"
    st.caption(
        f"Counted are all maps of {shown.layer}; of their windows, those {which}. A value stays if it "
        f"changes by at most {percent(TOLERANCE, 0)} of the layer's largest; what leaves the map is lost.  \n"
        "**What this does not show:** shifts by parts of a pixel, as a hand makes them."
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _effects(
    digest: str,  # noqa: ARG001 the key: which model
    pixels: bytes,  # noqa: ARG001 the key: which digit
    layer: str,
    down: int,
    _model: Network,
    _image: Tensor,
) -> list[ShiftEffect]:
    """All shifts to the left and right; another map of the layer changes none of these counts."""
    return shift_effects(_model, _image, layer, [(right, down) for right in _SHIFTS])


def _expectation(shown: Shown) -> None:
    window = window_of(shown.model, shown.layer)
    whole = f"a whole window ({window * stride(shown.model, shown.layer)} pixels)"
    rule = (
        f"After a shift by {whole}, every winner that stays on the map moves along with the digit. After "
        "half of that, the windows cut the digit anew, and others win."
        if shown.kind == "max"
        else f"An average moves along only when the shift is {whole}."
    )
    st.markdown(f"Move the digit with the two sliders at the top. {rule}")


def _figures(shown: Shown, effect: ShiftEffect) -> None:
    prediction = read(shown.passed.probabilities)
    right, down = shown.shift
    ways = [_amount(right, "right", "left"), _amount(down, "down", "up")]
    st.markdown(
        f"Moved {' and '.join(filter(None, ways))}, the digit is read as "
        f"**{prediction.digit}** ({probability(prediction.probability)})."
    )
    left, middle = st.columns(2)
    _metric(left, "Values that stay", effect.same_value, effect.windows)
    if effect.winners is None:
        return
    _metric(middle, "Winners that stay", effect.same_winner or 0, effect.windows)
    _metric(left, "Winners that move along", effect.followed or 0, effect.winners)
    _metric(middle, "and keep their value", effect.followed_value or 0, effect.winners)


def _amount(pixels: int, positive: str, negative: str) -> str:
    return f"{abs(pixels)} {positive if pixels > 0 else negative}" if pixels else ""


def _metric(place: st.delta_generator.DeltaGenerator, label: str, part: int, whole: int) -> None:
    place.metric(label, _share(part, whole))
    place.caption(f"{part:,} of {whole:,} windows")


def _share(part: int, whole: int) -> str:
    return percent(part / whole, 0) if whole else "none"


def _lines(effects: list[ShiftEffect]) -> list[Curve]:
    lines = [_line("values that stay", [(each.same_value, each.windows) for each in effects], 0)]
    if effects[0].winners is not None:
        lines.append(_line("winners that stay", [(each.same_winner, each.windows) for each in effects], 1))
        along = [(each.followed, each.winners) for each in effects]
        lines.append(_line("winners that move along", along, 2))
    return lines


def _line(name: str, pairs: list[tuple[int | None, int | None]], number: int) -> Curve:
    shares = [part / whole if part is not None and whole else None for part, whole in pairs]
    return Curve(name, shares, SERIES[number], (2, 5) if number == 1 else ())
