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
