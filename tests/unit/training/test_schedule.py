"""Changes of the learning rate."""

import math

import pytest

from cnnviz.errors import ConfigError
from cnnviz.training.schedule import RateChange, Steering


def test_the_latest_change_counts() -> None:
    steering = Steering([RateChange(3, factor=0.5), RateChange(5, rate=0.7), RateChange(5, factor=2)])

    assert [steering.rate(step, 1.0) for step in range(7)] == [1, 1, 1, 0.5, 0.5, 2, 2]
    assert not steering.look(5)


@pytest.mark.parametrize(
    "wrong", [{"rate": 0.0}, {"rate": 11.0}, {"rate": math.nan}, {"factor": 0.0}, {"factor": math.inf}]
)
def test_numbers_that_cannot_work_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        RateChange(0, **wrong)  # type: ignore[arg-type]
