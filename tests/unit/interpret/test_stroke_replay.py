"""Oracle: strokes.rasterize and predict, one partial drawing at a time."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cnnviz.checkpoints.format import load_model
from cnnviz.data.preprocessing import to_digit
from cnnviz.data.rasterize import rasterize
from cnnviz.errors import NothingDrawn
from cnnviz.interpret.stroke_replay import Replay, Step, paint, replay, stopping_points
from cnnviz.networks.tracing import predict

Stroke = NDArray[np.float32]


def seven() -> list[Stroke]:
    """A 7 in two strokes: the bar and the stem, then the dash through it."""
    bar = np.stack([np.linspace(80, 200, 40), np.full(40, 70)], 1)
    stem = np.stack([np.linspace(200, 130, 60), np.linspace(70, 230, 60)], 1)
    dash = np.stack([np.linspace(130, 190, 20), np.full(20, 150)], 1)
    return [np.concatenate([bar, stem]).astype(np.float32), dash.astype(np.float32)]


def partial(strokes: list[Stroke], step: Step) -> list[Stroke]:
    return [*strokes[: step.stroke], strokes[step.stroke][: step.points]]


def test_every_partial_drawing_is_painted_as_rasterize_paints_it() -> None:
    strokes = seven()
    steps = stopping_points(strokes, 12)
    for step, painted in zip(steps, paint(strokes, [20, 20], steps, 280), strict=True):
        assert np.array_equal(painted, rasterize(partial(strokes, step), 20)), step


def test_probabilities_are_those_of_each_partial_drawing() -> None:
    model, strokes = load_model(), seven()
    found = replay(model, strokes, [18.0, 18.0], limit=10)
    for step, image, values in zip(found.steps, found.images, found.probabilities, strict=True):
        pixels = rasterize(partial(strokes, step), 18)
        try:
            expected = (to_digit(pixels).image * 255).round() / 255
        except NothingDrawn:
            assert values.isnan().all()
            assert not image.any()
            continue
        assert torch.equal(image, expected)
        assert torch.allclose(values, predict(model, expected)[0], atol=1e-5)
    assert int(found.probabilities[-1].argmax()) == 7


def test_steps_follow_the_pen_evenly() -> None:
    strokes = seven()
    steps = stopping_points(strokes, 30)

    assert len(steps) <= 30
    assert steps[-1] == Step(1, 20, steps[-1].length)
    assert steps[-1].length == pytest.approx(120 + np.hypot(70, 160) + 60, rel=1e-4)
    assert any(step.stroke == 0 and step.points == 100 for step in steps)  # the end of the first stroke
    ways = np.diff([0.0, *(step.length for step in steps)])
    assert (ways >= 0).all()
    assert ways.max() < 3 * steps[-1].length / 30


def test_few_points_are_all_shown() -> None:
    stroke = np.array([[50, 50], [90, 60], [120, 200]], np.float32)

    assert [step.points for step in stopping_points([stroke], 60)] == [2, 3]


def test_many_strokes_each_keep_their_end() -> None:
    strokes = [np.array([[x, 10], [x, 200]], np.float32) for x in range(10, 90, 10)]

    steps = stopping_points(strokes, 3)

    assert [(step.stroke, step.points) for step in steps] == [(number, 2) for number in range(8)]


def test_a_dot_leaves_a_gap_and_the_final_picture_can_be_given() -> None:
    dot = np.array([[140, 140]], np.float32)
    line = np.stack([np.full(50, 140), np.linspace(40, 240, 50)], 1).astype(np.float32)
    final = torch.zeros(28, 28)
    final[4:24, 14] = 1.0
    model = load_model()

    found = replay(model, [dot, line], [6, 20], limit=8, final=final)

    assert not found.readable[0]
    assert found.readable[-1]
    assert torch.equal(found.images[-1], final)
    assert torch.allclose(found.probabilities[-1], predict(model, final)[0], atol=1e-6)


class Scripted(torch.nn.Module):
    """Answers with a given list of digits, whatever it sees."""

    def __init__(self, answers: list[int]):
        super().__init__()
        self.answers = answers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.one_hot(torch.tensor(self.answers[: len(x)]), 10).float() * 9


def test_every_change_of_mind_is_found() -> None:
    stroke = np.stack([np.full(7, 140), np.linspace(40, 240, 7)], 1).astype(np.float32)
    found: Replay = replay(Scripted([1, 1, 4, 4, 1, 9]), [stroke], [20])

    assert found.readable.all()
    assert [(change.step, change.before, change.after) for change in found.changes] == [
        (2, 1, 4),
        (4, 4, 1),
        (5, 1, 9),
    ]


@pytest.mark.parametrize("strokes", [[], [np.zeros((0, 2), np.float32)]])
def test_nothing_drawn(strokes: list[Stroke]) -> None:
    with pytest.raises(NothingDrawn, match="Nothing is drawn"):
        replay(load_model(), strokes, [20.0] * len(strokes))
