"""Kernels by hand: what they do to flat and to sloping ground, and what a visitor may type."""

import pytest
import torch

from cnnviz.errors import ShapeError
from cnnviz.labs.convolution.kernels import CLASSIC, parse_kernel
from cnnviz.labs.convolution.operations import correlate


@pytest.mark.parametrize("name", ["sobel_left", "sobel_x", "sobel_y", "laplacian", "high_pass"])
def test_edge_kernels_sum_to_zero_so_flat_ground_gives_zero(name: str) -> None:
    kernel = CLASSIC[name].kernel
    assert float(kernel.sum()) == 0
    assert correlate(torch.full((1, 6, 6), 7.0), kernel[None, None]).abs().max() == 0


@pytest.mark.parametrize(
    "name", ["identity", "box3", "box5", "gauss3", "gauss5", "gauss7", "sharpen", "emboss"]
)
def test_other_kernels_sum_to_one_so_flat_ground_stays(name: str) -> None:
    flat = torch.full((1, 9, 9), 7.0, dtype=torch.float64)
    result = correlate(flat, CLASSIC[name].kernel[None, None])
    torch.testing.assert_close(result, torch.full_like(result, 7.0))


def test_edges_are_positive_on_the_side_their_label_says() -> None:
    rising = torch.arange(25.0, dtype=torch.float64).reshape(1, 5, 5) % 5  # lighter to the right
    assert correlate(rising, CLASSIC["sobel_x"].kernel[None, None]).min() > 0
    assert correlate(rising, CLASSIC["sobel_left"].kernel[None, None]).max() < 0
    assert correlate(rising.mT, CLASSIC["sobel_y"].kernel[None, None]).min() > 0


def test_cells_are_read_as_people_write_numbers() -> None:
    cells = [["1", "−2", " .5 "], ["1/9", "", "-1/4"], ["1e2", "0", "+3"]]
    expected = [[1, -2, 0.5], [1 / 9, 0, -0.25], [100, 0, 3]]
    torch.testing.assert_close(parse_kernel(cells), torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("text", ["abc", "1/0", "nan", "inf", "1e99", "1 2", "1/2/3", "<b>", "--1", "1,5"])
def test_text_in_a_cell_is_explained_with_its_place(text: str) -> None:
    with pytest.raises(ShapeError, match="row 1, column 0 of the kernel is not a number"):
        parse_kernel([["1", "2"], [text, "4"]])


@pytest.mark.parametrize("cells", [[], [[]], [["1"], ["1", "2"]], [["1"] * 8], [["1"]] * 8])
def test_kernels_are_at_most_seven_by_seven(cells: list[list[str]]) -> None:
    with pytest.raises(ShapeError, match="1 to 7 rows and columns"):
        parse_kernel(cells)
