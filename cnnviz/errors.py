"""Everything cnnviz raises on purpose; each message says what is wrong and what to do.

CnnvizError
├── ImageError        the picture cannot be read or used
│   └── NothingDrawn  the picture is readable but holds no ink
├── DataError         a data set is missing, damaged or cannot be fetched
├── NetworkError      a network is unknown or its layers do not fit together
├── CheckpointError   a saved model is missing, damaged or does not fit
├── ConfigError       a training setting is out of range
├── ShapeError        sizes, strides or borders do not fit together
├── ExerciseError     an answer is not of the kind that was asked for
├── RunError          a training run does not exist or could not be kept
│   └── DivergedError the numbers of a training run grew without bound
└── ExportError       a file to take away cannot be made
"""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any


class CnnvizError(Exception):
    """Base of all errors whose message is fit for a user's eyes."""


class ImageError(CnnvizError):
    """The picture cannot be read or used."""


class NothingDrawn(ImageError):
    """The picture holds no ink to read."""


class DataError(CnnvizError):
    """A data set is missing, damaged or cannot be fetched."""


class NetworkError(CnnvizError):
    """A network is unknown or its layers do not fit together."""


class CheckpointError(CnnvizError):
    """A saved model is missing, damaged or does not fit its network."""


class ConfigError(CnnvizError):
    """A training setting is out of range."""


class ShapeError(CnnvizError):
    """Sizes, strides or borders do not fit together."""


class ExerciseError(CnnvizError):
    """An answer is not of the kind that was asked for."""


class RunError(CnnvizError):
    """A training run does not exist or could not be kept."""


class DivergedError(RunError):
    """The numbers of a training run grew without bound."""


class ExportError(CnnvizError):
    """A file to take away cannot be made."""


def check_limits(settings: Mapping[str, Any], limits: Mapping[str, tuple[float, float]]) -> None:
    """Raise ConfigError for the first setting that is no number within its limits, both included.

    Where both limits are whole numbers, the setting must be one.
    """
    for name, (low, high) in limits.items():
        value, whole = settings[name], isinstance(low, int) and isinstance(high, int)
        fits = isinstance(value, Integral if whole else Real) and not isinstance(value, bool)
        if not fits or not low <= value <= high:
            kind = "" if fits else "a whole number " if whole else "a number "
            label = name.replace("_", " ").capitalize()
            raise ConfigError(f"{label} must be {kind}from {_plain(low)} to {_plain(high)}.")


def _plain(limit: float) -> str:
    """10,000 or 0.000001, never 1e-06."""
    return f"{limit:,.6f}".rstrip("0").rstrip(".")
