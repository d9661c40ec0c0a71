"""The networks that made image recognition, measured: layers, shapes, parameters, work, receptive field.

    ARCHITECTURES            name -> Architecture: year, what was new in it, and how to build it
    measure_architecture(name)   -> Measured, by running the real module of torchvision once
    measured()                   what the gallery carries, read from its file
    write_catalogue(folder)      measures all anew and writes that file (some minutes)

The modules are torchvision's own, LeNet-5 is cnnviz's, and the UNet, which torchvision lacks, is built
here as its authors describe it.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.errors import DataError
from cnnviz.io.assets import ASSETS
from cnnviz.io.atomic import write_atomically
from cnnviz.labs.architectures.profiler import Measured, Stage, measure_module
from cnnviz.networks.network import build
from cnnviz.networks.zoo import NETWORKS

FILE = ASSETS / "architectures.json"


@dataclass(frozen=True)
class Architecture:
    """input: shape of one picture; idea: what was new; source: who, where."""

    title: str
    year: int
    input: tuple[int, int, int]
    idea: str
    source: str


_PHOTO = (3, 224, 224)
ARCHITECTURES = {
    "lenet5": Architecture(
        "LeNet-5",
        1998,
        (1, 28, 28),
        "Learnt kernels, shared over the picture, then pooling, twice; it read cheques.",
        "LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition",
    ),
    "alexnet": Architecture(
        "AlexNet",
        2012,
        _PHOTO,
        "ReLU and dropout, on two graphics cards: the first deep network to win ImageNet's contest.",
        "Krizhevsky, Sutskever, Hinton: ImageNet classification with deep convolutional networks",
    ),
    "vgg16": Architecture(
        "VGG-16",
        2014,
        _PHOTO,
        "Nothing but 3 × 3 kernels: two of them see 5 × 5 pixels, with fewer weights and one more ReLU.",
        "Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition",
    ),
    "googlenet": Architecture(
        "GoogLeNet",
        2014,
        _PHOTO,
        "Kernels of several sizes side by side (inception), made cheap by 1 × 1 convolutions.",
        "Szegedy and others: Going deeper with convolutions",
    ),
    "resnet50": Architecture(
        "ResNet-50",
        2015,
        _PHOTO,
        "Skip connections, y = F(x) + x: the gradient has a way around every block; depth no longer hurts.",
        "He, Zhang, Ren, Sun: Deep residual learning for image recognition",
    ),
    "unet": Architecture(
        "UNet",
        2015,
        (1, 224, 224),
        "Down to the meaning and up again to every pixel, with copies carried across: it paints, not names.",
        "Ronneberger, Fischer, Brox: U-Net, convolutional networks for biomedical image segmentation",
    ),
    "densenet121": Architecture(
        "DenseNet-121",
        2016,
        _PHOTO,
        "Each layer sees the outputs of all before it, so that a few new maps a layer are enough.",
        "Huang, Liu, van der Maaten, Weinberger: Densely connected convolutional networks",
    ),
    "mobilenet_v2": Architecture(
        "MobileNetV2",
        2018,
        _PHOTO,
        "One kernel a map (depthwise), then 1 × 1 to mix the maps: an eighth of the work, for telephones.",
        "Sandler, Howard, Zhu, Zhmoginov, Chen: MobileNetV2, inverted residuals and linear bottlenecks",
    ),
    "efficientnet_b0": Architecture(
        "EfficientNet-B0",
        2019,
        _PHOTO,
        "Depth, width and resolution grown together by one factor; the smallest was found by search.",
        "Tan, Le: EfficientNet, rethinking model scaling for convolutional neural networks",
    ),
    "vit_b_16": Architecture(
        "ViT-B/16",
        2020,
        _PHOTO,
        "No convolution but the first: 16 × 16 patches as words, each attending to all others.",
        "Dosovitskiy and others: An image is worth 16 × 16 words",
    ),
}


class UNet(nn.Module):
    """Four times down and up (Ronneberger et al. 2015), padded so that nothing shrinks at the edges."""

    def __init__(self, width: int = 64):
        super().__init__()
        widths = [width * 2**depth for depth in range(5)]
        self.down = nn.ModuleList(map(_twice, [1, *widths[:-1]], widths))
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(wide, wide // 2, 2, stride=2) for wide in reversed(widths[1:])
        )
        self.merge = nn.ModuleList(_twice(wide, wide // 2) for wide in reversed(widths[1:]))
        self.out = nn.Conv2d(width, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        kept: list[Tensor] = []
        for number, layers in enumerate(self.down):
            x = layers(self.pool(x) if number else x)
            kept.append(x)
        kept.pop()
        for up, merge in zip(self.up, self.merge, strict=True):
            x = merge(torch.cat([kept.pop(), up(x)], 1))  # (N, 2C, H, W) -> (N, C, H, W)
        result: Tensor = self.out(x)
        return result


def _twice(inside: int, outside: int) -> nn.Sequential:
    """Two 3 x 3 convolutions with ReLU."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(outside, outside, 3, padding=1),
        nn.ReLU(),
    )


def make(name: str) -> nn.Module:
    """The module in eval mode, with random weights."""
    if name == "lenet5":
        return build(NETWORKS["lenet5"]).eval()
    if name == "unet":
        return UNet().eval()
    from torchvision import models

    options: dict[str, Any] = {"weights": None}
    if name == "googlenet":
        options |= {"aux_logits": False, "init_weights": False}
    network: nn.Module = getattr(models, name)(**options)
    return network.eval()


def measure_architecture(name: str) -> Measured:
    """Run the network once and note what every layer makes and does."""
    return measure_module(make(name), ARCHITECTURES[name].input)


@lru_cache(maxsize=1)
def measured() -> dict[str, Measured]:
    """The carried figures of all ARCHITECTURES. Raises DataError."""
    try:
        records = json.loads(FILE.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(
            "The gallery's figures are missing; run python -m cnnviz build-assets architectures."
        ) from error
    return {name: _from_json(record) for name, record in records.items()}


def _from_json(record: dict[str, Any]) -> Measured:
    stages = (Stage(**{**stage, "shape": tuple(stage["shape"])}) for stage in record["stages"])
    return Measured(**{**record, "stages": tuple(stages)})


def write_catalogue(folder: Path = ASSETS) -> Iterator[Path]:
    """Measure all networks and write the gallery's file; yields its path."""
    records = {name: asdict(measure_architecture(name)) for name in ARCHITECTURES}
    write_atomically(folder / FILE.name, (json.dumps(records) + "\n").encode())
    yield folder / FILE.name
