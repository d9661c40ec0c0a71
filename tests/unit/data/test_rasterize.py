"""Painted strokes have the pen's width and the points' place."""

import numpy as np
import pytest

from cnnviz.data.rasterize import fit, rasterize


@pytest.mark.parametrize("width", [6, 20, 35])
def test_a_line_is_as_wide_as_the_pen(width: int) -> None:
    picture = rasterize([np.array([[140, 40], [140, 240]])], width) / 255

    assert picture.shape == (280, 280)
    assert picture[140].sum() == pytest.approx(width, abs=0.05)
    assert (picture[140] * np.arange(280)).sum() / picture[140].sum() == pytest.approx(139.5, abs=0.01)
    assert picture[:, 140].sum() == pytest.approx(200 + width, abs=0.3)  # round ends


def test_a_single_point_is_a_disc() -> None:
    picture = rasterize([np.array([[100, 100]])], 20) / 255

    assert picture.sum() == pytest.approx(np.pi * 100, rel=0.005)


def test_a_slanted_edge_covers_what_the_line_covers() -> None:
    """Oracle: the share of 8 x 8 places in each pixel that lie within the pen of the line."""
    start, end = np.array([20.3, 30.8]), np.array([75.1, 60.2])
    y, x = (np.mgrid[0:800, 0:800] + 0.5) / 8
    along = (end - start) / np.hypot(*(end - start))
    across = np.abs((x - start[0]) * along[1] - (y - start[1]) * along[0])
    covered = (across <= 4).reshape(100, 8, 100, 8).mean((1, 3))

    picture = rasterize([np.stack([start, end])], 8, 100) / 255

    middle = slice(32, 64)  # columns away from the ends
    assert np.abs(picture - covered)[:, middle].max() < 0.07


def test_ink_beyond_the_border_is_left_out() -> None:
    picture = rasterize([np.array([[-30, 50], [130, 50], [400, 400]])], 10, 100)

    assert (picture[45:55] == 255).all()
    assert (picture[:45] == 0).all()


def test_fit_centers_and_scales_all_strokes_together() -> None:
    strokes = fit([np.array([[0, 0], [500, 1000]]), np.array([[250, 100]])], size=280, extent=200)

    points = np.concatenate(strokes)
    assert points.min(0).tolist() == pytest.approx([90, 40])
    assert points.max(0).tolist() == pytest.approx([190, 240])
    assert [len(stroke) for stroke in strokes] == [2, 1]


def test_points_out_of_reach_do_no_harm() -> None:
    usual = rasterize([np.array([[20, 50], [80, 50]])], 10, 100)
    odd = rasterize([np.array([[20, 50], [np.nan, 3], [80, 50], [np.inf, 5]])], 10, 100)

    assert np.array_equal(odd, usual)
    assert rasterize([np.array([[-1e300, 50], [1e300, 50]])], 10, 100)[50].min() == 255
