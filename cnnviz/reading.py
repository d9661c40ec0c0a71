"""A network's answer in words a person would use."""

from dataclasses import dataclass

from torch import Tensor

SURE, FAIRLY, TORN = 0.95, 0.75, 0.2


@dataclass(frozen=True)
class Reading:
    """The digit read, its probability, and a sentence on how far to trust it."""

    digit: int
    probability: float
    words: str


def read(probabilities: Tensor) -> Reading:
    """Put ten probabilities (10,) into words."""
    values, digits = probabilities.topk(2)
    first, second = (int(digit) for digit in digits)
    best, next_best = (float(value) for value in values)
    if best >= SURE:
        words = "sure"
    elif next_best >= TORN:
        words = f"torn between {first} and {second}"
    elif best >= FAIRLY:
        words = f"fairly sure, perhaps a {second}"
    else:
        words = "only guessing"
    return Reading(first, best, words)
