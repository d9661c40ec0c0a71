"""The networks that made image recognition, measured: layers, shapes, parameters, work, receptive field.

    ARCHITECTURES            name -> Architecture: year, what was new in it, and how to build it
    measure(name)            -> Measured, by running the real module of torchvision once
    measured()               what the gallery carries, read from its file
    python -m cnnviz.architectures   measures all of them anew and writes that file (some minutes)

The modules are torchvision's own, LeNet-5 is cnnviz's, and the UNet, which torchvision lacks, is built
here as its authors describe it.
"""

import copy
import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.data import ASSETS
from cnnviz.errors import DataError
from cnnviz.files import write_atomically
from cnnviz.networks import NETWORKS, build

FILE = ASSETS / "architectures.json"
FIELD_SIDE = 640  # pixels of the picture on which receptive fields are measured


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


@dataclass(frozen=True)
class Stage:
    """Consecutive layers of one resolution. shape: of their widest output, without the batch.

    layers: convolutions and dense layers among them; multiply_adds: of one picture.
    """

    shape: tuple[int, ...]
    layers: int
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Measured:
    """stages in the order they run; receptive_field: side in pixels of what a cell of the last maps sees.

    None when it is more than FIELD_SIDE, or all of the picture from the first layer on.
    """

    parameters: int
    multiply_adds: int
    receptive_field: int | None
    stages: tuple[Stage, ...]


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


def measure(name: str) -> Measured:
    """Run the network once and note what every layer makes and does."""
    return measure_module(make(name), ARCHITECTURES[name].input)


def measure_module(network: nn.Module, shape: tuple[int, ...]) -> Measured:
    """Measured of an eval-mode module whose forward takes a batch of this shape."""
    stages = stages_of(network, shape)
    return Measured(
        sum(parameter.numel() for parameter in network.parameters()),
        sum(stage.multiply_adds for stage in stages),
        receptive_field(network, shape),
        tuple(stages),
    )


def stages_of(network: nn.Module, shape: tuple[int, ...]) -> list[Stage]:
    """Everything that runs, in order; neighbours of one resolution are one stage."""
    stages: list[Stage] = []
    aside = _squeezed(network)  # their 1 × 1 maps are a detour, not a stage

    def note(module: nn.Module, given: tuple[Tensor, ...], made: Any) -> None:
        made = made[0] if isinstance(made, tuple) else made  # attention gives (values, weights)
        place = stages[-1].shape if module in aside else tuple(made.shape[1:])
        stage = Stage(
            place, int(_computes(module)), _own_parameters(module), multiply_adds(module, given[0], made)
        )
        if stages and _resolution(stages[-1].shape) == _resolution(place):
            stage = _merged(stages.pop(), stage)
        stages.append(stage)

    handles = [module.register_forward_hook(note) for module in network.modules()]
    try:
        with torch.no_grad():
            network(torch.zeros(1, *shape))
    finally:
        for handle in handles:
            handle.remove()
    return stages


def multiply_adds(module: nn.Module, given: Tensor, made: Tensor) -> int:
    """Products summed up for one picture in a convolution, dense or attention layer; 0 for others."""
    if isinstance(module, nn.Conv2d):
        return made[0].numel() * module.weight[0].numel()
    if isinstance(module, nn.ConvTranspose2d):
        return given[0].numel() * module.weight[0].numel()
    if isinstance(module, nn.Linear):
        return made[0].numel() * module.in_features
    if isinstance(module, nn.MultiheadAttention):  # queries, keys, values, the way out; then all pairs, twice
        tokens, width = given.shape[1:]
        return 4 * tokens * width**2 + 2 * tokens**2 * width
    return 0


