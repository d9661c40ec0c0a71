"""See inside a convolutional network: train it, draw for it, trace it.

The names below are the public face; everything else may move.
"""

from cnnviz.checkpoints import load_model
from cnnviz.drawing import Digit, to_digit
from cnnviz.evaluation import Report, evaluate
from cnnviz.tracing import Trace, predict, trace
from cnnviz.training import Progress, TrainConfig, fit

__all__ = [
    "Digit",
    "Progress",
    "Report",
    "Trace",
    "TrainConfig",
    "evaluate",
    "fit",
    "load_model",
    "predict",
    "to_digit",
    "trace",
]
