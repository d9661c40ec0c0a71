"""Any network measured by running it once: shapes, parameters, work, receptive field.

measure_module(network, shape)    -> Measured
stages_of(network, shape)         everything that runs, layers of one resolution together
receptive_field(network, shape)   the side of what a cell of the last maps sees
"""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.networks.network import twin

FIELD_SIDE = 640  # pixels of the picture on which receptive fields are measured


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
    """Everything that runs, in order; neighbors of one resolution are one stage. The hooks are a twin's."""
    network = twin(network)
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

    for module in network.modules():
        module.register_forward_hook(note)
    with torch.no_grad():
        network(torch.zeros(1, *shape))
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
