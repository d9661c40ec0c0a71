"""The grid of a sweep: its combinations, what somebody may type, and what is refused with a sentence."""

import json
from dataclasses import replace
from typing import Any

import pytest

from cnnviz.errors import ConfigError
from cnnviz.networks.zoo import NETWORKS
from cnnviz.runs.grid import SETTINGS, Grid, Point, Value, read_values
from cnnviz.training.config import TrainConfig

CONFIG = TrainConfig(network=NETWORKS["eight"], train_size=1_000, validation_size=200)
GRID = Grid((("learning_rate", (0.001, 0.01)), ("optimizer", ("adam", "sgd")), ("filters", (4, 6))))


def test_points_are_all_combinations() -> None:
    tried = [
        (config.learning_rate, config.optimizer, config.network.convs[0].filters)
        for config in (point.config(CONFIG) for point in GRID.points())
    ]
    assert tried == [
        (rate, optimizer, filters)
        for filters in (4, 6)
        for optimizer in ("adam", "sgd")
        for rate in (0.001, 0.01)
    ]
    assert GRID.size == 8
    assert GRID.points()[5].values == {"learning_rate": 0.01, "optimizer": "adam", "filters": 6}
    assert GRID.points()[5].title == "Learning rate 0.01, optimizer adam, first layer's filters 6"


SAMPLES: dict[str, Value] = {"optimizer": "sgd", "schedule": "cosine", "batch_size": 50, "epochs": 3}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_changes_itself_alone(name: str) -> None:
    value = SAMPLES.get(name, 5 if SETTINGS[name].whole else 0.25)
    changed = SETTINGS[name].put(CONFIG, value)
    fields = {"dropout": "network", "filters": "network", "units": "network", "shift": "augmentation"}
    field = fields.get(name, name)
    assert replace(changed, **{field: getattr(CONFIG, field)}) == CONFIG
    assert changed != CONFIG
    assert SETTINGS[name].put(changed, value) == changed


def test_points_survive_being_written_down() -> None:
    for point in GRID.points():
        assert Point.from_json(json.loads(json.dumps(point.as_json()))) == point


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("learning_rate", "0.01, 1e-3;0.01", (0.001, 0.01)),
        ("batch_size", "128 32", (32, 128)),
        ("optimizer", "adam, sgd", ("sgd", "adam")),
        ("dropout", " ", ()),
    ],
)
def test_typed_values(name: str, text: str, values: tuple[Value, ...]) -> None:
    assert read_values(name, text) == values


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("learning_rate", "0.01, fast", "Learning rate takes numbers"),
        ("batch_size", "32, 0.5", "Batch size takes whole numbers"),
        ("weight_decay", "nan", "finite"),
        ("optimizer", "adam, lion", "Optimizer lion is none of sgd, momentum"),
    ],
)
def test_typed_nonsense_is_a_sentence(name: str, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        read_values(name, text)


@pytest.mark.parametrize(
    ("axes", "sentence"),
    [
        ((), "from one to 3 settings"),
        ((("epochs", (1, 2)),) * 4, "from one to 3 settings"),
        ((("epochs", (1, 2)), ("epochs", (3, 4))), "once only"),
        ((("epochs", ()),), "Epochs needs values"),
        ((("epochs", (1, 1)),), "each one once"),
        ((("epochs", (1,)), ("dropout", (0.5,))), "compares nothing"),
        ((("epochs", (1, 2, 3, 4, 5)), ("dropout", (0, 0.1, 0.2, 0.3, 0.4))), "5 × 5 would be 25 runs"),
        ((("colour", (1, 2)),), "colour is no setting"),
    ],
)
def test_what_makes_no_sweep(axes: tuple[tuple[str, tuple[Value, ...]], ...], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Grid(axes)


@pytest.mark.parametrize(
    ("change", "name", "values", "sentence"),
    [
        ({}, "learning_rate", (0.01, 20.0), r"^Learning rate 20 cannot work: Learning rate must be"),
        ({}, "batch_size", (0, 32), "Batch size 0 cannot work"),
        ({}, "dropout", (0.0, 1.5), r"Dropout 1\.5 cannot work"),
        ({}, "filters", (0, 4), "First layer's filters 0 cannot work"),
        ({"network": NETWORKS["mlp"]}, "filters", (4, 8), "no convolution whose filters"),
        ({"network": NETWORKS["classic"]}, "units", (4, 8), "no hidden dense layer"),
        ({"patience": 2}, "epochs", (1, 2), "switch both off"),
        ({"validation_size": 0}, "epochs", (1, 2), "hold some back"),
    ],
)
def test_impossible_points_are_named(
    change: dict[str, Any], name: str, values: tuple[Value, ...], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Grid(((name, values),)).check(replace(CONFIG, **change))


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"number": 8, "axes": GRID.points()[0].as_json()["axes"]},
        {"number": "1", "axes": [["epochs", [1, 2]]]},
        {"number": 0, "axes": [["epochs"]]},
        {"number": 0, "axes": [[["epochs"], [1, 2]]]},
    ],
)
def test_damaged_points(record: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Point.from_json(record)
