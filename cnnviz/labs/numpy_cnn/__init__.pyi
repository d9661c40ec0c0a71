from .gradient_check import compare as compare
from .readable import (
    adam as adam,
    backward as backward,
    cross_entropy as cross_entropy,
    forward as forward,
    no_memory as no_memory,
)
from .training import NumpyConfig as NumpyConfig, fit_numpy as fit_numpy, training_digits as training_digits
