"""Slashed zeros and footed ones: how many a model reads, as written and with the habit added.

habit_figures(model)   {"slashed zeros": {"n", "recall"}, ...} over writers never trained on
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np

from cnnviz.data import Digits, PenDigit
from cnnviz.evaluation import logits_of
from cnnviz.handwriting import add_habit
from cnnviz.networks import Network
from cnnviz.pen import held_back_digits, pictures


def is_slashed(digit: PenDigit) -> bool:
    """A zero whose last stroke is another one, long and straight."""
    last = digit.strokes[-1].astype(np.float64)
    length = np.hypot(*np.diff(last, axis=0).T).sum()
    chord = np.hypot(*(last[-1] - last[0]))
    return digit.label == 0 and len(digit.strokes) > 1 and bool(chord > max(0.9 * length, 300))


def is_footed(digit: PenDigit) -> bool:
    """A one that is at least a quarter as broad at its bottom as it is high."""
    points = np.concatenate(digit.strokes)
    height = np.ptp(points[:, 1])
    foot = points[points[:, 1] > points[:, 1].max() - 0.15 * height]
    return digit.label == 1 and bool(np.ptp(foot[:, 0]) > 0.25 * height)


HABITS: dict[str, Callable[[PenDigit], bool]] = {"slashed zeros": is_slashed, "footed ones": is_footed}


def habit_figures(model: Network) -> dict[str, dict[str, float]]:
    """Recall of each habit; "added" drew it by code into digits of the same writers that lack it."""
    return {name: _recall(model, digits) for name, digits in _sets().items()}


@lru_cache(maxsize=1)
def _sets() -> dict[str, Digits]:
    sets = {}
    for name, has_it in HABITS.items():
        everyone = held_back_digits()
        sets[name] = pictures([digit for digit in everyone if has_it(digit)])
        sets[f"{name}, added"] = pictures(list(_with_habit(everyone, has_it)))
    return sets


def _with_habit(digits: list[PenDigit], has_it: Callable[[PenDigit], bool]) -> Iterator[PenDigit]:
    """Every digit that lacks the habit and can be given it within twenty tries (seed 0)."""
    generator = np.random.default_rng(0)
    for digit in digits:
        lines = [stroke.astype(np.float64) for stroke in digit.strokes]
        tries = (replace(digit, strokes=tuple(add_habit(lines, digit.label, generator))) for _ in range(20))
        if digit.label < 2 and not has_it(digit):
            yield from [version for version in tries if has_it(version)][:1]


def _recall(model: Network, digits: Digits) -> dict[str, float]:
    right = logits_of(model, digits.images).argmax(1) == digits.labels
    return {"n": len(digits), "recall": round(float(right.float().mean()), 4)}
