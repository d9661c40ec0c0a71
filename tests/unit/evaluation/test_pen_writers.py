"""Slashed zeros and footed ones are found by the shape of their strokes."""

import numpy as np
import pytest

from cnnviz.checkpoints.format import load_model
from cnnviz.data.pen_digits import PenDigit
from cnnviz.evaluation.pen_writers import WRITING_STYLES, is_footed, is_slashed, style_figures

ANGLES = np.linspace(0, 2 * np.pi, 40)
LOOP = np.stack([500 + 300 * np.sin(ANGLES), 500 - 500 * np.cos(ANGLES)], 1)
STEM = np.linspace((500, 0), (480, 1000), 20)


@pytest.mark.parametrize(
    ("strokes", "slashed"),
    [
        ((LOOP,), False),
        ((LOOP, np.linspace((850, 100), (150, 900), 12)), True),
        ((LOOP, LOOP * 0.5 + 250), False),
        ((LOOP, np.linspace((500, 450), (520, 550), 5)), False),
    ],
)
def test_slashed(strokes: tuple[np.ndarray, ...], slashed: bool) -> None:
    assert is_slashed(PenDigit(strokes, 0, "")) is slashed


@pytest.mark.parametrize(
    ("strokes", "footed"),
    [
        ((STEM,), False),
        ((STEM, np.linspace((250, 990), (750, 1000), 12)), True),
        ((np.concatenate([np.linspace((200, 300), (500, 0), 9), STEM]),), False),
    ],
)
def test_footed(strokes: tuple[np.ndarray, ...], footed: bool) -> None:
    assert is_footed(PenDigit(strokes, 1, "")) is footed


def test_every_habit_is_measured_as_written_and_as_added() -> None:
    figures = style_figures(load_model("default"))

    assert set(figures) == {*WRITING_STYLES, *(f"{name}, added" for name in WRITING_STYLES)}
    assert all(measured["n"] > 20 for measured in figures.values())


@pytest.mark.parametrize("model", ["default", "best"])
@pytest.mark.parametrize("name", [*WRITING_STYLES, *(f"{name}, added" for name in WRITING_STYLES)])
def test_the_readers_read_slashed_zeros_and_footed_ones(name: str, model: str) -> None:
    assert style_figures(load_model(model))[name]["recall"] >= 0.96
