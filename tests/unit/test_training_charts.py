"""The numbers behind the curves of a run."""

import math

import numpy as np
import pytest

from cnnviz.ui.training_charts import curves, moving_average, stretched

RECORDS = [
    {"step": 0, "epoch": 0.0, "loss": 0.0, "validation_loss": 2.3},
    {"step": 5, "epoch": 0.5, "loss": 1.5, "validation_loss": None},
    {"step": 10, "epoch": 1.0, "loss": 0.5, "validation_loss": 0.8},
]


def test_accuracy_axis_gives_each_nine_the_same_room() -> None:
    heights = [stretched(accuracy) for accuracy in (0.0, 0.9, 0.99, 0.999)]

    assert np.diff(heights) == pytest.approx([1, 1, 1])
    assert stretched(1.0) == pytest.approx(3)  # the axis ends, it does not break


def test_moving_average_is_a_plain_mean_over_the_window() -> None:
    values = np.random.default_rng(0).random(25)
    expected = [values[max(0, end - 10) : end].mean() for end in range(1, 26)]

    assert moving_average(values.tolist()) == pytest.approx(expected)
    assert moving_average([]) == []


def test_curves_leave_out_what_was_not_measured() -> None:
    rows = curves(RECORDS, "loss", math.sqrt)

    assert rows["curve"] == ["training", "training", "validation", "validation"]
    assert rows["epoch"] == [0.5, 1.0, 0.0, 1.0]
    assert rows["value"] == pytest.approx([1.5, 1.0, 2.3, 0.8])
    assert rows["height"] == pytest.approx([math.sqrt(value) for value in rows["value"]])


def test_no_records_no_points() -> None:
    assert curves([], "accuracy", stretched) == {"epoch": [], "value": [], "height": [], "curve": []}
