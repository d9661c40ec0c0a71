"""See inside a convolutional network: train it, draw for it, trace it.

The names below are the public face; everything else may move. They are imported at first use,
so that a training process waiting in the queue does not hold PyTorch in memory.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnviz.checkpoints.format import load_model
    from cnnviz.data.preprocessing import Digit, to_digit
    from cnnviz.evaluation.metrics import Report, evaluate
    from cnnviz.feature_visualization.activation_maximization import Frame, maximize
    from cnnviz.feature_visualization.deepdream import dream
    from cnnviz.networks.tracing import Trace, predict, trace
    from cnnviz.training.config import TrainConfig
    from cnnviz.training.loop import Progress, fit

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
    "checkpoints.format": ("load_model",),
    "data.preprocessing": ("Digit", "to_digit"),
    "evaluation.metrics": ("Report", "evaluate"),
    "feature_visualization.activation_maximization": ("Frame", "maximize"),
    "feature_visualization.deepdream": ("dream",),
    "networks.tracing": ("Trace", "predict", "trace"),
    "training.config": ("TrainConfig",),
    "training.loop": ("Progress", "fit"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            globals()[name] = getattr(import_module(f"cnnviz.{module}"), name)
            return globals()[name]
    raise AttributeError(f"module 'cnnviz' has no attribute {name!r}")
