"""Routing by agreement: which parts speak to which digit, and what that adds up to, round by round."""

import streamlit as st
import torch
from torch import Tensor

from cnnviz.labs.capsules.network import GRID, ITERATIONS, PRIMARY, TYPES, agree
from cnnviz.networks.network import CLASSES
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.pages.capsules.inference import Seen

ROUNDS = range(1, ITERATIONS + 1)
EVEN = 1 / CLASSES  # what each digit gets from a part before any round


def routing(now: Seen, digit: int) -> None:
    st.subheader("Routing: parts that agree are heard", anchor=False)
    shares = now.capsules.couplings[:, 0, digit]  # (rounds, 288)
    added = additions(now, digit)  # (rounds, 288)
    words, *columns = st.columns([1.15, *(1 for _ in ROUNDS)], gap="medium")
    with words:
        st.markdown(
            f"{TYPES} types of parts at {GRID} × {GRID} places make {PRIMARY} small capsules. Each predicts "
            "the "
            "pose of all ten digits, and in round 1 speaks to all alike, 0.1 each; then more to those whose "
            "pose "
            f"agrees with its prediction. To **{digit}** the parts give {float(shares[-1].min()):.2f} to "
            f"**{float(shares[-1].max()):.2f}** in the end."
        )
        st.caption(
            "**What this does not show:** what the parts are. A type is found by training, not named; "
            "its place on the grid is roughly where it lies in the digit."
        )
    for round_, column in zip(ROUNDS, columns, strict=True):
        with column:
            st.markdown(f"**Round {round_}**")
            _grids(
                shares[round_ - 1] - EVEN,
                f"shares{round_}",
                f"What each part gives to {digit} in round {round_}, above or below 0.1",
                f"share given to {digit}, minus 0.1",
                float((shares - EVEN).abs().max()),
            )
            total = float(added[round_ - 1].sum())
            _grids(
                added[round_ - 1],
                f"added{round_}",
                f"What each part adds to capsule {digit} in round {round_}",
                f"adds up to {total:.2f}, squashed to **{total**2 / (1 + total**2):.2f}**",
                float(added.abs().max()),
            )
    maps(
        torch.stack([agree(now.votes, rounds)[0][0].norm(dim=-1) for rounds in ROUNDS])[:, None],
        key="capsule_rounds",
        label="The ten lengths after each round of routing",
        captions=[f"ten lengths after round {rounds}" for rounds in ROUNDS],
        scale="activation",
        limit=1.0,
        numbers=True,
        tile=330,
        selectable=False,
    )


def additions(now: Seen, digit: int) -> Tensor:
    """(rounds, 288): each part's weighted vote along the direction of what the digit hears in all.

    The parts' values add up to the length before squashing.
    """
    votes, shares = now.votes[0, digit], now.capsules.couplings[:, 0, digit]  # (288, 16), (rounds, 288)
    heard = shares @ votes  # (rounds, 16)
    direction = heard / heard.norm(dim=1, keepdim=True).clamp(min=1e-12)
    agreement: Tensor = direction @ votes.T  # (rounds, 288)
    return shares * agreement


def _grids(values: Tensor, key: str, label: str, words: str, limit: float) -> None:
    """Eight 6 x 6 grids, one a type of part."""
    st.caption(words)
    maps(
        values.view(TYPES, GRID, GRID),
        key=f"capsule_{key}",
        label=label,
        noun="type",
        limit=limit,
        tile=44,
        selectable=False,
        link="capsule_parts",
        legend=key.endswith("1"),
    )
