"""The current digit as a film: every frame of a change, and what each model makes of it."""

import streamlit as st
from torch import Tensor

from cnnviz.labs.invariance import CHANGES, film, frames
from cnnviz.numbers import percent
from cnnviz.ui.components.maps.maps import chosen_tile, maps
from cnnviz.ui.pages.invariance.charts import change_chart
from cnnviz.ui.pages.invariance.models import choose_change, compared, in_words
from cnnviz.ui.state.current_digit import CurrentDigit, current_digit
from cnnviz.ui.state.current_model import current_trace
from cnnviz.ui.widgets.code_panel import code_panel, image_lines

STRIP = "invariance_strip"
FRAME_SECONDS = 0.35
_AT, _PLAYING = "_invariance_at", "_invariance_playing"


def film_view() -> None:
    """Strip, curves, and the answers at the chosen frame; Play walks through the frames."""
    with st.container(horizontal=True, vertical_alignment="center", key="invariance_controls"):
        kind = choose_change()
        playing = bool(st.session_state.get(_PLAYING))
        st.button(
            "Stop" if playing else "Play",
            icon=":material/stop:" if playing else ":material/play_arrow:",
            key="invariance_play",
            on_click=_play,
            args=(not playing,),
        )
    st.fragment(_film, run_every=FRAME_SECONDS if playing else None)(kind)
    digit = current_digit()
    st.caption(
        "Black 0, white 1; what leaves the frame is lost, zeros come in.  \n"
        "**What this does not show:** other digits, which may be easier or harder. And these networks read "
        "*drawings* only after they were centered, so that on the draw page a shift costs nothing."
    )
    st.page_link("pages/capsules.py", label="And if its parts are scrambled?", icon=":material/pill:")
    code_panel(_program(kind, digit))


def _film(kind: str) -> None:
    amounts, digit = CHANGES[kind].amounts, current_digit()
    at = _position(kind)
    models = compared()
    answers = {name: film(each.model, digit.image, kind, amounts) for name, each in models.items()}
    meant, whose = _meant(answers)
    maps(
        frames(digit.image, kind, amounts),
        key=STRIP,
        label=f"The digit at {len(amounts)} stages: {CHANGES[kind].title.lower()}",
        captions=[in_words(kind, amount) for amount in amounts],
        noun="",
        scale="digit",
        selected=at,
        tile=76,
        on_select=_select,
        legend=False,
    )
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        st.markdown(f"**How sure of a {meant}** ({whose})")
        curves = {name: values[:, meant].tolist() for name, values in answers.items()}
        change_chart(
            curves, kind, "invariance_film", f"Probability of a {meant} at each frame", amounts[at], 300
        )
    with right:
        st.markdown(f"**At {in_words(kind, amounts[at])}**")
        st.markdown(_table({name: values[at] for name, values in answers.items()}, meant))


def _meant(answers: dict[str, Tensor]) -> tuple[int, str]:
    """The digit to follow: what it is, or what the first model reads in the unchanged picture."""
    digit = current_digit()
    if digit.label is not None:
        return digit.label, "what it is"
    prediction = int(current_trace().probabilities.argmax())
    return prediction, f"what the chosen one of {len(answers)} reads in it unchanged"


def _table(answers: dict[str, Tensor], meant: int) -> str:
    lines = ["| Model | reads | sure |", "|---|---:|---:|"]
    for name, values in answers.items():
        read = int(values.argmax())
        word = f"**{read}**" if read == meant else f":orange[**{read}**]"
        lines.append(f"| {name} | {word} | {percent(values[read], 0)} |")
    return "\n".join(lines)


def _position(kind: str) -> int:
    """The frame on screen: the unchanged digit at first and for a new kind; Play moves it on."""
    amounts = CHANGES[kind].amounts
    now = st.session_state.get(_AT)
    if now is None or now[0] != kind:
        now = (kind, amounts.index(CHANGES[kind].neutral))
    elif st.session_state.get(_PLAYING):
        now = (kind, (now[1] + 1) % len(amounts))
    st.session_state[_AT] = now
    return int(now[1])


def _select() -> None:
    tile = chosen_tile(STRIP)
    if tile is not None and _AT in st.session_state:
        st.session_state[_AT] = (st.session_state[_AT][0], tile)
        st.session_state[_PLAYING] = False


def _play(on: bool) -> None:
    st.session_state[_PLAYING] = on


def _program(kind: str, digit: CurrentDigit) -> str:
    return (
        image_lines(digit)
        + 'for name in ("mlp", "classic", "augmented"):\n'
        + f'    answers = film(load_model(name), image, "{kind}", CHANGES["{kind}"].amounts)\n'
        + "    print(name, answers.argmax(1).tolist())  # (A, 10) probabilities -> A readings\n"
    )
