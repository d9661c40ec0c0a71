"""The scrambled-parts test: every part is there, nothing fits. Who still claims the digit?"""

from typing import Any

import streamlit as st
import torch
from torch import Tensor

from cnnviz.evaluation.metrics import logits_of
from cnnviz.labs.capsules.network import CapsuleNetwork
from cnnviz.labs.capsules.scrambling import ORDERS, SURE, Claims, scramble, still_claimed
from cnnviz.labs.capsules.training import read_capsules
from cnnviz.networks.network import Network
from cnnviz.numbers import percent
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.pages.capsules.inference import Seen, shipped_capsules
from cnnviz.ui.state import cache
from cnnviz.ui.state.current_model import CurrentModel, current_model, model_called

COUNT = 1_000
RIVALS = ("default", "classic", "mlp")
_ORDER = "_scramble_order"


def scrambled_parts(now: Seen) -> None:
    st.subheader("Scrambled parts: is it still a digit?", anchor=False)
    chosen = current_model()
    order = ORDERS[int(st.session_state.get(_ORDER, 0)) % len(ORDERS)]
    image = scramble(now.image, order)
    left, right = st.columns([1, 1.5], gap="large", vertical_alignment="center")
    with left:
        maps(
            torch.stack([now.image, image]),
            key="capsule_scrambled",
            label="The digit, and its four quarters in other places",
            captions=["digit", "its quarters moved"],
            scale="digit",
            tile=170,
            selectable=False,
            legend=False,
        )
        st.button("Move them otherwise", icon=":material/shuffle:", key="scramble_again", on_click=_again)
    with right:
        st.markdown(_verdicts(now, chosen, image))
    rows = [(chosen.title, _claims(chosen.digest, chosen.model))] if chosen.key not in RIVALS else []
    rows += [(other.title, _claims(other.digest, other.model)) for other in map(model_called, RIVALS)]
    rows.append(("**Capsules**", _claims("capsules", shipped_capsules()[0])))
    lines = [
        f"| {title} | {claims.whole:,} | {claims.scrambled:,} | {percent(claims.share)} |"
        for title, claims in rows
    ]
    head = (
        "| network | whole: sure of a digit | scrambled: still sure of the same | share |\n"
        "|---|---:|---:|---:|\n"
    )
    st.markdown(head + "\n".join(lines))
    st.markdown(_truth(rows))
    st.caption(
        f"Measured here on the first n = {COUNT:,} test digits, each with its quarters moved in one of the "
        "nine "
        f"ways that leave none in place; sure: probability or length above {SURE}.  \n"
        "**What this does not show:** understanding. A network that claims less here has not seen that the "
        "parts are in the wrong place; it only gives a smaller number."
    )


def _truth(rows: list[tuple[str, Claims]]) -> str:
    """Whether capsules did better here than the first network of the table, from the figures."""
    (title, rival), (_, capsules) = rows[0], rows[-1]
    if capsules.share < rival.share:
        return f"Here the capsules are fooled **less often** than {title}."
    return (
        f"Here the capsules are fooled **no less often** than {title}. Poses that must agree are the idea; "
        "that a network trained on whole digits alone then rejects scrambled ones does not follow."
    )


def _verdicts(now: Seen, chosen: CurrentModel, image: Tensor) -> str:
    """What both read, whole and scrambled."""
    with torch.no_grad():
        lengths = now.network(image[None, None]).lengths[0]
    pairs = [
        (
            chosen.title,
            _probabilities(chosen.model, now.image[None])[0],
            _probabilities(chosen.model, image[None])[0],
        ),
        ("Capsules", now.lengths, lengths),
    ]
    rows = []
    for title, before, after in pairs:
        digit = int(before.argmax())
        other = int(after.argmax())
        rows.append(
            f"| {title} | **{digit}**, {float(before[digit]):.3f} | {float(after[digit]):.3f} "
            f"| {other}, {float(after[other]):.3f} |"
        )
    head = "| network | whole: reads | scrambled: the same digit | scrambled: reads |\n|---|---:|---:|---:|\n"
    return head + "\n".join(rows)


def _again() -> None:
    st.session_state[_ORDER] = int(st.session_state.get(_ORDER, 0)) + 1


@st.cache_data(max_entries=32, show_spinner="Scrambling a thousand digits")
def _claims(digest: str, _model: Any) -> Claims:  # noqa: ARG001 - the key
    images = cache.test_digits().pixels()[:COUNT]
    return still_claimed(lambda part: _probabilities(_model, part), images)


def _probabilities(model: Network | CapsuleNetwork, images: Tensor) -> Tensor:
    """Confidences (N, 10): probabilities, or capsule lengths."""
    if isinstance(model, CapsuleNetwork):
        return read_capsules(model, images)[0]
    return logits_of(model, images).softmax(1)
