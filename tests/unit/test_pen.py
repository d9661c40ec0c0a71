"""Pen digits become pictures; writers held back are never trained on."""

import torch

from cnnviz.checkpoints import load_model
from cnnviz.data import load_pen_digits
from cnnviz.pen import (
    accuracy_without,
    held_back_writers,
    pen_test_digits,
    pen_validation_digits,
    validation_writers,
    wrong_items,
)


def test_a_quarter_of_the_writers_is_held_back_always_the_same() -> None:
    writers = {digit.writer for digit in load_pen_digits()}

    assert held_back_writers() == held_back_writers()
    assert len(held_back_writers()) == int(0.25 * len(writers))
    assert held_back_writers() < writers


def test_validation_writers_are_others_than_the_held_back() -> None:
    assert len(validation_writers()) == 20
    assert not validation_writers() & held_back_writers()
    assert len(pen_validation_digits()) > 300


def test_test_pictures_are_prepared_like_drawings() -> None:
    digits = pen_test_digits()

    assert digits.images.shape == (len(digits.labels), 28, 28)
    assert 1_800 <= len(digits) <= 1_900
    assert digits.images.flatten(1).amax(1).min() == 255
    assert torch.bincount(digits.labels.long(), minlength=10).min() > 100


def test_leaving_a_stage_out_costs_accuracy() -> None:
    accuracies = accuracy_without(load_model("classic"), count=200)

    assert list(accuracies) == [None, "crop", "aspect", "antialias", "centre"]
    assert accuracies[None] > 0.9
    assert accuracies["crop"] < accuracies[None] - 0.05


def test_wrong_items_have_reasons_and_stay_out_of_the_cleaned_set() -> None:
    digits = load_pen_digits()

    assert 40 <= len(wrong_items()) <= 100  # about one in a hundred
    assert all(reason and digits[index] for index, reason in wrong_items().items())
    held = sum(digits[index].writer in held_back_writers() for index in wrong_items())
    assert len(pen_test_digits()) - len(pen_test_digits(with_wrong=False)) == held


def test_no_stroke_of_a_four_counts_as_a_four() -> None:
    """IBM's writers lift the pen in a four; where one of theirs has one stroke, it was cut in two."""
    single = {
        index
        for index, digit in enumerate(load_pen_digits())
        if digit.writer.startswith("ibm/") and digit.label == 4 and len(digit.strokes) == 1
    }

    assert single
    assert single <= wrong_items().keys()
