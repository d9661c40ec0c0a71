"""Questions about the numbers on the capsules page."""

from random import Random

import torch

from cnnviz.labs.capsules.network import (
    ABSENT,
    DOWN_WEIGHT,
    GRID,
    PART,
    POSE,
    PRESENT,
    TYPES,
    margin_loss,
    squash,
)
from cnnviz.labs.quiz import Exercise
from cnnviz.networks.network import CLASSES
from cnnviz.ui.pages.capsules.inference import Seen
from cnnviz.ui.widgets.quiz import Maker


def makers(now: Seen) -> dict[str, Maker]:
    return {
        "Squash": squashed_length,
        "Margin loss": lambda random: margin(now, random),
        "Couplings": lambda random: rest_of_couplings(now, random),
        "Counting": lambda _: counting(),
    }


def squashed_length(random: Random) -> Exercise:
    """How long is a vector after squashing?"""
    vector = random.choice([(3.0, 4.0), (0.6, 0.8), (0.3, 0.4), (6.0, 8.0), (1.2, 1.6), (1.5, 2.0)])
    length = float(torch.tensor(vector).norm())
    answer = float(squash(torch.tensor(vector, dtype=torch.float64)).norm())
    return Exercise(
        name="capsules/squash",
        question=(
            f"A capsule sums its votes to ({vector[0]:g}, {vector[1]:g}). "
            "How long is it after squashing, to three decimals?"
        ),
        answer=answer,
        worked=(
            f"Its length n is {length:g}; n² / (1 + n²) = {length**2:g} / {1 + length**2:g} = {answer:.4f}."
        ),
    )


def margin(now: Seen, random: Random) -> Exercise:
    """One digit's part of the loss."""
    digit = random.choice([now.winner, random.randrange(CLASSES)])
    there = digit == now.winner
    length = round(random.choice([float(now.lengths[digit]), random.uniform(0.2, 0.8)]), 2)
    both = torch.tensor([[length, 0.0]] if there else [[length, 1.0]], dtype=torch.float64)
    answer = float(margin_loss(both, torch.tensor([0 if there else 1])))
    if there:
        worked = f"max(0, {PRESENT} − {length})² = {answer:.4f}."
    else:
        worked = f"{DOWN_WEIGHT} × max(0, {length} − {ABSENT})² = {answer:.4f}."
    return Exercise(
        name="capsules/margin",
        question=(
            f"A picture shows a {now.winner}. The capsule of the {digit} has the length {length}. "
            "What does it add to the margin loss?"
        ),
        answer=answer,
        worked=worked,
        tolerance=6e-4,
    )


def rest_of_couplings(now: Seen, random: Random) -> Exercise:
    """Couplings of one part add up to 1."""
    part = random.randrange(TYPES * GRID * GRID)
    shares = [round(share, 3) for share in now.capsules.couplings[-1, 0, :, part].tolist()]
    best = max(range(CLASSES), key=shares.__getitem__)
    others = ", ".join(f"{share:.3f}" for digit, share in enumerate(shares) if digit != best)
    answer = 1 - sum(share for digit, share in enumerate(shares) if digit != best)
    return Exercise(
        name="capsules/couplings",
        question=(
            f"A part sends these shares to the digits other than {best}: {others}. What goes to the {best}?"
        ),
        answer=answer,
        worked=f"The ten shares are a softmax: they add up to 1. 1 minus the others is {answer:.3f}.",
        tolerance=2e-3,
    )


def counting() -> Exercise:
    """The weights between parts and wholes."""
    parts = TYPES * GRID * GRID
    answer = parts * PART * CLASSES * POSE
    return Exercise(
        name="capsules/counting",
        question=(
            f"Each of {TYPES} × {GRID} × {GRID} parts of {PART} numbers predicts ten poses of {POSE} numbers "
            "with a matrix of its own for each. How many weights are that?"
        ),
        answer=float(answer),
        worked=f"{parts} × {PART} × {CLASSES} × {POSE} = {answer:,}.",
        tolerance=0.5,
    )
