"""Changes of the learning rate."""

import math

import pytest

from cnnviz.errors import ConfigError
from cnnviz.training.schedule import LearningRateChange, TrainingControl


def test_the_latest_change_counts() -> None:
    control = TrainingControl(
        [LearningRateChange(3, factor=0.5), LearningRateChange(5, rate=0.7), LearningRateChange(5, factor=2)]
    )

    assert [control.rate(step, 1.0) for step in range(7)] == [1, 1, 1, 0.5, 0.5, 2, 2]
    assert not control.look(5)


@pytest.mark.parametrize(
    "wrong", [{"rate": 0.0}, {"rate": 11.0}, {"rate": math.nan}, {"factor": 0.0}, {"factor": math.inf}]
)
def test_numbers_that_cannot_work_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        LearningRateChange(0, **wrong)  # type: ignore[arg-type]
