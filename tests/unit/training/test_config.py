"""One cycle against PyTorch's own; every limit is a sentence; a configuration survives its journey."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from cnnviz.data.augmentation import Augmentation
from cnnviz.errors import ConfigError, NetworkError
from cnnviz.networks.network import NetworkConfig
from cnnviz.training.config import TrainConfig
from cnnviz.training.recipes import RECIPES
from cnnviz.training.schedule import learning_rate_at

STEPS = 90


def test_one_cycle_is_linear_up_and_cosine_down() -> None:
    """Against PyTorch's schedulers; training's tests do the same for the others."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    warm = torch.optim.lr_scheduler.LinearLR(optimizer, 0.04, 1.0, total_iters=27)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS - 27)
    scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, fall], milestones=[27])
    config = TrainConfig(schedule="one_cycle", learning_rate=0.5)
    for step in range(STEPS):
        assert learning_rate_at(config, step, STEPS) == pytest.approx(
            optimizer.param_groups[0]["lr"], abs=1e-9
        )
        optimizer.step()
        scheduler.step()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"epochs": 0}, "Epochs must be from 1 to 100."),
        ({"batch_size": 0}, "Batch size must be from 1 to 2,048."),
        ({"learning_rate": 1e9}, "Learning rate must be from 0.000001 to 10."),
        ({"learning_rate": float("nan")}, "Learning rate must be"),
        ({"momentum": 1.0}, "Momentum must be from 0 to 0.999."),
        ({"weight_decay": -0.1}, "Weight decay must be from 0 to 1."),
        ({"label_smoothing": 0.9}, "Label smoothing must be from 0 to 0.5."),
        ({"pen_variants": 0}, "Pen variants must be from 1 to 32."),
        ({"train_size": 99}, "Train size must be from 100 to 60,000."),
        ({"seed": -1}, "Seed must be"),
        ({"optimizer": "magic"}, "one of sgd, momentum, adam, adamw"),
        ({"schedule": "sudden"}, "one of constant"),
        ({"precision": "float8"}, "one of float32, bfloat16"),
        ({"class_shares": (1.0,) * 9}, "ten class shares"),
        ({"class_shares": (1.0, *[0.0] * 9)}, "At least two digits"),
        ({"keep_best": True, "validation_size": 0}, "hold some back"),
        ({"train_size": 500, "validation_size": 500}, "smaller than the training set"),
    ],
)
def test_limits(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence.replace(".", r"\.")):
        replace(TrainConfig(), **wrong)


def test_a_configuration_survives_json() -> None:
    config = replace(
        RECIPES["balanced"],
        class_shares=(0.5, *[1.0] * 9),
        augmentation=Augmentation(elastic=1.5),
        patience=3,
        keep_best=True,
        optimizer="momentum",
        momentum=0.5,
        precision="bfloat16",
    )
    assert TrainConfig.from_json(config.as_json()) == config


def test_older_configurations_are_still_read() -> None:
    record = TrainConfig().as_json()
    for name in ("class_shares", "patience", "keep_best", "momentum", "pen_variants", "precision"):
        del record[name]
    assert TrainConfig.from_json(record) == TrainConfig()


def test_an_impossible_network_in_a_configuration_is_refused() -> None:
    record = TrainConfig().as_json() | {"network": NetworkConfig(dense=(0,)).as_json()}
    with pytest.raises(NetworkError):
        TrainConfig.from_json(record)
