"""The grid of a sweep: which settings of a training run are tried, with which values.

SETTINGS                 name -> Setting: what can be tried
read_values(name, text)  the values somebody typed
with_digits(...)         a recipe for few digits
Grid                     one to three settings and their values; points() are all combinations
Point                    one combination: one run
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, get_args

from cnnviz.errors import ConfigError, NetworkError
from cnnviz.networks.network import output_shapes
from cnnviz.training.config import Optimizer, Schedule, TrainConfig

MOST_SETTINGS = 3
MOST_POINTS = 24
VALIDATION = 2_000  # digits held back when a sweep is given fewer digits than its recipe
TYPED = 200  # characters read of what was typed

Value = int | float | str


@dataclass(frozen=True)
class Setting:
    """Something a run can be tried with: choices are its only values; without them it is a number."""

    title: str
    put: Callable[[TrainConfig, Any], TrainConfig]
    whole: bool = False  # a number without decimals
    choices: tuple[str, ...] = ()


def _field(name: str) -> Callable[[TrainConfig, Any], TrainConfig]:
    return lambda config, value: replace(config, **{name: value})


def _put_dropout(config: TrainConfig, share: float) -> TrainConfig:
    return replace(config, network=replace(config.network, dropout=share))


def _put_filters(config: TrainConfig, filters: int) -> TrainConfig:
    if not config.network.convs:
        raise ConfigError("This network has no convolution whose filters could vary.")
    first, *others = config.network.convs
    convs = (replace(first, filters=filters), *others)
    return replace(config, network=replace(config.network, convs=convs))


def _put_units(config: TrainConfig, units: int) -> TrainConfig:
    if not config.network.dense:
        raise ConfigError("This network has no hidden dense layer whose units could vary.")
    return replace(config, network=replace(config.network, dense=(units, *config.network.dense[1:])))


def _put_shift(config: TrainConfig, pixels: float) -> TrainConfig:
    return replace(config, augmentation=replace(config.augmentation, shift=pixels))


SETTINGS = {
    "learning_rate": Setting("Learning rate", _field("learning_rate")),
    "optimizer": Setting("Optimizer", _field("optimizer"), choices=get_args(Optimizer)),
    "schedule": Setting("Schedule", _field("schedule"), choices=get_args(Schedule)),
    "batch_size": Setting("Batch size", _field("batch_size"), whole=True),
    "epochs": Setting("Epochs", _field("epochs"), whole=True),
    "weight_decay": Setting("Weight decay", _field("weight_decay")),
    "label_smoothing": Setting("Label smoothing", _field("label_smoothing")),
    "dropout": Setting("Dropout", _put_dropout),
    "filters": Setting("First layer's filters", _put_filters, whole=True),
    "units": Setting("First dense layer's units", _put_units, whole=True),
    "shift": Setting("Shift of digits, pixels", _put_shift),
}


def with_digits(config: TrainConfig, digits: int) -> TrainConfig:
    """The configuration with so many training digits, measured on VALIDATION others. Raises ConfigError."""
    return replace(config, train_size=digits + VALIDATION, validation_size=VALIDATION)


def read_values(name: str, text: str) -> tuple[Value, ...]:
    """The values in a text like "0.001, 0.01", sorted, each once. Raises ConfigError."""
    if name not in SETTINGS:
        raise ConfigError(f"{name} is no setting a sweep can try; choose among {', '.join(SETTINGS)}.")
    setting = SETTINGS[name]
    words = text[:TYPED].replace(";", " ").replace(",", " ").split()
    if setting.choices:
        if unknown := [word for word in words if word not in setting.choices]:
            raise ConfigError(f"{setting.title} {unknown[0]} is none of {', '.join(setting.choices)}.")
        return tuple(word for word in setting.choices if word in words)
    try:
        values = {int(word) if setting.whole else float(word) for word in words}
    except ValueError as error:
        kind, example = ("whole numbers", "8, 16, 32") if setting.whole else ("numbers", "0.001, 0.01")
        raise ConfigError(f"{setting.title} takes {kind}, separated by commas: {example}.") from error
    if not all(map(math.isfinite, values)):
        raise ConfigError(f"{setting.title} takes finite numbers.")
    return tuple(sorted(values))


@dataclass(frozen=True)
class Grid:
    """(setting, its values) pairs. Raises ConfigError when they make no sweep."""

    axes: tuple[tuple[str, tuple[Value, ...]], ...]

    def __post_init__(self) -> None:
        names = [name for name, _ in self.axes]
        if not 1 <= len(names) <= MOST_SETTINGS:
            raise ConfigError(f"A sweep tries from one to {MOST_SETTINGS} settings.")
        if unknown := [name for name in names if name not in SETTINGS]:
            raise ConfigError(f"{unknown[0]} is no setting a sweep can try.")
        if len(set(names)) < len(names):
            raise ConfigError("Each setting can be tried once only; choose another one.")
        for name, values in self.axes:
            if not values or len(set(values)) < len(values):
                raise ConfigError(f"{SETTINGS[name].title} needs values to try, each one once.")
        if self.size < 2:
            raise ConfigError("One run compares nothing; give at least one setting a second value.")
        if self.size > MOST_POINTS:
            counts = " × ".join(str(len(values)) for _, values in self.axes)
            raise ConfigError(
                f"{counts} would be {self.size:,} runs; a sweep has at most {MOST_POINTS}. Try fewer values."
            )

    @property
    def size(self) -> int:
        return math.prod(len(values) for _, values in self.axes)

    def points(self) -> list["Point"]:
        """All combinations; the first setting's value changes fastest."""
        return [Point(number, self) for number in range(self.size)]

    def check(self, config: TrainConfig) -> None:
        """Refuse what no run could be trained with. Raises ConfigError that names the values."""
        if config.patience or config.keep_best:
            raise ConfigError(
                "Early stopping and best weights choose by the validation digits a second time, run by "
                "run; switch both off to sweep."
            )
        if not config.validation_size:
            raise ConfigError("A sweep compares by validation digits; hold some back.")
        for point in self.points():
            try:
                output_shapes(point.config(config).network)
            except (ConfigError, NetworkError) as error:
                raise ConfigError(f"{point.title} cannot work: {error}") from error


