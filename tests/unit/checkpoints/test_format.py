"""Checkpoints round-trip, and nothing damaged, foreign or malicious is ever loaded."""

import errno
import json
import pickle
from pathlib import Path

import pytest
import safetensors.torch
import torch

from cnnviz.checkpoints.format import (
    digest,
    fold_temperature,
    load_checkpoint,
    load_model,
    parse_checkpoint,
    save_checkpoint,
    serialize,
    shipped_models,
)
from cnnviz.errors import CheckpointError
from cnnviz.io import atomic
from cnnviz.networks.network import Network, build
from cnnviz.networks.zoo import NETWORKS


@pytest.fixture
def network() -> Network:
    return build(NETWORKS["default"], seed=5)


def test_an_earlier_files_temperature_is_folded_when_it_is_read(tmp_path: Path, network: Network) -> None:
    """Files whose card says "folded" hold it already; both are the same model to whoever loads them."""
    pictures = torch.rand(5, 1, 28, 28)
    expected = network.eval()(pictures) / 2.5
    save_checkpoint(tmp_path / "earlier.safetensors", network, {"temperature": 2.5})
    network.load_state_dict(fold_temperature(network.state_dict(), 2.5))
    save_checkpoint(tmp_path / "now.safetensors", network, {"temperature": 2.5, "folded": True})

    for name in ("earlier", "now"):
        torch.testing.assert_close(load_model(name, tmp_path)(pictures), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan"), float("inf"), "1", True, [1]])
def test_a_damaged_temperature_is_one_sentence(tmp_path: Path, network: Network, temperature: object) -> None:
    save_checkpoint(tmp_path / "mine.safetensors", network, {"temperature": temperature})
    with pytest.raises(CheckpointError, match="temperature"):
        load_model("mine", tmp_path)


def test_round_trip(tmp_path: Path, network: Network) -> None:
    path = tmp_path / "mine.safetensors"
    save_checkpoint(path, network, {"seed": 5})

    loaded = load_checkpoint("mine", tmp_path)

    assert loaded.card == {"seed": 5}
    assert loaded.digest == digest(path.read_bytes())
    assert all(
        torch.equal(value, loaded.model.state_dict()[key]) for key, value in network.state_dict().items()
    )
    assert not loaded.model.training
    assert not any(parameter.requires_grad for parameter in loaded.model.parameters())
    assert load_model(path).config == network.config


def test_unknown_name_lists_the_known_ones(tmp_path: Path, network: Network) -> None:
    save_checkpoint(tmp_path / "mine.safetensors", network, {})

    with pytest.raises(CheckpointError, match=r"'../secret'; there are: mine"):
        load_model("../secret", tmp_path)


@pytest.mark.parametrize("length", [0, 5, 8, 100, 1_000, -1])
def test_cut_off_files_are_refused(network: Network, length: int) -> None:
    with pytest.raises(CheckpointError):
        parse_checkpoint(serialize(network)[:length])


def test_pickles_are_never_opened(tmp_path: Path) -> None:
    class Canary:
        def __reduce__(self) -> tuple:
            return (open, (str(tmp_path / "canary"), "w"))

    with pytest.raises(CheckpointError):
        parse_checkpoint(pickle.dumps(Canary()))

    assert not (tmp_path / "canary").exists()


def changed(network: Network, key: str, value: torch.Tensor | None) -> bytes:
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    if value is None:
        del state[key]
    else:
        state[key] = value
    return serialize(network, state)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("conv1.weight", None, "layers"),
        ("extra", torch.zeros(1), "layers"),
        ("conv1.weight", torch.zeros(24, 1, 3, 3), "shape"),
        ("conv1.bias", torch.zeros(24, dtype=torch.int64), "type"),
        ("conv1.bias", torch.full((24,), torch.nan), "usable"),
        ("conv1.bias", torch.full((24,), 1e9), "usable"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    network: Network, key: str, value: torch.Tensor | None, words: str
) -> None:
    with pytest.raises(CheckpointError, match=words):
        parse_checkpoint(changed(network, key, value))


@pytest.mark.parametrize(
    "metadata", [None, {}, {"network": "{"}, {"network": '{"convs": 1}'}, {"network": "[]"}]
)
def test_files_without_a_network_are_refused(network: Network, metadata: dict[str, str] | None) -> None:
    content = safetensors.torch.save(dict(network.state_dict()), metadata)

    with pytest.raises(CheckpointError, match="network"):
        parse_checkpoint(content)


def test_absurd_header_is_refused() -> None:
    with pytest.raises(CheckpointError):
        parse_checkpoint((2**63).to_bytes(8, "little") + b"{}")


def test_full_disk_leaves_the_old_model(
    tmp_path: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.safetensors"
    save_checkpoint(path, network, {"seed": 5})
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(CheckpointError, match="No space left"):
        save_checkpoint(path, build(NETWORKS["default"], seed=6), {"seed": 6})

    assert path.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["mine.json", "mine.safetensors"]


def test_shipped_models_match_their_cards() -> None:
    names = shipped_models()

    assert names[0] == "default"
    assert set(names) >= NETWORKS.keys() - {"vgg", "resnet", "vit"}  # to be trained by whoever wants them
    for name in names:
        checkpoint = load_checkpoint(name)
        assert checkpoint.card["training"]["network"] == json.loads(
            json.dumps(checkpoint.model.config.as_json())
        )
        assert checkpoint.card["rebuild"].startswith("python -m cnnviz train")
