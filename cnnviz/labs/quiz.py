"""Questions about the numbers on screen: predict first, then see.

Exercise(name, question, answer, worked)   one question with its answer and how one gets there
judge(exercise, given)                     whether a typed answer is right
in_words(answer)                           an answer as people write it
"""

import math
import re
from dataclasses import dataclass

from cnnviz.errors import ExerciseError
from cnnviz.numbers import number

Answer = float | tuple[float, ...] | str

_BETWEEN = re.compile(r"[\s,;x×()\[\]]+")  # what may stand between two numbers: "(4, 4)", "4 x 4"
LENGTH_LIMIT = 100  # characters of an answer that are read


@dataclass(frozen=True)
class Exercise:
    """name: "lab/kind", for the record of progress. question, worked: Markdown, with the live numbers.

    answer: a number, several in their order, or one of `choices`. tolerance: how far off a number
    may be and still be right, the same units as the answer.
    """

    name: str
    question: str
    answer: Answer
    worked: str
    choices: tuple[str, ...] = ()
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w-]+/[\w-]+", self.name):
            raise ValueError(f"An exercise is named lab/kind, not {self.name!r}.")
        if isinstance(self.answer, str) != bool(self.choices):
            raise ValueError("Words are chosen, numbers are typed: choices go with an answer in words.")
        if self.choices and self.answer not in self.choices:
            raise ValueError(f"{self.answer!r} is not among the choices {self.choices}.")

    @property
    def count(self) -> int:
        """How many numbers the answer has; 0 for a choice."""
        if isinstance(self.answer, str):
            return 0
        return len(self.answer) if isinstance(self.answer, tuple) else 1


def judge(exercise: Exercise, given: str) -> bool:
    """Whether `given` answers the exercise. Raises ExerciseError when it is not even a possible answer."""
    if isinstance(exercise.answer, str):
        if given not in exercise.choices:
            raise ExerciseError("Choose one of the answers first.")
        return given == exercise.answer
    wanted = exercise.answer if isinstance(exercise.answer, tuple) else (exercise.answer,)
    numbers = _numbers(given, len(wanted))
    return all(abs(is_ - should) <= exercise.tolerance for is_, should in zip(numbers, wanted, strict=True))


def in_words(answer: Answer) -> str:
    """Six significant digits at most, a true minus sign, "4 × 4" for several numbers."""
    if isinstance(answer, str):
        return answer
    numbers = answer if isinstance(answer, tuple) else (answer,)
    return " × ".join(number(value, ".6g") for value in numbers)


def _numbers(given: str, count: int) -> list[float]:
    asked = "One number is" if count == 1 else f"{count} numbers are"
    words = [word for word in _BETWEEN.split(given[:LENGTH_LIMIT].replace("−", "-")) if word]
    if len(words) != count:
        hint = ", such as 3 or −0.5" if count == 1 else ", such as " + " × ".join(["4"] * count)
        raise ExerciseError(f"{asked} asked for{hint}; decimals take a point.")
    return [_number(word) for word in words]


def _number(word: str) -> float:
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ExerciseError(f"“{word[:20]}” is not a number; write it in digits, such as 3 or −0.5.")
    return number
