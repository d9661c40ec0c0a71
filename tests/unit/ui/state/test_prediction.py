"""Probabilities become words a person would use."""

import pytest
import torch

from cnnviz.ui.state.prediction import read


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
        ({"d3": 0.85, "d8": 0.1}, 3, "likely"),
        ({"d9": 0.5, "d4": 0.45}, 9, "unsure: 9 or 4?"),
        ({"d0": 0.3, "d6": 0.15}, 0, "unsure: 0 or 6?"),
    ],
)
def test_words(values: dict[str, float], digit: int, words: str) -> None:
    prediction = read(probabilities(**values))

    assert (prediction.digit, prediction.words) == (digit, words)
    assert prediction.probability == pytest.approx(values[f"d{digit}"])


def test_a_strange_picture_is_said_to_be_no_digit_however_sure_the_network_is() -> None:
    prediction = read(probabilities(d7=0.99), ood=True)

    assert (prediction.digit, prediction.words) == (7, "does not look like a digit")
