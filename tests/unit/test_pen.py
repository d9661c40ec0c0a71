"""Pen digits become pictures; writers held back are never trained on."""

import torch

from cnnviz.data import load_pen_digits
from cnnviz.pen import held_back_writers, pen_test_digits


def test_a_quarter_of_the_writers_is_held_back_always_the_same() -> None:
    writers = {digit.writer for digit in load_pen_digits()}

    assert held_back_writers() == held_back_writers()
    assert len(held_back_writers()) == int(0.25 * len(writers))
    assert held_back_writers() < writers


def test_test_pictures_are_prepared_like_drawings() -> None:
    digits = pen_test_digits()

    assert digits.images.shape == (len(digits.labels), 28, 28)
    assert 1_800 <= len(digits) <= 1_900
    assert digits.images.flatten(1).amax(1).min() == 255
    assert torch.bincount(digits.labels.long(), minlength=10).min() > 100
