"""Training, keeping and loading the capsule network; the shipped one is what its card says."""

import json
from functools import cache
from pathlib import Path

import pytest
import torch

from cnnviz.checkpoints.format import shipped_models
from cnnviz.data.mnist import Digits, load_mnist
from cnnviz.errors import CheckpointError, ConfigError
from cnnviz.labs.capsules.network import build_capsules
from cnnviz.labs.capsules.training import (
    CAPSULES,
    CapsuleConfig,
    capsule_accuracy,
    fit_capsules,
    load_capsules,
    read_capsules,
)


@cache
def two_parts() -> tuple[Digits, Digits]:
    return load_mnist().train[:640], load_mnist().train[1_000:1_100]


def test_training_learns_and_repeats() -> None:
    config = CapsuleConfig(epochs=2, batch_size=32, seed=3)
    first, last = fit_capsules(config, *two_parts())
    again = next(fit_capsules(config, *two_parts()))

    assert (first.step, last.step, last.steps) == (20, 40, 40)
    assert last.loss < first.loss
    assert last.accuracy > first.accuracy > 0.1
    assert last.validation_accuracy > 0.5
    assert all(torch.equal(first.state[name], again.state[name]) for name in first.state)


def test_the_shipped_network_reads_as_its_card_says() -> None:
    card = json.loads(CAPSULES.with_suffix(".json").read_text())
    network = load_capsules()

    assert card["test"]["n"] == 10_000
    assert card["test"]["accuracy"] >= 0.99
    # 1,000 digits for time's sake: they may lie 0.7 points off the whole.
    assert capsule_accuracy(network, load_mnist().test[:1_000]) == pytest.approx(
        card["test"]["accuracy"], abs=0.007
    )
    assert sum(parameter.numel() for parameter in network.parameters()) == card["parameters"]
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_it_is_not_among_the_ordinary_models() -> None:
    assert "capsules" not in shipped_models()


def test_redrawn_digits_are_closer_than_the_mean_digit() -> None:
    network, images = load_capsules(), load_mnist().test.pixels()[:200]
    lengths, poses = read_capsules(network, images)
    drawn = network.decode(poses, lengths.argmax(1))

    assert (drawn - images).square().mean() < 0.5 * (images.mean(0) - images).square().mean()


def test_reading_leaves_the_mode_as_found() -> None:
    network = build_capsules(0).train()
    lengths, poses = read_capsules(network, load_mnist().test.images[:3])

    assert network.training
    assert (lengths.shape, poses.shape) == ((3, 10), (3, 10, 16))
    assert not lengths.requires_grad


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_a_missing_or_damaged_file_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "capsules.safetensors"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CheckpointError, match="missing or damaged"):
        load_capsules(path)


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch_size": 0}, {"shift": 9.0}, {"seed": -1}])
def test_impossible_settings_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError):
        CapsuleConfig(**wrong)
