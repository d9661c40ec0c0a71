"""torchvision's ImageNet networks, for machines that can fetch their weights.

    FETCHED                      the networks, and the layers worth dreaming of
    is_here(name, folder)        whether the weights have been fetched
    fetch(name, folder)          -> Iterator of the share fetched so far; https, checked, atomic
    load_fetched(name, folder)   the network as one list of named layers, as load_imagenet() gives

Their license is torchvision's (BSD-3-Clause). The files are those of download.pytorch.org, whose names
end in the first eight digits of their SHA-256.
"""

import hashlib
import http.client
import secrets
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from cnnviz.errors import CheckpointError, DataError, NetworkError
from cnnviz.io.download import open_https
from cnnviz.networks.imagenet import LOGITS, Center, ImageLayer, ImageNetwork, read_tensors

CHUNK = 1_000_000  # bytes read at a time


@dataclass(frozen=True)
class FetchedNetwork:
    """file: its name at download.pytorch.org; megabytes: its size; first: the layer to begin with."""

    title: str
    file: str
    megabytes: int
    layers: tuple[ImageLayer, ...]
    first: str

    @property
    def url(self) -> str:
        return f"https://download.pytorch.org/models/{self.file}"


def _layer(name: str, channels: int, stride: int) -> ImageLayer:
    return ImageLayer(name, name, f"{channels} channels, a cell every {stride} pixels", channels, stride)


FETCHED = {
    "googlenet": FetchedNetwork(
        "GoogLeNet (2014), which dreamed first",
        "googlenet-1378be20.pth",
        50,
        (
            _layer("conv1", 64, 2),
            _layer("conv3", 192, 4),
            _layer("inception3a", 256, 8),
            _layer("inception3b", 480, 8),
            _layer("inception4a", 512, 16),
            _layer("inception4c", 512, 16),
            _layer("inception4e", 832, 16),
            _layer("inception5b", 1024, 32),
        ),
        "inception4c",
    ),
    "vgg16": FetchedNetwork(
        "VGG-16 (2014)",
        "vgg16-397923af.pth",
        528,
        (
            _layer("block1", 64, 1),
            _layer("block2", 128, 2),
            _layer("block3", 256, 4),
            _layer("block4", 512, 8),
            _layer("block5", 512, 16),
        ),
        "block4",
    ),
    "resnet50": FetchedNetwork(
        "ResNet-50 (2015)",
        "resnet50-0676ba61.pth",
        98,
        (
            _layer("stem", 64, 2),
            _layer("stage1", 256, 4),
            _layer("stage2", 512, 8),
            _layer("stage3", 1024, 16),
            _layer("stage4", 2048, 32),
        ),
        "stage3",
    ),
}


def fetched_network(name: str) -> FetchedNetwork:
    """Raises NetworkError for a name not in FETCHED."""
    if name not in FETCHED:
        raise NetworkError(f"Choose one of the networks {', '.join(FETCHED)}.")
    return FETCHED[name]


def is_here(name: str, folder: Path) -> bool:
    return (folder / fetched_network(name).file).exists()


def fetch(name: str, folder: Path) -> Iterator[float]:
    """Fetch the weights into `folder`; yields the share that has arrived, from 0 to 1.

    The file appears under its name when all of it is there and its SHA-256 begins as published.
    Raises DataError, and leaves nothing, when it cannot be fetched.
    """
    network = fetched_network(name)
    target = folder / network.file
    partial = folder / f".{secrets.token_hex(4)}.partial"  # two visitors may fetch at once
    size, wanted = network.megabytes * 1_048_576, target.stem.rpartition("-")[2]
    seen, digest = 0, hashlib.sha256()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open_https(network.url) as answer, partial.open("wb") as file:
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                digest.update(chunk)
                seen += len(chunk)
                if seen > 1.1 * size:
                    raise OSError("it is larger than published")
                yield min(1.0, seen / size)
        if not digest.hexdigest().startswith(wanted):
            raise OSError("the content is not the published file")
        partial.replace(target)
    except (OSError, http.client.HTTPException) as error:
        raise DataError(f"{network.file} could not be fetched from download.pytorch.org: {error}.") from error
    finally:
        partial.unlink(missing_ok=True)


def load_fetched(name: str, folder: Path) -> ImageNetwork:
    """The network in eval mode, frozen. Raises CheckpointError when its file is missing or altered."""
    path = folder / fetched_network(name).file
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"The weights {path.name} cannot be read: {error.strerror}.") from error
    if not hashlib.sha256(content).hexdigest().startswith(path.stem.rpartition("-")[2]):
        raise CheckpointError(f"The weights {path.name} are not the published ones; fetch them anew.")
    parts = torchvision_network(name)
    weights = read_tensors(content)
    known = parts.state_dict().keys()
    # GoogLeNet's file also has the two outputs that helped to train it.
    parts.load_state_dict({key: value for key, value in weights.items() if key in known})
    return as_layers(name, parts)


def torchvision_network(name: str) -> nn.Module:
    """torchvision's own module with random weights."""
    from torchvision import models

    if name == "googlenet":
        network: nn.Module = models.googlenet(weights=None, aux_logits=False, init_weights=False)
    else:
        network = {"vgg16": models.vgg16, "resnet50": models.resnet50}[name](weights=None)
    return network


def as_layers(name: str, parts: nn.Module) -> ImageNetwork:
    """The module's layers as one flat list that takes pictures in [0, 1]; the same function."""
    layers = {"googlenet": _googlenet, "vgg16": _vgg, "resnet50": _resnet}[name]
    network = ImageNetwork(OrderedDict(layers(parts.eval())))
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)


class Standardize(nn.Module):
    """[0, 1] minus ImageNet's mean color, divided by its deviation."""

    def forward(self, x: Tensor) -> Tensor:
        mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
        standard_deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
        return ((x - mean) / standard_deviation).contiguous(memory_format=torch.channels_last)


def _googlenet(parts: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    yield "normalize", Center()  # what its transform_input makes of standardised colors
    for name, module in parts.named_children():
        if name == "avgpool":
            yield from (("pool", module), ("flatten", nn.Flatten()))
        elif name == "fc":
            yield LOGITS, module
        elif not isinstance(module, nn.Dropout):
            yield name, module


def _vgg(parts: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    yield "normalize", Standardize()
    block, number = nn.Sequential(), 1
    for module in parts.get_submodule("features").children():
        if isinstance(module, nn.MaxPool2d):
            yield f"block{number}", block
            yield f"pool{number}", module
            block, number = nn.Sequential(), number + 1
        else:
            block.append(module)
    yield from (("pool", parts.get_submodule("avgpool")), ("flatten", nn.Flatten()))
    yield LOGITS, parts.get_submodule("classifier")


def _resnet(parts: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    part = parts.get_submodule
    yield "normalize", Standardize()
    yield "stem", nn.Sequential(part("conv1"), part("bn1"), part("relu"))
    yield "maxpool", part("maxpool")
    for number in range(1, 5):
        yield f"stage{number}", part(f"layer{number}")
    yield from (("pool", part("avgpool")), ("flatten", nn.Flatten()), (LOGITS, part("fc")))
