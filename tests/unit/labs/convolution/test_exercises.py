"""Questions from live numbers: their answers against PyTorch, whatever is asked."""

import random
import re

import pytest
import torch
import torch.nn.functional as F

from cnnviz.errors import ShapeError
from cnnviz.labs.convolution.exercises import (
    what_gives_zero,
    what_is_this_cell,
    what_shape_comes_out,
    which_cell_wins,
)
from cnnviz.labs.convolution.geometry import WindowGeometry
from cnnviz.labs.convolution.kernels import CLASSIC, EXAMPLES, POOLING_EXAMPLES
from cnnviz.labs.quiz import Exercise, in_words, judge

SEEDS = range(40)
EDGE, SOBEL = EXAMPLES["edge"].image, CLASSIC["sobel_left"].kernel


def numbers(text: str) -> list[float]:
    return [float(word.replace("−", "-")) for word in re.findall(r"[-−]?\d+(?:\.\d+)?", text)]


def matrices(question: str) -> list[torch.Tensor]:
    bodies = re.findall(r"pmatrix\} (.*?) \\end", question)
    return [
        torch.tensor(
            [[float("nan") if cell == "?" else float(cell) for cell in row.split("&")] for row in rows]
        )
        for rows in ([row.replace(" ", "") for row in body.split(r"\\")] for body in bodies)
    ]


def right(exercise: Exercise) -> bool:
    return judge(exercise, exercise.answer if isinstance(exercise.answer, str) else in_words(exercise.answer))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "geometry", [WindowGeometry(), WindowGeometry(2, 1, 1, "reflect"), WindowGeometry(1, 2, 2, "zero")]
)
def test_a_cell_is_what_pytorch_says_and_what_the_matrices_give(seed: int, geometry: WindowGeometry) -> None:
    exercise = what_is_this_cell(random.Random(seed), "Edge", EDGE, SOBEL, geometry, 3.0)
    padded = F.pad(
        EDGE[None], (geometry.padding,) * 4, mode="reflect" if geometry.border == "reflect" else "constant"
    )
    expected = F.conv2d(padded, SOBEL[None, None], None, geometry.stride, 0, geometry.dilation)[0] + 3
    row, column = map(int, numbers(exercise.question)[:2])
    assert exercise.answer == pytest.approx(float(expected[row, column]))
    patch, kernel = matrices(exercise.question)
    assert float((patch * kernel).sum()) + 3 == pytest.approx(exercise.answer)
    assert right(exercise)
    assert exercise.worked.endswith(f"= {in_words(exercise.answer)}.")


def test_rounded_numbers_are_near_enough_and_large_kernels_are_not_asked_for() -> None:
    digit = torch.rand(28, 28, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for seed in SEEDS:
        exercise = what_is_this_cell(
            random.Random(seed), "Digit", digit, CLASSIC["gauss7"].kernel, WindowGeometry(), 0.0
        )
        patch, kernel = matrices(exercise.question)
        assert kernel.shape == (3, 3)
        assert judge(exercise, f"{float((patch * kernel).sum()):.3f}")
        assert not judge(exercise, str(float(exercise.answer) + 1))  # type: ignore[arg-type]


def test_an_impossible_window_is_explained() -> None:
    with pytest.raises(ShapeError, match="larger than the"):
        what_is_this_cell(random.Random(0), "Nothing", torch.zeros(2, 2), SOBEL, WindowGeometry(), 0.0)
    with pytest.raises(ShapeError, match="too large for this image"):
        what_shape_comes_out(random.Random(0), 1, 1, (9, 9))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_shape_is_pytorchs(seed: int) -> None:
    exercise = what_shape_comes_out(random.Random(seed), 28, 20, (5, 3))
    padding, stride, *dilation = map(int, numbers(exercise.question.split("with padding")[1]))
    result = F.conv2d(
        torch.zeros(1, 1, 28, 20), torch.zeros(1, 1, 5, 3), None, stride, padding, *dilation or [1]
    )
    assert exercise.answer == tuple(map(float, result.shape[2:]))
    assert right(exercise)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("window", "stride"), [(2, 2), (3, 1), (2, 3), (7, 0)])
def test_the_winner_is_pytorchs(seed: int, window: int, stride: int) -> None:
    image = POOLING_EXAMPLES["four"].image.remainder(20)  # with ties
    exercise = which_cell_wins(random.Random(seed), image, window, stride)
    used = window if window < 4 else 2
    _, places = F.max_pool2d(image[None, None], used, max(1, stride), return_indices=True)
    winners = {f"row {place // 4}, column {place % 4}" for place in places.flatten().tolist()}
    assert exercise.answer in winners
    (values,) = matrices(exercise.question)
    row, column = map(int, numbers(str(exercise.answer)))
    assert float(image[row, column]) == float(values.max())
    assert len(exercise.choices) == used**2


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["sobel_y", "sharpen", "emboss", "column", "gauss3"])
def test_the_hidden_weight_makes_the_kernel_sum_to_zero(seed: int, name: str) -> None:
    exercise = what_gives_zero(random.Random(seed), CLASSIC[name].kernel)
    (shown,) = matrices(exercise.question)
    assert int(shown.isnan().sum()) == 1
    assert float(shown.nansum()) + float(exercise.answer) == pytest.approx(0, abs=0.01)  # type: ignore[arg-type]
    assert right(exercise)
