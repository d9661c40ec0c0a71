"""Questions about the numbers on the from-scratch page."""

from random import Random

import numpy as np

from cnnviz.labs.numpy_cnn.readable import CLASSES, HIDDEN, POOLED
from cnnviz.labs.quiz import Exercise
from cnnviz.ui.pages.from_scratch.figures import decimal
from cnnviz.ui.pages.from_scratch.model import Lesson
from cnnviz.ui.widgets.quiz import Maker

CORNERS = ("top left", "top right", "bottom left", "bottom right")


def makers(lesson: Lesson) -> dict[str, Maker]:
    return {
        "The winner": lambda random: which_cell(lesson, random),
        "p − y": lambda random: logit_error(lesson, random),
        "One weight": lambda random: weight_gradient(lesson, random),
        "Counting": counting,
    }


def which_cell(lesson: Lesson, random: Random) -> Exercise:
    """One of the four cells of a window gets the gradient."""
    maps = lesson.passed.maps[0]
    winners, pooled = lesson.passed.winners[0], lesson.passed.pooled[0]
    chosen = int(random.choice(np.argsort(-pooled, axis=None)[:200].tolist()))
    filter_, row, column = (int(place) for place in np.unravel_index(chosen, pooled.shape))
    window = maps[filter_, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
    corner = int(winners[filter_, row, column].argmax())
    lines = "\n".join("| " + " | ".join(decimal(value, 4) for value in line) + " |" for line in window)
    head, rest = lines.split("\n")
    return Exercise(
        name="from_scratch/winner",
        question=(
            f"Filter {filter_} gives these four values in the window of pooled cell ({row}, {column}). "
            f"Which cell gets the gradient on the way back?\n\n{head}\n|---|---|\n{rest}\n"
        ),
        answer=CORNERS[corner],
        worked=f"The largest, {decimal(window.max(), 4)}, won and alone went on; the first wins a tie.",
        choices=CORNERS,
    )


def logit_error(lesson: Lesson, random: Random) -> Exercise:
    """p - y for one class, the true one half of the time."""
    digit = lesson.label if random.random() < 0.5 else random.randrange(CLASSES)
    p = float(lesson.passed.probabilities[0, digit])
    y = int(digit == lesson.label)
    return Exercise(
        name="from_scratch/logit",
        question=(
            f"The digit is a {lesson.label}; the network gives the {digit} a probability of {decimal(p, 4)}. "
            f"What is the loss's derivative at the logit of the {digit}?"
        ),
        answer=round(p, 4) - y,
        worked=f"p − y = {decimal(p, 4)} − {y} = {decimal(round(p, 4) - y, 4)}.",
    )


def weight_gradient(lesson: Lesson, random: Random) -> Exercise:
    """error x value for a weight of the last layer."""
    digit = lesson.label
    active = np.flatnonzero(lesson.passed.hidden[0] > 0.05).tolist() or [0]
    unit = random.choice(active)
    error = round(float(lesson.errors.logits[0, digit]), 3)
    value = round(float(lesson.passed.hidden[0, unit]), 2)
    return Exercise(
        name="from_scratch/weight",
        question=(
            f"Hidden unit {unit} gave {decimal(value, 2)}; the error at the logit of the {digit} is "
            f"{decimal(error)}. What is the gradient of the weight between them?"
        ),
        answer=error * value,
        worked=f"Error times value: {decimal(error)} × {decimal(value, 2)} = {decimal(error * value, 5)}.",
        tolerance=max(1e-3, 0.02 * abs(error * value)),
    )


def counting(random: Random) -> Exercise:
    """How many parameters a layer of a network like this one has."""
    filters, kernel = random.choice([4, 8, 16]), random.choice([3, 5])
    hidden = random.choice([32, 64, HIDDEN])
    side = (28 - kernel + 1) // 2
    kind = random.choice(["convolution", "first dense layer"])
    if kind == "convolution":
        answer = filters * (kernel**2 + 1)
        worked = f"{filters} × ({kernel} × {kernel} + 1 bias) = {answer:,}."
    else:
        answer = hidden * (filters * side**2 + 1)
        worked = (
            f"Maps of {28 - kernel + 1} cells a side are pooled to {side}: {filters} × {side} × {side} = "
            f"{filters * side**2:,} values. {hidden} × ({filters * side**2:,} + 1 bias) = {answer:,}. "
            f"(In the network above: {HIDDEN} × ({POOLED:,} + 1) = {HIDDEN * (POOLED + 1):,}.)"
        )
    return Exercise(
        name="from_scratch/counting",
        question=(
            f"A 28 × 28 digit, {filters} filters {kernel} × {kernel} without padding, 2 × 2 pooling, then "
            f"{hidden} dense units. How many parameters, biases included, has the {kind}?"
        ),
        answer=float(answer),
        worked=worked,
        tolerance=0.5,
    )
