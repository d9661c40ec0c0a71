"""The pose: sixteen sliders that redraw the digit, and what each of the sixteen numbers does alone."""

import streamlit as st
import torch

from cnnviz.labs.capsules.network import POSE
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.pages.capsules.inference import Seen

REACH, STEPS = 0.25, 5  # of the strips: from -0.25 to +0.25
LIMIT = 0.6  # of the sliders
_VERSION = "_pose_version"


def pose(now: Seen, digit: int) -> None:
    """Sliders for one capsule; the picture beside them follows."""
    own = now.capsules.poses[0, digit]  # (16,)
    stem = f"pose_{now.name}_{digit}_{st.session_state.get(_VERSION, 0)}"
    picture, sliders = st.columns([1, 2.1], gap="medium")
    with sliders:
        moved = _sliders(own, stem)
    with picture:
        maps(
            now.drawn(digit, moved)[None],
            key="capsule_moved",
            label=f"Capsule {digit} with the pose of the sliders, drawn again",
            captions=[f"capsule {digit}, your pose"],
            scale="digit",
            tile=190,
            selectable=False,
            legend=False,
        )
        st.caption(f"Length {float(own.norm()):.3f} → **{float(moved.norm()):.3f}**")
        st.button("Reset", icon=":material/restart_alt:", key="pose_reset", on_click=_reset)
    _strips(now, digit)


def _sliders(own: torch.Tensor, stem: str) -> torch.Tensor:
    """Sixteen sliders that begin at the capsule's own numbers, (16,)."""
    values = []
    with st.container(horizontal=True, gap="small", key="capsule_sliders"):
        for index, value in enumerate(own.tolist()):
            start = min(max(round(value, 2), -LIMIT), LIMIT)
            chosen = st.slider(f"number {index}", -LIMIT, LIMIT, start, 0.01, key=f"{stem}_{index}", width=84)
            values.append(value if chosen == start else chosen)
    return torch.tensor(values)


def _reset() -> None:
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1


def _strips(now: Seen, digit: int) -> None:
    """Each number alone moved from -0.25 to +0.25 around its own value."""
    own = now.capsules.poses[0, digit]
    moves = torch.linspace(-REACH, REACH, STEPS)
    poses = own + moves[None, :, None] * torch.eye(POSE)[:, None]  # (16, 5, 16)
    drawn = now.drawn_all(digit, poses.flatten(0, 1)).unflatten(0, (POSE, STEPS))  # (16, 5, 28, 28)
    strips = drawn.permute(0, 2, 1, 3).flatten(2)  # (16, 28, 140)
    maps(
        strips,
        key="capsule_strips",
        label=f"Capsule {digit} redrawn while each of its sixteen numbers moves from -0.25 to +0.25",
        captions=[f"number {index}" for index in range(POSE)],
        scale="digit",
        tile=280,
        selectable=False,
        legend=False,
    )
    st.caption(
        "Each strip moves one number alone by −0.25 to +0.25, its own value in the middle. Nobody told the "
        "network what they should mean: width, slant, thickness or the size of a loop, often mixed.  \n"
        "**What this does not show:** the strokes themselves; a decoder of three dense layers paints them."
    )
