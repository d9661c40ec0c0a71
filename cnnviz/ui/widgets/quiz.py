"""Predict, then reveal: a question about the live numbers, an answer, a verdict, the way to it.

exercises(lab, makers)   the panel at the foot of a lab
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from cnnviz.errors import CnnvizError, ExerciseError
from cnnviz.labs.quiz import Exercise, in_words, judge
from cnnviz.ui.state import cache, learning_progress

Maker = Callable[[random.Random], Exercise]


@dataclass(frozen=True)
class Round:
    """Where a lab's visitor is: which question, and what became of the last answer.

    seed: of the question's generator. judged: the exercise that `right` is about; a verdict is
    shown only as long as the numbers are still those the question was about.
    """

    seed: int
    judged: Exercise | None = None
    right: bool = False
    problem: str = ""


@st.fragment
def exercises(lab: str, makers: Mapping[str, Maker]) -> None:
    """Questions of the given kinds: label -> a function that makes one from the live numbers.

    Makers run at each rerun and must be quick; a CnnvizError of theirs is shown in the question's place.
    """
    with st.container(key=f"exercise_{lab}"):
        st.subheader("Predict, then reveal", anchor=False)
        kind = _choose_kind(lab, list(makers))
        now = cache.remember(_state(lab), lambda: Round(random.randrange(1_000_000)))
        try:
            exercise = makers[kind](random.Random(f"{kind} {now.seed}"))
        except CnnvizError as error:
            st.info(str(error), icon=":material/info:")
        else:
            _ask(lab, exercise, now)
        _report(lab, len(makers))
        learning_progress.keep(f"progress_{lab}")


def _choose_kind(lab: str, kinds: list[str]) -> str:
    if len(kinds) == 1:
        return kinds[0]
    chosen = st.segmented_control(
        "Kind of question",
        kinds,
        default=kinds[0],
        key=f"exercise_kind_{lab}",
        persist_state="session",
        required=True,
        label_visibility="collapsed",
    )
    return chosen or kinds[0]


def _ask(lab: str, exercise: Exercise, now: Round) -> None:
    st.markdown(exercise.question)
    field = f"exercise_given_{lab}_{now.seed}_{exercise.name}"
    judged = now.judged == exercise
    with (
        st.form(f"exercise_form_{lab}", border=False, enter_to_submit=not judged),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        if exercise.choices:
            st.segmented_control("Your answer", exercise.choices, key=field, label_visibility="collapsed")
        else:
            st.text_input(
                "Your answer",
                key=field,
                max_chars=100,
                width=220,
                autocomplete="off",
                label_visibility="collapsed",
                placeholder="your answer"
                if exercise.count == 1
                else "such as " + in_words((4.0,) * exercise.count),
            )
        st.form_submit_button(
            "Check",
            key=f"exercise_check_{lab}",
            type="primary",
            disabled=judged,
            on_click=_check,
            args=(lab, exercise, field),
        )
        st.form_submit_button("Another", key=f"exercise_another_{lab}", on_click=_another, args=(lab,))
    if judged:
        _reveal(exercise, now.right)
    elif now.problem:
        st.warning(now.problem, icon=":material/edit:")


def _reveal(exercise: Exercise, right: bool) -> None:
    verdict = "**Right.**" if right else f"**Not this time:** it is {in_words(exercise.answer)}."
    show, icon = (st.success, "check_circle") if right else (st.warning, "lightbulb")
    show(f"{verdict} {exercise.worked}", icon=f":material/{icon}:")


def _check(lab: str, exercise: Exercise, field: str) -> None:
    now: Round = st.session_state[_state(lab)]
    try:
        right = judge(exercise, str(st.session_state.get(field) or ""))
    except ExerciseError as error:
        st.session_state[_state(lab)] = Round(now.seed, problem=str(error))
        return
    st.session_state[_state(lab)] = Round(now.seed, exercise, right)
    learning_progress.note(exercise.name, right)


def _another(lab: str) -> None:
    now: Round = st.session_state[_state(lab)]
    st.session_state[_state(lab)] = Round(now.seed + 1)


def _report(lab: str, kinds: int) -> None:
    score = learning_progress.score(lab)
    if not score.answers:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"In this lab: {score.solved} of {kinds} kinds of question solved, {score.right} of "
            f"{score.answers} answers right. Kept in this browser only.",
            width="content",
        )
        st.button(
            "Forget",
            key=f"exercise_forget_{lab}",
            type="tertiary",
            on_click=learning_progress.start_over,
            help="Forgets the answers given in this browser, in all labs",
        )


def _state(lab: str) -> str:
    return f"_exercise_{lab}"
