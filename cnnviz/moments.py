"""A moment of a training run: where the run stood, and how good the network was.

moment_of(figures)                  from the figures of a record
ended_with(last, step, accuracy)    the last moment of a run that ended with its best weights
read_moments(text)                  from a history file's JSON, everything checked
"""

import json
import math
from dataclasses import dataclass, replace
from typing import Any

from cnnviz.errors import CheckpointError


@dataclass(frozen=True)
class Moment:
    """Where a run stood. epoch: passes over its digits; accuracies in [0, 1], None when not measured.

    The last moment of a run that ended with its best weights has those, and their accuracy.
    """

    step: int
    epoch: float
    validation_accuracy: float | None = None
    training_accuracy: float | None = None  # over the last few batches
    best_step: int | None = None  # after which the weights were taken, when that was not this one

    def when(self, steps: int) -> str:
        """ "step 120 of 11,520 · epoch 0.31", or whose weights the run ended with."""
        if self.best_step is not None:
            return f"best weights, of step {self.best_step:,} of {steps:,}"
        return f"step {self.step:,} of {steps:,} · epoch {self.epoch:.2f}"


def moment_of(figures: dict[str, Any]) -> Moment:
    """Before its first step a run has trained on no batch, so that its accuracy there says nothing."""
    step = figures["step"]
    return Moment(
        step,
        float(figures["epoch"]),
        figures.get("validation_accuracy"),
        figures.get("accuracy") if step else None,
    )


def ended_with(last: Moment, best: int, accuracy: float) -> Moment:
    """The last moment with the weights of the best validation, which was after step `best`."""
    if best == last.step:
        return last
    return replace(last, validation_accuracy=accuracy, training_accuracy=None, best_step=best)


def read_moments(text: str) -> tuple[Moment, ...]:
    """The moments in order. Raises CheckpointError."""
    try:
        moments = tuple(Moment(**record) for record in json.loads(text))
        for moment in moments:
            accuracies = (moment.validation_accuracy, moment.training_accuracy)
            sane = type(moment.step) is int and math.isfinite(moment.epoch) and moment.epoch >= 0
            best = moment.best_step
            sane = sane and (best is None or (type(best) is int and 0 <= best < moment.step))
            if not sane or any(value is not None and not 0 <= value <= 1 for value in accuracies):
                raise ValueError("a moment's figures make no sense")
        steps = [moment.step for moment in moments]
        if len(steps) < 2 or steps != sorted(set(steps)) or steps[0] < 0:
            raise ValueError("the moments are not in order")
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"The history's list of moments is damaged: {error}.") from error
    return moments
