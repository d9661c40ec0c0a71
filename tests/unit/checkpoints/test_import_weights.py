"""Whatever file somebody brings: a model, or one sentence that says why not."""

import io
import pickle
from pathlib import Path

import pytest
import safetensors.torch
import torch

from cnnviz.checkpoints import import_weights
from cnnviz.checkpoints.format import serialize
from cnnviz.checkpoints.import_weights import CONVERSION, read_model
from cnnviz.errors import CheckpointError
from cnnviz.export.files import state_dict_file
from cnnviz.networks.network import ConvBlock, Network, NetworkConfig, build
from cnnviz.networks.zoo import NETWORKS, TITLES

EDITED = NetworkConfig(convs=(ConvBlock(3, pool="none"),), dense=(5, 6, 7))


def bare(network: Network) -> bytes:
    return safetensors.torch.save({name: value.clone() for name, value in network.state_dict().items()})


@pytest.mark.parametrize("name", NETWORKS)
def test_a_bare_state_dict_is_recognized(name: str) -> None:
    network = build(NETWORKS[name], seed=5)

    found, title = read_model(bare(network))

    assert found.config == NETWORKS[name]
    assert TITLES[name].startswith(title)
    assert not found.training
    assert not any(parameter.requires_grad for parameter in found.parameters())
    assert all(torch.equal(value, found.state_dict()[key]) for key, value in network.state_dict().items())


def test_an_edited_network_names_itself() -> None:
    found, title = read_model(serialize(build(EDITED)))

    assert (found.config, title) == (EDITED, "Own network")
    with pytest.raises(CheckpointError, match="no network known here"):
        read_model(bare(build(EDITED)))


def test_half_precision_becomes_single() -> None:
    network = build(NETWORKS["eight"]).half()

    found, _ = read_model(bare(network))

    assert {value.dtype for value in found.state_dict().values()} == {torch.float32}


def test_weights_that_fit_two_networks_are_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    twins = {"classic": NETWORKS["classic"], "eight": NetworkConfig(convs=NETWORKS["classic"].convs)}
    monkeypatch.setattr(import_weights, "NETWORKS", twins)
    with pytest.raises(CheckpointError, match="several networks"):
        read_model(bare(build(NETWORKS["classic"])))


def test_known_names_of_another_shape_say_which() -> None:
    other = build(NetworkConfig(convs=(ConvBlock(9), ConvBlock(64)), dropout=0.5))
    with pytest.raises(CheckpointError, match=r"Classic, but conv1.weight has shape \(9, 1, 3, 3\)"):
        read_model(bare(other))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"hello, this is no model at all", "not a safetensors file"),
        (b"\x89HDF\r\n\x1a\n" + b"0" * 99, "Keras"),
        (pickle.dumps({"a": 1}), "pickle file"),
        (state_dict_file(build(NETWORKS["eight"])), "PyTorch or zip file.*safetensors on your own"),
        (bare(build(NETWORKS["eight"]))[:-7], "cut off"),
        (safetensors.torch.save({}), "no network known here"),
        (safetensors.torch.save({"conv1.weight": torch.full((8, 1, 3, 3), torch.nan)}), "no network known"),
        (b"\0" * 32_000_001, "larger than 32 MB"),
        (b"\x02" + b"\0" * 7 + b"[]", "not a safetensors file"),
        (b"\x14" + b"\0" * 7 + b'{"__metadata__": 12}', "damaged"),
    ],
)
def test_other_files_get_one_sentence(content: bytes, words: str) -> None:
    with pytest.raises(CheckpointError, match=words) as caught:
        read_model(content)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_unusable_numbers_are_refused() -> None:
    network = build(NETWORKS["eight"])
    network.state_dict()["conv1.bias"].fill_(torch.nan)
    for content in (bare(network), serialize(network)):
        with pytest.raises(CheckpointError, match=r"conv1\.bias holds values"):
            read_model(content)


def test_the_conversion_we_suggest_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.pt").write_bytes(state_dict_file(build(NETWORKS["padded"], seed=2)))

    exec(compile(CONVERSION, "conversion.py", "exec"), {})

    found, title = read_model(Path("model.safetensors").read_bytes())
    assert title == "Padded"
    assert io.BytesIO(serialize(found)).read() == serialize(build(NETWORKS["padded"], seed=2))
