"""What the capsule network sees in the current digit, shared by the page's parts."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import streamlit as st
import torch
from torch import Tensor

from cnnviz.labs.capsules.network import CapsuleNetwork, Capsules
from cnnviz.labs.capsules.training import CAPSULES, load_capsules
from cnnviz.ui.state.current_digit import CurrentDigit
from cnnviz.ui.widgets.code_panel import image_lines


@dataclass(frozen=True, eq=False)
class Seen:
    """One pass of the capsule network over one digit; tensors carry a batch dimension of 1."""

    network: CapsuleNetwork
    card: dict[str, Any]
    image: Tensor  # (28, 28)
    name: str  # of this image, for keys
    capsules: Capsules
    votes: Tensor  # (1, 10, 288, 16)

    @property
    def lengths(self) -> Tensor:
        """(10,)"""
        return self.capsules.lengths[0]

    @property
    def winner(self) -> int:
        return int(self.lengths.argmax())

    def drawn(self, digit: int, pose: Tensor | None = None) -> Tensor:
        """(28, 28): capsule `digit` redrawn, with another pose (16,) if given."""
        return self.drawn_all(digit, (self.capsules.poses[0, digit] if pose is None else pose)[None])[0]

    def drawn_all(self, digit: int, poses: Tensor) -> Tensor:
        """(K, 28, 28) for poses (K, 16) of capsule `digit`."""
        alone = poses.new_zeros(len(poses), *self.capsules.poses.shape[1:])  # (K, 10, 16)
        alone[:, digit] = poses
        with torch.no_grad():
            return self.network.decode(alone, torch.full((len(poses),), digit))


@st.cache_resource(show_spinner="Loading the capsule network")
def shipped_capsules() -> tuple[CapsuleNetwork, dict[str, Any]]:
    """The shipped network and its card."""
    return load_capsules(), json.loads(CAPSULES.with_suffix(".json").read_text())


def seen(image: Tensor) -> Seen:
    network, card = shipped_capsules()
    with torch.no_grad():
        capsules = network(image[None, None])
        votes = network.votes(capsules.primary)
    name = hashlib.sha256(image.numpy().tobytes()).hexdigest()[:12]
    return Seen(network, card, image, name, capsules, votes)


def program(digit: CurrentDigit, capsule: int) -> str:
    """The program that computes what the page shows."""
    return (
        f"{image_lines(digit)}"
        "network = load_capsules()\n"
        "capsules = network(image[None, None])\n"
        "print(capsules.lengths)  # (1, 10), one a digit\n"
        "poses = capsules.poses.clone()  # (1, 10, 16)\n"
        f"poses[0, {capsule}, 0] += 0.25\n"
        f"moved = network.decode(poses, torch.tensor([{capsule}]))  # (1, 28, 28)\n"
        "outputs, couplings = agree(network.votes(capsules.primary), iterations=3)\n"
        f"print(couplings[:, 0, {capsule}].sum(1))  # what capsule {capsule} hears in each round\n"
        "print(network(scramble(image, (3, 2, 1, 0))[None, None]).lengths)\n"
    )
