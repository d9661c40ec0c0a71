"""Pen digits become pictures; writers held back are never trained on."""

import pytest
import torch

from cnnviz.checkpoints.format import load_model
from cnnviz.data.pen_digits import (
    digits_by,
    held_back_writers,
    load_pen_digits,
    pen_test_digits,
    pen_validation_digits,
    repeated_items,
    training_writers,
    validation_writers,
    varied_pictures,
    wrong_items,
    wrong_pen_test_digits,
)
from cnnviz.evaluation.pen_writers import accuracy_without


def test_a_quarter_of_the_writers_is_held_back_always_the_same() -> None:
    writers = {digit.writer for digit in load_pen_digits()}

    assert held_back_writers() == held_back_writers()
    assert (len(held_back_writers()), len(writers)) == (83, 326)  # of a quarter of the files
    assert held_back_writers() < writers


def test_validation_writers_are_others_than_the_held_back() -> None:
    assert len(validation_writers()) == 20
    assert not validation_writers() & held_back_writers()
    assert not training_writers() & (held_back_writers() | validation_writers())
    assert len(pen_validation_digits()) > 300


def test_nobody_is_tested_with_digits_that_were_trained_on() -> None:
    """IBM's files hold the same person's digits several times over."""
    written = [
        tuple(stroke.tobytes() for stroke in digit.strokes)
        for writers in (held_back_writers(), validation_writers(), training_writers())
        for digit in digits_by(writers, with_wrong=True)
    ]

    assert len(set(written)) == len(written)  # each digit once, on one side
    assert len(written) + len(repeated_items()) == len(load_pen_digits())


@pytest.mark.parametrize(
    ("files", "writer"),
    [
        (["ibm/ibm0/r0007", "ibm/ibm0/r0107", "ibm/ibm0/r0207"], "ibm/07"),
        (["art/art01trn.dat/art01trn", "art/art01tst.dat/art01tst"], "art/art01"),
        (["apb/apb06/app0653", "app/app06/app0653"], "app/app0653"),
        (["uqb/re.dat/re"], "uqb/re"),
    ],
)
def test_files_of_one_writer(files: list[str], writer: str) -> None:
    assert {digit.writer for digit in load_pen_digits() if digit.file in files} == {writer}
    assert {digit.file for digit in load_pen_digits() if digit.writer == writer} == set(files)


def test_test_pictures_are_prepared_like_drawings() -> None:
    digits = pen_test_digits()

    assert digits.images.shape == (len(digits.labels), 28, 28)
    assert len(digits) == 2_010
    assert digits.images.flatten(1).amax(1).min() == 255
    assert torch.bincount(digits.labels.long(), minlength=10).min() > 100


def test_every_variant_of_a_digit_is_another_picture() -> None:
    digits = digits_by(validation_writers())[:20]
    varied = varied_pictures(digits, seed=1, variants=3)

    assert varied.labels.tolist() == 3 * [digit.label for digit in digits]
    assert len(varied.images.flatten(1).unique(dim=0)) == 60
    assert torch.equal(varied.images, varied_pictures(digits, seed=1, variants=3).images)


def test_leaving_a_stage_out_costs_accuracy() -> None:
    accuracies = accuracy_without(load_model("classic"), count=200)

    assert list(accuracies) == [None, "crop", "aspect", "antialias", "centre"]
    assert accuracies[None] > 0.9
    assert accuracies["crop"] < accuracies[None] - 0.05


def test_wrong_items_have_reasons_and_stay_out_of_the_cleaned_set() -> None:
    digits = load_pen_digits()

    assert 40 <= len(wrong_items()) <= 100  # about one in a hundred
    assert all(reason and digits[index] for index, reason in wrong_items().items())
    held = sum(
        digits[index].writer in held_back_writers() for index in wrong_items().keys() - repeated_items()
    )
    assert len(pen_test_digits()) - len(pen_test_digits(with_wrong=False)) == held


def test_places_of_the_wrong_test_pictures() -> None:
    kept = torch.ones(len(pen_test_digits()), dtype=torch.bool)
    kept[list(wrong_pen_test_digits())] = False

    assert torch.equal(pen_test_digits()[kept].images, pen_test_digits(with_wrong=False).images)
    assert set(wrong_pen_test_digits().values()) <= set(wrong_items().values())


def test_no_stroke_of_a_four_counts_as_a_four() -> None:
    """IBM's writers lift the pen in a four; where one of theirs has one stroke, it was cut in two."""
    single = {
        index
        for index, digit in enumerate(load_pen_digits())
        if digit.writer.startswith("ibm/") and digit.label == 4 and len(digit.strokes) == 1
    }

    assert single
    assert single <= wrong_items().keys()
