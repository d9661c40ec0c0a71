"""The numbers behind the curves of a run."""

import math
from types import ModuleType
from typing import Any

import altair as alt
import numpy as np
import pytest

from cnnviz.training.config import TrainConfig
from cnnviz.ui.pages.train.confusion import matrix_rows, worst_pairs
from cnnviz.ui.pages.train.prediction_history import rows as rows_of_answers
from cnnviz.ui.runs import charts
from cnnviz.ui.runs.charts import curves, moving_average, stretched
from cnnviz.ui.widgets import charts as widget_charts
from cnnviz.ui.widgets.charts import specification

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


def drawn(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> list[dict[str, list[Any]]]:
    """The columns of every chart that is drawn from now on."""
    tables: list[dict[str, list[Any]]] = []
    monkeypatch.setattr(module, "draw", lambda rows, *_: tables.append(rows))
    for drawing in (module, widget_charts):
        monkeypatch.setattr(drawing, "theme", lambda: "light")
    return tables


def test_rate_chart_shows_the_plan_and_what_became_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = drawn(monkeypatch, charts)
    config = TrainConfig(epochs=3, schedule="cosine", learning_rate=0.4)
    events = [{"step": step, "steps": 30, "epoch": step / 10, "learning_rate": 0.1} for step in (0, 5)]
    charts.live_rate_chart(events, config, "key")

    (rows,) = tables
    plan = [rate for rate, curve in zip(rows["rate"], rows["curve"], strict=True) if curve == "planned"]
    assert plan[0] == 0.4
    assert plan[-1] == pytest.approx(0)
    assert rows["rate"][-2:] == [0.1, 0.1]
    assert rows["epoch"][-2:] == [0.0, 0.5]


def test_gradient_chart_has_a_curve_a_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = drawn(monkeypatch, charts)
    events = [
        {"step": 0, "epoch": 0.0, "gradient_norms": {}},
        {"step": 1, "epoch": 0.1, "gradient_norms": {"conv1": 10.0, "logits": 0.0}},
        {"step": 2, "epoch": 0.2, "gradient_norms": {"conv1": 1_000.0, "logits": 0.1}},
    ]
    charts.gradient_chart(events, TrainConfig(), "key")

    assert tables[0]["layer"] == ["conv1", "conv1", "logits", "logits"]
    assert tables[0]["norm"] == [10, 1_000, 0, 0.1]
    assert tables[0]["height"][:2] == pytest.approx([1, 2])  # the mean of the logarithms 1 and 3
    assert all(map(math.isfinite, tables[0]["height"]))


def test_confusion_rows_and_worst_pairs() -> None:
    matrix = [[0] * 10 for _ in range(10)]
    matrix[4][4], matrix[4][9], matrix[9][4] = 6, 2, 5
    rows = matrix_rows(matrix)
    cell = rows["true"].index(4) + 9

    assert (rows["true"][cell], rows["read"][cell], rows["count"][cell], rows["share"][cell]) == (
        4,
        9,
        2,
        0.25,
    )
    assert rows["share"][0] == 0  # no such digit, no share
    assert worst_pairs(matrix) == {"pair": ["9 read as 4", "4 read as 9"], "count": [5, 2]}


def test_answers_lie_where_their_snapshots_were_taken() -> None:
    first, second = (0.1,) * 10, (*(0.0,) * 7, 0.9, 0.1, 0.0)
    table = rows_of_answers([(0, first), (25, second)], 100)
    past = [index for index, now in enumerate(table["now"]) if not now]
    now = [index for index, now in enumerate(table["now"]) if now]

    assert [(table["left"][index], table["right"][index]) for index in past] == [(0, 0.5)] * 10
    assert [table["probability"][index] for index in past] == list(first)
    assert [table["probability"][index] for index in now] == list(second)
    assert [table["label"][index] for index in now] == [""] * 7 + ["90.0%", "10.0%", ""]
    assert [table["digit"][index] for index in now if table["best"][index]] == [7]
    widths = [table["right"][index] - table["left"][index] for index in now]
    assert widths[7] == pytest.approx(9 * widths[8])


def test_before_the_first_snapshot_there_are_only_bars() -> None:
    assert rows_of_answers([(0, (0.1,) * 10)], 1)["now"] == [True] * 10


def test_a_specification_is_built_once_for_its_arguments_and_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    built = []

    @specification
    def spec(height: int) -> Any:
        built.append((height, widget_charts.theme()))
        return alt.Chart(height=height).mark_bar().encode(x="digit:O")

    for theme in ("light", "dark", "light"):
        monkeypatch.setattr(widget_charts, "theme", lambda theme=theme: theme)
        spec(3)

    assert built == [(3, "light"), (3, "dark")]
    assert spec(4) == {
        "height": 4,
        "mark": {"type": "bar"},
        "encoding": {"x": {"field": "digit", "type": "ordinal"}},
    }  # the data come with draw(), so that the chart stays when they change