def receptive_field(network: nn.Module, shape: tuple[int, ...]) -> int | None:
    """The side of what one cell of the last maps sees, in pixels; None for more than FIELD_SIDE.

    Measured (Araujo, Norris, Sim: Computing receptive fields, Distill 2019, has the formula): with
    positive weights and means in the place of maxima, the gradient of that cell is above zero exactly
    where it can see. Networks that take one size of picture only, or attend to all of it, give None.
    """
    if any(isinstance(module, nn.MultiheadAttention) for module in network.modules()) or _squeezed(network):
        return None
    twin = copy.deepcopy(network).double().eval()
    for module in list(twin.modules()):
        for name, child in list(module.named_children()):
            setattr(module, name, _positive(child))
    maps: list[Tensor] = []

    def keep(_: nn.Module, __: tuple[Tensor, ...], made: Any) -> Any:
        if isinstance(made, Tensor) and made.ndim == 4 and made.shape[-1] > 1:
            maps.append(made)
            return made.clone()  # what changes its input in place is welcome to this
        return made

    for module in twin.modules():
        module.register_forward_hook(keep)
    side = FIELD_SIDE if shape[-1] > 28 else shape[-1]
    picture = torch.full((1, shape[0], side, side), 0.5, dtype=torch.float64, requires_grad=True)
    twin(picture)
    middle = maps[-1].shape[-1] // 2
    (gradient,) = torch.autograd.grad(maps[-1][0, 0, middle, middle], picture)
    seen = (gradient[0, 0] > 0).any(0).nonzero().flatten()
    first, last = int(seen[0]), int(seen[-1])
    return last - first + 1 if first > 0 and last < side - 1 else None


def _positive(module: nn.Module) -> nn.Module:
    """The layer with equal positive weights; a maximum becomes a mean of the same window."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.constant_(module.weight, 1 / module.weight[0].numel())
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    if isinstance(module, nn.MaxPool2d):
        return nn.AvgPool2d(module.kernel_size, module.stride, module.padding, module.ceil_mode)
    if isinstance(module, nn.ReLU | nn.ReLU6):
        return nn.ReLU()
    if isinstance(module, nn.Flatten | nn.Linear | nn.AdaptiveAvgPool2d):
        return nn.Identity()  # behind the maps; dense layers take one size only
    return module


def _squeezed(network: nn.Module) -> set[nn.Module]:
    """The parts of squeeze-and-excitation blocks."""
    blocks = [module for module in network.modules() if type(module).__name__ == "SqueezeExcitation"]
    return {part for block in blocks for part in block.modules() if part is not block}


def _computes(module: nn.Module) -> bool:
    kinds = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear, nn.MultiheadAttention)
    return isinstance(module, kinds)


def _own_parameters(module: nn.Module) -> int:
    whole = isinstance(module, nn.MultiheadAttention)  # uses its parts without calling them
    return sum(parameter.numel() for parameter in module.parameters(recurse=whole))


def _resolution(shape: tuple[int, ...]) -> tuple[int, ...]:
    """(H, W) of maps, the number of tokens, or nothing for plain vectors."""
    return shape[1:] if len(shape) == 3 else shape[:-1]


def _merged(first: Stage, second: Stage) -> Stage:
    return Stage(
        max(first.shape, second.shape) if len(second.shape) == 3 else second.shape,  # most maps
        first.layers + second.layers,
        first.parameters + second.parameters,
        first.multiply_adds + second.multiply_adds,
    )


@lru_cache(maxsize=1)
def measured() -> dict[str, Measured]:
    """The carried figures of all ARCHITECTURES. Raises DataError."""
    try:
        records = json.loads(FILE.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError("The gallery's figures are missing; run python -m cnnviz.architectures.") from error
    return {name: _from_json(record) for name, record in records.items()}


def _from_json(record: dict[str, Any]) -> Measured:
    stages = (Stage(**{**stage, "shape": tuple(stage["shape"])}) for stage in record["stages"])
    return Measured(**{**record, "stages": tuple(stages)})


def main() -> None:
    """Measure all networks and write the gallery's file."""
    records = {name: asdict(measure(name)) for name in ARCHITECTURES}
    write_atomically(FILE, (json.dumps(records) + "\n").encode())


if __name__ == "__main__":
    main()
