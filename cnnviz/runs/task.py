"""What a run is within several that belong together: a fold of a cross-validation, a point of a sweep.

task_of(record)             out of a run folder's config.json
digits_for(config, part)    what such a run learns from, and what it is measured on
"""

from typing import Any

from cnnviz.data.mnist import Digits
from cnnviz.runs.grid import Point
from cnnviz.training.config import TrainConfig
from cnnviz.training.cross_validation import Fold, fold_parts
from cnnviz.training.datasets import load_parts

Task = Fold | Point


def task_of(record: dict[str, Any]) -> Task | None:
    """None for a run of its own. Raises ConfigError."""
    for kind in (Fold, Point):
        if record.get(kind.kind):
            return kind.from_json(record[kind.kind])
    return None


def digits_for(config: TrainConfig, task: Task | None) -> tuple[Digits, Digits]:
    """(training, validation) digits; a fold holds its own part back. Raises ConfigError."""
    return fold_parts(config, task) if isinstance(task, Fold) else load_parts(config)
