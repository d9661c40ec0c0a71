"""A network's answer in words a person would use."""

from dataclasses import dataclass

from torch import Tensor

SURE, FAIRLY, TORN = 0.95, 0.75, 0.2


@dataclass(frozen=True)
class Reading:
    """The digit read, how sure it is, and a sentence on how far to trust it."""

    digit: int
    probability: float
    words: str
    strange: bool = False  # it looks like no digit; the one named is only the nearest


def read(probabilities: Tensor, temperature: float = 1.0, strange: bool = False) -> Reading:
    """Put ten probabilities (10,) into words.

    temperature: the calibrated confidence is softmax(logits / temperature), see
    cnnviz.evaluation.temperature. The softmax a page shows as the network's last layer stays as
    it is; only `probability` and the words are calibrated. The digit is the same for any value.
    strange: the picture looks like no digit, see cnnviz.likeness.
    """
    calibrated = (probabilities.clamp(min=1e-30).log() / temperature).softmax(0)
    values, digits = calibrated.topk(2)
    first, second = (int(digit) for digit in digits)
    best, next_best = (float(value) for value in values)
    if strange:
        words = "does not look like a digit"
    elif best >= SURE:
        words = "sure"
    elif next_best >= TORN:
        words = f"torn between {first} and {second}"
    elif best >= FAIRLY:
        words = f"fairly sure, perhaps a {second}"
    else:
        words = "only guessing"
    return Reading(first, best, words, strange)
