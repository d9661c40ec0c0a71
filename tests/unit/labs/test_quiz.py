"""What counts as a right answer, as a wrong one, and as none at all."""

import pytest

from cnnviz.errors import ExerciseError
from cnnviz.labs.quiz import Answer, Exercise, in_words, judge


def exercise(answer: Answer, **more: object) -> Exercise:
    return Exercise("lab/kind", "What is it?", answer, "Count.", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", ["-360", " −360 ", "-360.0", "-3.6e2", "-360.0005", "(-360)"])
def test_a_number_may_be_written_in_many_ways(given: str) -> None:
    assert judge(exercise(-360.0), given)


@pytest.mark.parametrize("given", ["360", "-361", "-360.01", "0"])
def test_another_number_is_wrong(given: str) -> None:
    assert not judge(exercise(-360.0), given)


def test_the_tolerance_is_the_exercises_own() -> None:
    assert judge(exercise(0.3333, tolerance=0.01), "0.33")
    assert not judge(exercise(0.3333, tolerance=0.001), "0.33")


@pytest.mark.parametrize("given", ["4, 5", "4 5", "4x5", "4 × 5", "(4, 5)", "[4; 5]", "4,5"])
def test_several_numbers_in_their_order(given: str) -> None:
    assert judge(exercise((4.0, 5.0)), given)
    assert not judge(exercise((5.0, 4.0)), given)


@pytest.mark.parametrize(
    "given", ["", "   ", "four", "1,5", "1 2", "nan", "inf", "0x10", "--3", "3e", "9" * 99 + "e99"]
)
def test_what_is_no_number_is_explained(given: str) -> None:
    with pytest.raises(ExerciseError, match=r"number"):
        judge(exercise(3.0), given)


@pytest.mark.parametrize("given", ["4", "4 4 4", "4 four"])
def test_as_many_numbers_as_asked_for(given: str) -> None:
    with pytest.raises(ExerciseError, match=r"2 numbers are asked for|not a number"):
        judge(exercise((4.0, 4.0)), given)


def test_a_choice() -> None:
    question = exercise("left", choices=("left", "right"))
    assert judge(question, "left")
    assert not judge(question, "right")
    with pytest.raises(ExerciseError, match="Choose"):
        judge(question, "")


@pytest.mark.parametrize(
    "wrong",
    [
        {"answer": "up", "choices": ("left", "right")},
        {"answer": "left"},
        {"answer": 1.0, "choices": ("left", "right")},
    ],
)
def test_an_exercise_nobody_could_answer_is_refused(wrong: dict[str, Answer]) -> None:
    with pytest.raises(ValueError, match="choices"):
        exercise(**wrong)


@pytest.mark.parametrize("name", ["lab", "lab/", "/kind", "lab/kind/more", "a lab/kind"])
def test_names_are_lab_and_kind(name: str) -> None:
    with pytest.raises(ValueError, match="named lab/kind"):
        Exercise(name, "", 1.0, "")


@pytest.mark.parametrize(
    ("answer", "text"),
    [(-360.0, "−360"), (1 / 3, "0.333333"), ((4.0, 5.0), "4 × 5"), ("left", "left"), (-0.0, "0")],
)
def test_answers_in_words_can_be_typed_back(answer: Answer, text: str) -> None:
    assert in_words(answer) == text
    if not isinstance(answer, str):
        assert judge(exercise(answer), text)
