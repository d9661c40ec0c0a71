"""What a filter looks for, read off its weights.

    conv_layers(model)                    names of the convolutions, in order
    kernels_of(model, layer, channel)     (N, k, k): every filter's kernel on one input channel
    strongest_inputs(model, layer)        (N,): the input channel each filter weighs most
    first_layer_weights(model)                   for networks without convolutions: (units, 28, 28)
    partial_response(...)                 the map one kernel alone would give
    spectrum(kernel)                      which stripes it passes
    nearest_known(kernel)                 the textbook filter it resembles, and how much

PyTorch's convolution does not flip its kernel: what is shown is what is laid over the image.
"""

from dataclasses import dataclass
from functools import cache
from math import comb

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.errors import NetworkError
from cnnviz.networks.network import SIZE, Network, check_model


@dataclass(frozen=True, eq=False)
class KnownFilter:
    """A textbook filter (k, k). `sees` is what excites it, `opposite` what excites its negative."""

    name: str
    kernel: Tensor
    sees: str
    opposite: str


@dataclass(frozen=True, eq=False)
class Match:
    """The known filter most like a kernel. similarity: cosine in [-1, 1], negative when inverted.

    fitted: the known filter scaled to come as close to the kernel as it can (least squares).
    """

    known: KnownFilter
    similarity: float
    fitted: Tensor  # (k, k)

    @property
    def sees(self) -> str:
        return self.known.sees if self.similarity >= 0 else self.known.opposite


# ---- the weights ----


def conv_layers(model: Network) -> list[str]:
    """Names of the model's convolutions in order, inside a block "block2.conv1"; empty for a dense one."""
    return [name for name, module in model.named_modules() if isinstance(module, nn.Conv2d)]


def kernels_of(model: Network, layer: str, channel: int | Tensor = 0) -> Tensor:
    """Kernels (N, k, k) of a convolution's N filters on one input channel.

    channel: the same for all filters, or int64 (N,), one a filter. Raises NetworkError for a
    layer that is no convolution and a channel it does not have.
    """
    weight = _convolution(model, layer).weight.detach()  # (N, C, k, k)
    channels = torch.as_tensor(channel).expand(len(weight))  # (N,)
    if channels.min() < 0 or channels.max() >= weight.shape[1]:
        raise NetworkError(f"{layer} has input channels 0 to {weight.shape[1] - 1}.")
    kernels: Tensor = weight[torch.arange(len(weight)), channels]  # (N, k, k)
    return kernels


def strongest_inputs(model: Network, layer: str) -> Tensor:
    """int64 (N,): for each filter the input channel whose kernel has the largest L2 norm."""
    weight: Tensor = _convolution(model, layer).weight.detach()  # (N, C, k, k)
    norms: Tensor = weight.flatten(2).norm(dim=2)  # (N, C)
    return norms.argmax(1)


def first_layer_weights(model: Network) -> tuple[str, Tensor]:
    """Name of the first dense layer and its weights as pictures, (units, 28, 28).

    Raises NetworkError when the image does not reach that layer untouched.
    """
    for name, module in model.named_children():
        if isinstance(module, nn.Linear) and module.in_features == SIZE * SIZE:
            return name, module.weight.detach().reshape(-1, SIZE, SIZE)
        if isinstance(module, nn.Linear | nn.Conv2d):
            break
    raise NetworkError("Only a dense layer right behind the image has weights that are pictures.")


def partial_response(model: Network, layer: str, unit: int, channel: int, maps: Tensor) -> Tensor:
    """(H', W'): what filter `unit` adds up from one of the layer's input maps (C, H, W), without bias.

    The sum over all channels plus the bias is the layer's output.
    """
    conv = _convolution(model, layer)
    filters, channels = conv.weight.shape[:2]
    if not (0 <= unit < filters and 0 <= channel < channels == len(maps)):
        raise NetworkError(
            f"There are {filters} filters in {layer}, each on {channels} input maps; none is filter {unit} "
            f"on map {channel} of {len(maps)}."
        )
    kernel = conv.weight.detach()[unit, channel]  # (k, k)
    picture = maps[channel][None, None]  # (1, 1, H, W)
    return F.conv2d(picture, kernel[None, None], None, conv.stride, conv.padding)[0, 0]


def _convolution(model: Network, layer: str) -> nn.Conv2d:
    check_model(model)
    module = dict(model.named_modules()).get(layer)
    if not isinstance(module, nn.Conv2d):
        known = ", ".join(conv_layers(model)) or "none"
        raise NetworkError(f"There is no convolution {layer!r} in this network; it has: {known}.")
    return module


# ---- frequencies ----