@dataclass(frozen=True)
class Point:
    """The `number`-th combination of a grid, counted from 0. Raises ConfigError when there is no such."""

    kind: ClassVar[str] = "point"

    number: int
    grid: Grid

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.grid.size:
            raise ConfigError(f"Of {self.grid.size} points there is no number {self.number}; the first is 0.")

    @property
    def values(self) -> dict[str, Value]:
        """Setting -> value."""
        found: dict[str, Value] = {}
        rest = self.number
        for name, values in self.grid.axes:
            rest, place = divmod(rest, len(values))
            found[name] = values[place]
        return found

    @property
    def title(self) -> str:
        """Learning rate 0.01, optimizer adam."""
        words = ", ".join(
            f"{SETTINGS[name].title.lower()} {value if isinstance(value, str) else f'{value:g}'}"
            for name, value in self.values.items()
        )
        return words[0].upper() + words[1:]

    def config(self, config: TrainConfig) -> TrainConfig:
        """The configuration with this point's values in it. Raises ConfigError."""
        for name, value in self.values.items():
            config = SETTINGS[name].put(config, value)
        return config

    def as_json(self) -> dict[str, Any]:
        return {"number": self.number, "axes": [[name, list(values)] for name, values in self.grid.axes]}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Point":
        """Inverse of as_json. Raises ConfigError."""
        try:
            return cls(
                record["number"], Grid(tuple((name, tuple(values)) for name, values in record["axes"]))
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"This does not describe a point of a sweep: {error}.") from error
