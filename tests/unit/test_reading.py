"""Probabilities become words a person would use."""

import pytest
import torch

from cnnviz.reading import read


def probabilities(**values: float) -> torch.Tensor:
    """d3=0.9 puts 0.9 on digit 3; the rest is spread over the others."""
    result = torch.zeros(10)
    for name, value in values.items():
        result[int(name[1:])] = value
    rest = result == 0
    result[rest] = (1 - result.sum()) / rest.sum()
    return result


@pytest.mark.parametrize(
    ("values", "digit", "words"),
    [
        ({"d7": 0.99}, 7, "sure"),
        ({"d3": 0.85, "d8": 0.1}, 3, "fairly sure, perhaps a 8"),
        ({"d9": 0.5, "d4": 0.45}, 9, "torn between 9 and 4"),
        ({"d0": 0.3, "d6": 0.15}, 0, "only guessing"),
    ],
)
def test_words(values: dict[str, float], digit: int, words: str) -> None:
    reading = read(probabilities(**values))

    assert (reading.digit, reading.words) == (digit, words)
    assert reading.probability == pytest.approx(values[f"d{digit}"])
