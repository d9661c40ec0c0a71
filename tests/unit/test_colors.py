"""One scale for signed values: blue above zero, orange below, paper at zero, in both themes."""

import numpy as np
import pytest

from cnnviz.colors import SCALES, Theme, color


@pytest.mark.parametrize(("theme", "paper"), [("light", [255, 255, 255]), ("dark", [23, 22, 20])])
def test_zero_is_paper_and_signs_have_their_hue(theme: Theme, paper: list[int]) -> None:
    negative, zero, positive = color(np.array([-0.6, 0.0, 0.6]), 1, theme=theme).astype(int)

    assert zero.tolist() == paper
    assert positive[2] > positive[0] + 30  # blue
    assert negative[0] > negative[2] + 30  # orange


def test_beyond_the_limit_is_the_end_color() -> None:
    assert np.array_equal(color(np.array([5.0]), 1), color(np.array([1.0]), 1))
    assert color(np.zeros((3, 4)), 0).shape == (3, 4, 3)


def test_digits_are_white_on_black_in_both_themes() -> None:
    for theme in ("light", "dark"):
        assert color(np.array([0.0, 1.0]), 1, "digit", theme).tolist() == [[0, 0, 0], [255, 255, 255]]


def test_scales_are_symmetric_in_length() -> None:
    assert all(len(stops) % 2 == 1 for themes in SCALES.values() for stops in themes.values())
