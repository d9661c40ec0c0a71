"""See inside a convolutional network: train it, draw for it, trace it.

The names below are the public face; everything else may move. They are imported at first use,
so that a training process waiting in the queue does not hold PyTorch in memory.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnviz.ascent import Frame, maximize
    from cnnviz.checkpoints import load_model
    from cnnviz.drawing import Digit, to_digit
    from cnnviz.dreaming import dream
    from cnnviz.evaluation import Report, evaluate
    from cnnviz.tracing import Trace, predict, trace
    from cnnviz.train_config import TrainConfig
    from cnnviz.training import Progress, fit

__all__ = [
    "Digit",
    "Frame",
    "Progress",
    "Report",
    "Trace",
    "TrainConfig",
    "dream",
    "evaluate",
    "fit",
    "load_model",
    "maximize",
    "predict",
    "to_digit",
    "trace",
]

_HOMES = {
    "ascent": ("Frame", "maximize"),
    "checkpoints": ("load_model",),
    "drawing": ("Digit", "to_digit"),
    "dreaming": ("dream",),
    "evaluation": ("Report", "evaluate"),
    "tracing": ("Trace", "predict", "trace"),
    "train_config": ("TrainConfig",),
    "training": ("Progress", "fit"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            globals()[name] = getattr(import_module(f"cnnviz.{module}"), name)
            return globals()[name]
    raise AttributeError(f"module 'cnnviz' has no attribute {name!r}")