def spectrum(kernel: Tensor, size: int = 16) -> Tensor:
    """Magnitude (size, size) of the discrete Fourier transform of a kernel (k, k) padded with zeros.

    The constant is at (size // 2, size // 2); one step from it is 1 / size cycles a pixel,
    columns for stripes that change from left to right, rows from top to bottom.
    """
    centered: Tensor = torch.fft.fftshift(torch.fft.fft2(kernel, s=(size, size)))
    return centered.abs()


# ---- known filters ----


def nearest_known(kernel: Tensor) -> Match:
    """The known filter with the largest |cosine similarity| to a kernel (k, k); 0 if it is all zero."""
    bank = known_filters(kernel.shape[-1])
    known = torch.stack([entry.kernel for entry in bank]).flatten(1)  # (K, k * k)
    flat = kernel.detach().flatten()
    similarities = F.cosine_similarity(known, flat[None], dim=1)  # (K,)
    best = int(similarities.abs().argmax())
    unit = known[best] / known[best].norm()
    return Match(bank[best], float(similarities[best]), (unit * (unit @ flat)).reshape(kernel.shape))


@cache
def chance_similarity(side: int) -> float:
    """The |similarity| that half of all random kernels (side, side) reach by luck alone."""
    known = F.normalize(torch.stack([entry.kernel for entry in known_filters(side)]).flatten(1))
    generator = torch.Generator().manual_seed(0)
    random = F.normalize(torch.randn(4000, side * side, generator=generator))  # (4000, k * k)
    return float((random @ known.T).abs().amax(1).median())


@cache
def known_filters(side: int) -> tuple[KnownFilter, ...]:
    """The textbook filters (side, side): at 3 the usual matrices, else the same ideas at that size.

    Those that vanish or coincide at a small size are left out.
    """
    steps = torch.arange(side, dtype=torch.float32) - (side - 1) / 2  # (k,): -1, 0, 1
    bell = torch.tensor([float(comb(side - 1, place)) for place in range(side)])  # (k,): 1, 2, 1
    inner = (steps.abs() == steps.abs().min()).float()  # (k,): 0, 1, 0
    dot = torch.outer(inner, inner)
    cross = torch.maximum(inner[:, None], inner)  # (k, k)
    four_neighbors = (dot * cross.sum() - dot.sum()) * cross
    entries = [
        *_edges("Sobel", torch.outer(bell, bell * steps)),
        *_edges("Prewitt", torch.outer(torch.ones(side), steps)),
        *_diagonals("Sobel", steps[:, None] + steps),
        *_bars(torch.outer(inner, torch.ones(side)), torch.eye(side)),
        ("box blur", torch.ones(side, side), "large values everywhere", "small values everywhere"),
        ("Gaussian blur", torch.outer(bell, bell), "large values around the middle", "small values there"),
        ("identity", dot, "a large value in the middle", "a small value in the middle"),
        ("Laplacian, four neighbours", four_neighbors, "a middle above its neighbours", "one below them"),
        ("Laplacian, eight neighbours", _balanced(dot), "a middle above its surroundings", "one below them"),
        ("sharpen", four_neighbors + dot, "a large middle above its neighbours", "a small one below them"),
    ]
    return _distinct([KnownFilter(*entry) for entry in entries])


def _distinct(filters: list[KnownFilter]) -> tuple[KnownFilter, ...]:
    kept: list[KnownFilter] = []
    for entry in filters:
        flat = entry.kernel.flatten()
        like = [abs(float(F.cosine_similarity(flat, other.kernel.flatten(), dim=0))) for other in kept]
        if flat.any() and max(like, default=0) < 0.999:
            kept.append(entry)
    return tuple(kept)


Entry = tuple[str, Tensor, str, str]


def _edges(name: str, across: Tensor) -> list[Entry]:
    rise, fall = "values that rise from {}", "values that fall from {}"
    ways = {"vertical": (across, "left to right"), "horizontal": (across.T, "top to bottom")}
    return [
        (f"{name}, {line} edge", kernel, rise.format(way), fall.format(way))
        for line, (kernel, way) in ways.items()
    ]


def _diagonals(name: str, falling: Tensor) -> list[Entry]:
    rise = "values that rise towards the {} {}".format
    return [
        (f"{name}, diagonal edge ↗", falling, rise("lower", "right"), rise("upper", "left")),
        (f"{name}, diagonal edge ↘", falling.flip(1), rise("lower", "left"), rise("upper", "right")),
    ]


def _bars(horizontal: Tensor, falling: Tensor) -> list[Entry]:
    shapes = {
        "horizontal": horizontal,
        "vertical": horizontal.T,
        "falling": falling,
        "rising": falling.flip(1),
    }
    return [
        (f"{name} bar", _balanced(shape), f"a {name} line of large values", f"a {name} line of small values")
        for name, shape in shapes.items()
    ]


def _balanced(shape: Tensor) -> Tensor:
    """The shape minus its mean, so that even ground gives zero; in whole numbers."""
    return shape * shape.numel() - shape.sum()
