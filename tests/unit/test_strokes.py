"""Painted strokes have the pen's width and the points' place."""

import numpy as np
import pytest

from cnnviz.strokes import fit, rasterize


@pytest.mark.parametrize("width", [6, 20, 35])
def test_a_line_is_as_wide_as_the_pen(width: int) -> None:
    picture = rasterize([np.array([[140, 40], [140, 240]])], width) / 255

    assert picture.shape == (280, 280)
    assert picture[140].sum() == pytest.approx(width, abs=1.1)
    assert (picture[140] * np.arange(280)).sum() / picture[140].sum() == pytest.approx(139.5, abs=0.6)
    assert picture[:, 140].sum() == pytest.approx(200 + width, abs=2)  # round ends


def test_a_single_point_is_a_disc() -> None:
    picture = rasterize([np.array([[100, 100]])], 20) / 255

    assert picture.sum() == pytest.approx(np.pi * 100, rel=0.08)


def test_fit_centres_and_scales_all_strokes_together() -> None:
    strokes = fit([np.array([[0, 0], [500, 1000]]), np.array([[250, 100]])], size=280, extent=200)

    points = np.concatenate(strokes)
    assert points.min(0).tolist() == pytest.approx([90, 40])
    assert points.max(0).tolist() == pytest.approx([190, 240])
    assert [len(stroke) for stroke in strokes] == [2, 1]
