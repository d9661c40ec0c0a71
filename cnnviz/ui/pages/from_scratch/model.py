"""What the from-scratch page is about: one NumPy network, one digit, one filter, one cell.

NumpyRun      a training run as far as it went; the page always has one
Lesson        the network's forward and backward pass on the current digit, with a place to look at
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.labs.numpy_cnn.readable import FILTERS, Array, Errors, Parameters, Pass, backward, forward
from cnnviz.labs.numpy_cnn.training import NumpyConfig, NumpyProgress, fit_numpy, read_numpy, training_digits
from cnnviz.ui.state import cache
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.incremental import Incremental, alive

RUN = "_scratch_run"
_OF = "_scratch_of"
FILTER, ROW, COLUMN, TRUE = "scratch_filter", "scratch_row", "scratch_column", "scratch_true"
FIRST = NumpyConfig(epochs=2)  # what is trained before anything is clicked


@dataclass(frozen=True)
class Point:
    """One record's figures."""

    epoch: float
    loss: float
    accuracy: float
    test_accuracy: float | None
    samples_per_second: float


@dataclass(frozen=True, eq=False)
class NumpyRun:
    """A run so far. before: the filters it began with (8, 3, 3)."""

    config: NumpyConfig
    points: tuple[Point, ...]
    before: Array
    latest: NumpyProgress

    @property
    def complete(self) -> bool:
        return self.latest.step == self.latest.steps

    @property
    def test_accuracy(self) -> float:
        """At the end of the last whole epoch."""
        return next(point.test_accuracy for point in reversed(self.points) if point.test_accuracy is not None)

    @property
    def speed(self) -> float:
        """Median training digits a second."""
        speeds = [point.samples_per_second for point in self.points[1:]]
        return float(np.median(speeds)) if speeds else 0.0


def train(config: NumpyConfig) -> Incremental[NumpyRun]:
    """A run on the 12,000 digits, as far as it went."""

    def runs() -> Iterator[NumpyRun]:
        points: tuple[Point, ...] = ()
        for progress in fit_numpy(config, training_digits(), cache.test_digits()):
            if not points:
                before = progress.parameters["filters"]
            points = (*points, _point(progress))
            yield NumpyRun(config, points, before, progress)

    return Incremental(runs, kept=1)


def _point(progress: NumpyProgress) -> Point:
    return Point(
        progress.epoch,
        progress.loss,
        progress.accuracy,
        progress.test_accuracy,
        progress.samples_per_second,
    )


@st.cache_resource(show_spinner=False)
def first_run() -> Incremental[NumpyRun]:
    """Trained once a server, so that the page opens with a network that can read."""
    return train(FIRST)


def current_training() -> Incremental[NumpyRun]:
    """The visitor's own, or the first."""
    own: Incremental[NumpyRun] | None = st.session_state.get(RUN)
    return own or first_run()


def trained() -> bool:
    """False while the page's first network is made."""
    return RUN in st.session_state or not alive([first_run()])


def current_run() -> NumpyRun:
    training = current_training()
    if not training.records:
        training.advance()
    return training.last


@dataclass(frozen=True, eq=False)
class Lesson:
    """All values the page shows; N = 1 image everywhere. row, column: of a pooled cell."""

    run: NumpyRun
    image: NDArray[np.float32]  # (28, 28)
    label: int  # the true digit
    known: bool  # whether the data set says so; else it is what the visitor says
    passed: Pass
    gradients: Parameters
    errors: Errors
    filter: int
    row: int
    column: int

    @property
    def parameters(self) -> Parameters:
        return self.run.latest.parameters

    @property
    def labels(self) -> NDArray[np.int64]:
        return np.array([self.label])

    @property
    def read(self) -> int:
        return int(self.passed.probabilities[0].argmax())

    @cached_property
    def corner(self) -> int:
        """Which of the window's four cells won, row by row."""
        return int(self.passed.winners[0, self.filter, self.row, self.column].argmax())

    @property
    def cell(self) -> tuple[int, int]:
        """Row and column of the winner in the filter's map; its patch begins there."""
        return 2 * self.row + self.corner // 2, 2 * self.column + self.corner % 2


def current_lesson() -> Lesson:
    """One pass forward and back, and the place the visitor looks at."""
    run, digit = current_run(), current_digit()
    parameters = run.latest.parameters
    image = digit.image.numpy()
    passed = forward(parameters, image[None])
    read = int(passed.probabilities[0].argmax())
    known = digit.label is not None
    label = digit.label if digit.label is not None else int(st.session_state.get(TRUE, read))
    gradients, errors = backward(parameters, passed, np.array([label]))
    if st.session_state.get(_OF) != image.tobytes():  # another digit: back to its strongest cell
        st.session_state[_OF] = image.tobytes()
        st.session_state.pop(ROW, None)
        st.session_state.pop(COLUMN, None)
    loudest = int(passed.pooled[0].max((1, 2)).argmax())
    chosen = min(int(st.session_state.get(FILTER, loudest)), FILTERS - 1)
    strongest = int(passed.pooled[0, chosen].argmax())
    side = passed.pooled.shape[-1]
    row, column = st.session_state.get(ROW), st.session_state.get(COLUMN)
    if row is None or column is None:
        row, column = divmod(strongest, side)
    return Lesson(run, image, label, known, passed, gradients, errors, chosen, int(row), int(column))


@st.cache_data(max_entries=32, show_spinner=False)
def all_predictions(_parameters: Parameters, key: str) -> NDArray[np.integer]:  # noqa: ARG001 - the key
    """What the network of a complete run, named by its configuration, reads in 10,000 test digits."""
    probabilities = read_numpy(_parameters, cache.test_digits().pixels().numpy())  # (10000, 10)
    return np.asarray(probabilities.argmax(1))
