"""torchvision's networks as flat lists: the same function, and files that are checked."""

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from cnnviz.errors import CheckpointError, DataError, NetworkError
from cnnviz.feature_visualization.activation_maximization import last
from cnnviz.feature_visualization.deepdream import dream
from cnnviz.feature_visualization.objectives import features, layer
from cnnviz.networks import torchvision_zoo
from cnnviz.networks.torchvision_zoo import (
    FETCHED,
    as_layers,
    fetch,
    is_here,
    load_fetched,
    torchvision_network,
)

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


@pytest.fixture(scope="module")
def photo() -> torch.Tensor:
    return torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", ["googlenet", "resnet50"])
def test_the_list_of_layers_is_torchvisions_function(name: str, photo: torch.Tensor) -> None:
    parts = torchvision_network(name).eval()
    if name == "googlenet":
        parts.transform_input = True  # as it is with the published weights
    with torch.no_grad():
        expected = parts((photo - MEAN) / DEVIATION)
        found = as_layers(name, parts)(photo)

    assert expected.std() > 1e-4
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize("name", ["googlenet", "resnet50"])
def test_layers_have_the_channels_and_strides_they_claim(name: str, photo: torch.Tensor) -> None:
    network, described = as_layers(name, torchvision_network(name)), FETCHED[name].layers
    with torch.no_grad():
        found = features(network, photo, [each.name for each in described])

    for each in described:
        assert found[each.name].shape == (1, each.channels, 64 // each.stride, 96 // each.stride)
    assert FETCHED[name].first in found


def test_vggs_blocks_are_torchvisions_features(photo: torch.Tensor) -> None:
    parts = torch.nn.Module()  # without its 120 million dense weights
    from torchvision.models.vgg import cfgs, make_layers

    parts.features = make_layers(cfgs["D"])
    parts.avgpool = parts.classifier = torch.nn.Identity()
    network = as_layers("vgg16", parts)
    described = FETCHED["vgg16"].layers
    with torch.no_grad():
        found = features(network, photo, [*(each.name for each in described), "pool5"])
        expected = parts.features((photo - MEAN) / DEVIATION)

    torch.testing.assert_close(found["pool5"], expected)
    for each in described:
        assert found[each.name].shape == (1, each.channels, 64 // each.stride, 96 // each.stride)


def test_one_can_dream_of_them(photo: torch.Tensor) -> None:
    network = as_layers("googlenet", torchvision_network("googlenet"))
    frames = list(dream(network, photo[0], layer("inception3a"), octaves=1, steps=2, jitter=2, every=1))

    assert last(iter(frames)).values[0] > frames[0].values[0]


class Answer(io.BytesIO):
    """A server's answer."""


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A published file of a few bytes in GoogLeNet's place."""
    content = b"weights" * 1000
    name = f"googlenet-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    monkeypatch.setitem(FETCHED, "googlenet", replace(FETCHED["googlenet"], file=name, megabytes=1))
    return content


def test_a_file_appears_when_all_of_it_is_there(
    tiny: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torchvision_zoo, "CHUNK", 1_000)
    monkeypatch.setattr(torchvision_zoo, "open_https", lambda _: Answer(tiny))
    folder = tmp_path / "weights"
    shares = []
    for share in fetch("googlenet", folder):
        assert not is_here("googlenet", folder)
        shares.append(share)

    assert shares == sorted(shares)
    assert len(shares) == 7
    assert is_here("googlenet", folder)
    assert [path.read_bytes() for path in folder.iterdir()] == [tiny]


@pytest.mark.parametrize("kind", ["altered", "endless", "refused"])
def test_what_is_not_the_published_file_is_not_kept(
    kind: str, tiny: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(_: str) -> Answer:
        if kind == "refused":
            raise OSError("connection refused")
        return Answer(b"x" * (3_000_000 if kind == "endless" else len(tiny)))

    monkeypatch.setattr(torchvision_zoo, "open_https", answer)
    with pytest.raises(DataError, match="could not be fetched"):
        list(fetch("googlenet", tmp_path))

    assert list(tmp_path.iterdir()) == []


def test_only_the_published_bytes_are_read(tiny: bytes, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_fetched("googlenet", tmp_path)
    (tmp_path / FETCHED["googlenet"].file).write_bytes(tiny + b"!")
    with pytest.raises(CheckpointError, match="not the published"):
        load_fetched("googlenet", tmp_path)
    with pytest.raises(NetworkError, match="googlenet"):
        load_fetched("alexnet9", tmp_path)
