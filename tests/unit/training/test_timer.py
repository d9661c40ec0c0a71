"""Laps of work, whatever the wall clock went through meanwhile."""

import pytest

from cnnviz.training.timer import Timer


@pytest.mark.parametrize(
    ("wall", "computing", "lap"),
    [
        (2.0, 1.9, 2.0),
        (2.0, 0.01, 2.0),  # others had the processor: it still took that long
        (60.0, 30.0, 60.0),
        (8 * 3_600.0, 1.5, 1.5),  # the lid was closed
    ],
)
def test_sleep_is_no_work(wall: float, computing: float, lap: float) -> None:
    walls, computings = iter([100.0, 100.0 + wall]), iter([5.0, 5.0 + computing])
    watch = Timer(lambda: next(walls), lambda: next(computings))

    assert watch.lap() == pytest.approx(lap)


def test_laps_follow_each_other() -> None:
    walls = iter([0.0, 1.0, 3.0, 7.0, 8.0])
    watch = Timer(lambda: next(walls), lambda: 0.0)

    assert [watch.lap(), watch.lap()] == [1, 2]
    watch.reset()
    assert watch.lap() == 1
