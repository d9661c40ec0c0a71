"""Predict, then reveal, without a browser: verdicts, typing errors, and the record of progress."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.ui.state.learning_progress import Record, checked, merge
from tests.support.text import words


def lab() -> None:
    import random

    import streamlit as st

    from cnnviz.labs.quiz import Exercise
    from cnnviz.ui.widgets.quiz import exercises

    factor = st.number_input("Factor", 1, 9, 3, key="factor")

    def product(source: random.Random) -> Exercise:
        number = source.randint(10, 99)
        worked = f"{factor} × {number} = {factor * number}"
        return Exercise("numbers/product", f"{factor} × {number}?", float(factor * number), worked)

    def side(_source: random.Random) -> Exercise:
        return Exercise("numbers/side", "Which side?", "left", "Just so.", choices=("left", "right"))

    exercises("numbers", {"product": product, "side": side})


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(lab, default_timeout=60).run()


def asked(page: AppTest) -> tuple[int, int]:
    question = next(part.value for part in page.markdown if part.value.endswith("?"))
    factor, number = question.rstrip("?").split(" × ")
    return int(factor), int(number)


def answer(page: AppTest, text: str) -> AppTest:
    page.text_input[0].set_value(text)
    page.button(key="exercise_check_numbers").click().run()
    assert not page.exception
    return page


def test_right_answers_are_told_and_counted(page: AppTest) -> None:
    factor, number = asked(page)
    answer(page, str(factor * number))

    assert page.success[0].value == f"**Right.** {factor} × {number} = {factor * number}"
    assert "1 of 2 kinds of question solved, 1 of 1 answers right" in words(page)
    assert page.button(key="exercise_check_numbers").disabled  # one prediction a question


def test_wrong_answers_show_the_way(page: AppTest) -> None:
    factor, number = asked(page)
    answer(page, "1")

    assert f"it is {factor * number}." in page.warning[0].value
    assert f"{factor} × {number} = {factor * number}" in page.warning[0].value
    assert "0 of 1 answers right" in words(page)


@pytest.mark.parametrize("text", ["", "many", "1 2", "<b>", "9" * 90 + "y"])
def test_what_is_no_answer_is_explained_and_not_counted(page: AppTest, text: str) -> None:
    answer(page, text)

    assert "number" in page.warning[0].value
    assert "answers right" not in words(page)
    assert not page.button(key="exercise_check_numbers").disabled


def test_another_question_is_another_one(page: AppTest) -> None:
    first = asked(page)
    page.button(key="exercise_another_numbers").click().run()
    second = asked(page)
    page.button(key="exercise_another_numbers").click().run()

    assert len({first, second, asked(page)}) > 1
    assert not page.success
    assert page.text_input[0].value == ""


def test_a_verdict_goes_when_the_numbers_it_was_about_change(page: AppTest) -> None:
    factor, number = asked(page)
    answer(page, str(factor * number))
    page.number_input(key="factor").set_value(4).run()

    assert asked(page) == (4, number)
    assert not page.success
    answer(page, str(4 * number))
    assert page.success


def test_choices_are_chosen(page: AppTest) -> None:
    page.button_group(key="exercise_kind_numbers").set_value("side").run()
    page.button(key="exercise_check_numbers").click().run()
    assert "Choose one" in page.warning[0].value

    page.button_group[1].set_value("left")
    page.button(key="exercise_check_numbers").click().run()
    assert page.success[0].value == "**Right.** Just so."


def test_what_the_browser_kept_is_added(page: AppTest) -> None:
    page.session_state["progress_numbers"] = {"kept": {"epoch": 0, "right": {"numbers/side": [2, 3]}}}
    page.session_state["_progress"] = merge(
        Record(), checked(page.session_state["progress_numbers"]["kept"])
    )  # AppTest runs no callback for a component
    page.run()
    assert "1 of 2 kinds of question solved, 2 of 3 answers right" in words(page)

    page.button(key="exercise_forget_numbers").click().run()
    assert "answers right" not in words(page)


# ---- merging and checking ----


def test_larger_counts_win_and_a_start_over_beats_them() -> None:
    one = Record(0, {"a/b": (1, 4), "a/c": (2, 2)})
    other = Record(0, {"a/b": (3, 3), "d/e": (0, 1)})
    together = Record(0, {"a/b": (3, 4), "a/c": (2, 2), "d/e": (0, 1)})
    assert merge(one, other) == merge(other, one) == together
    assert merge(together, one) == together
    assert merge(one, Record(1)) == merge(Record(1), one) == Record(1)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "text",
        [],
        {},
        {"epoch": -1, "right": {}},
        {"epoch": True, "right": {"a/b": [1, 1]}},
        {"epoch": 0, "right": []},
        {"epoch": 0, "right": {"a/b": [1]}},
        {"epoch": 0, "right": {"a/b": [2, 1]}},
        {"epoch": 0, "right": {"a/b": ["1", 1]}},
        {"epoch": 0, "right": {"a/b": [1, 10**30]}},
        {"epoch": 0, "right": {"<script>": [1, 1], 3: [1, 1], "a" * 99 + "/b": [1, 1]}},
    ],
)
def test_a_strangers_record_is_ignored(sent: Any) -> None:
    assert checked(sent) == Record()


def test_a_good_record_is_taken_and_a_long_one_cut() -> None:
    assert checked({"epoch": 2, "right": {"a/b": [1, 3]}}) == Record(2, {"a/b": (1, 3)})
    assert len(checked({"epoch": 0, "right": {f"a/{n}": [1, 1] for n in range(9999)}}).answers) == 300
