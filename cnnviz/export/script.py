"""A trained network as a Python program of its own: torch and torchvision, no cnnviz.

    training_script(config)    builds the network and trains it to the very same weights
    loading_script(network)    builds the network, loads its .pt file and measures it

A program holds only what its network and its training use. What was chosen stands at its top as
constants; the functions below them (cnnviz.export.script_templates) read those.
"""

import inspect
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from cnnviz.data.mnist import MEAN, STD
from cnnviz.export import script_templates as parts
from cnnviz.networks.layers import Normalize, PositionEmbedding, Residual, TransformerBlock
from cnnviz.networks.network import Network, NetworkConfig
from cnnviz.numbers import percent
from cnnviz.training.config import TrainConfig
from cnnviz.training.schedule import LearningRateChange
from cnnviz.training.step import in_mixed_precision, multiplies_bfloat16, training_step

PEN_FILE = "pen-training-digits.npz"
_NEEDS = "Needs: pip install torch torchvision. MNIST is fetched into FOLDER at the first start."

_ORDERED = "from collections import OrderedDict"
_STEP_NEEDS = (
    "from collections.abc import Callable",
    "from functools import partial",
    "from typing import Any",
)


def training_script(
    config: TrainConfig,
    name: str = "model",
    accuracy: float | None = None,
    steps: int | None = None,
    changes: Sequence[LearningRateChange] = (),
    temperature: float = 1.0,
) -> str:
    """The program's text. name: of the weights it writes; accuracy: measured on the test digits.

    steps: after how many the weights were taken, when that was before the end: the run was stopped
    or ended early, or its best validation was there. changes: of the learning rate, on the way.
    temperature: that the saved weights' last layer is divided by, see cnnviz.checkpoints.format.
    """
    pen, network = config.data == "mnist+pen", config.network
    blocks = _blocks(network)
    heading = [
        "Trains a network to read digits, number for number as cnnviz did.\n",
        f"Writes the weights to {name}.pt.{_expected(accuracy)}",
        *([f"Its pen digits are read from {PEN_FILE}, downloaded beside this program."] if pen else []),
        _NEEDS,
    ]
    constants, loop, main = _training_constants(config, name), parts.TRAIN, parts.TRAIN_MAIN
    if temperature != 1:
        constants["TEMPERATURE"], main = temperature, main.replace(*parts.FOLDED)
    mixed = config.precision == "bfloat16"
    if mixed:
        loop = loop.replace(*parts.MIXED)
    if steps is not None:
        constants["LAST_STEP"], loop = steps, loop.replace(*parts.UNTIL_LAST_STEP)
    if changes:
        constants["RATE_CHANGES"] = [(change.step, change.factor, change.rate) for change in changes]
        loop = loop.replace(*parts.STEER)
    return _joined(
        _top(
            heading,
            ["import math", _ORDERED, *_STEP_NEEDS],
            [*(["numpy as np"] if pen else []), "torch", "torch.nn.functional as F"],
            tensors=True,
        )
        + f"{_constants(constants)}\nRANDOM = torch.Generator()  # for batches, augmentation and dropout",
        parts.DROPOUT if network.dropout else "",
        _normalize(network),
        *blocks,
        _build(network),
        parts.START,
        parts.MNIST,
        _training_parts(config),
        parts.AUGMENT if config.augmentation else "",
        parts.BATCH.replace("{augment}", "    pictures = augment(pictures)\n" if config.augmentation else ""),
        parts.RATES[config.schedule],
        parts.STEERED if changes else "",
        _optimizer(config),
        *([inspect.getsource(multiplies_bfloat16), inspect.getsource(in_mixed_precision)] if mixed else []),
        inspect.getsource(training_step),
        parts.ACCURACY,
        loop,
        main,
    )


def loading_script(network: NetworkConfig, name: str = "model", accuracy: float | None = None) -> str:
    """The program for weights whose training is not known, or not over."""
    heading = [
        "Builds a network that reads digits and measures it.\n",
        f"Reads the weights from {name}.pt, downloaded beside it.{_expected(accuracy)}",
        _NEEDS,
    ]
    blocks = _blocks(network)
    standard = ["import math", _ORDERED] if network.patches else [_ORDERED]
    return _joined(
        _top(heading, standard, ["torch"], tensors=bool(blocks))
        + _constants({"FOLDER": "data", "WEIGHTS": f"{name}.pt"}),
        parts.PLAIN_DROPOUT if network.dropout else "",
        _normalize(network),
        *blocks,
        _build(network),
        parts.MNIST,
        parts.ACCURACY,
        parts.LOAD_MAIN,
    )


def _top(heading: Sequence[str], standard: Sequence[str], others: Sequence[str], tensors: bool) -> str:
    """What the program is, and what it imports: standard, whole lines; others, modules."""
    second = [f"import {name}" for name in (*others, "torchvision")]
    second.append(f"from torch import {'Tensor, ' * tensors}nn")
    return "\n".join(['"""' + "\n".join(heading), '"""', "", *standard, "", *second, "", ""])


def _joined(*texts: str) -> str:
    """Definitions with two empty lines between them, as Python programs have it."""
    return "\n\n\n".join(text.strip("\n") for text in texts if text) + "\n"


def _expected(accuracy: float | None) -> str:
    return "" if accuracy is None else f" To expect: {percent(accuracy, 2)} of MNIST's test digits."


def _training_constants(config: TrainConfig, name: str) -> dict[str, Any]:
    constants: dict[str, Any] = {"FOLDER": "data", "WEIGHTS": f"{name}.pt"}
    if config.data == "mnist+pen":
        constants["PEN_FILE"] = PEN_FILE
    constants |= {field.upper(): getattr(config, field) for field in _CHOSEN}
    if any(share < 1 for share in config.class_shares):
        constants["CLASS_SHARES"] = config.class_shares
    if config.augmentation:
        constants |= {kind.upper(): value for kind, value in vars(config.augmentation).items()}
    return constants


def _constants(values: dict[str, Any]) -> str:
    return "\n".join(f"{name} = {_literal(value)}{_NOTES.get(name, '')}" for name, value in values.items())


def _literal(value: Any) -> str:
    """As a person writes it: 5_000, "data"."""
    if isinstance(value, int):
        return f"{value:_}"
    return f'"{value}"' if isinstance(value, str) else repr(value)


_CHOSEN = (
    "seed",
    "epochs",
    "batch_size",
    "learning_rate",
    "label_smoothing",
    "train_size",
    "validation_size",
)
_NOTES = {
    "TRAIN_SIZE": "  # of MNIST's 60,000 training digits",
    "VALIDATION_SIZE": "  # of those, held back",
    "LEARNING_RATE": "  # the highest of the schedule",
    "LABEL_SMOOTHING": "  # share of the target spread over all classes",
    "LAST_STEP": "  # after it the weights were taken",
    "TEMPERATURE": "  # fitted on validation digits; the last layer divided by it is calibrated",
    "RATE_CHANGES": "  # after how many steps; the schedule times this, or held at that",
    "CLASS_SHARES": "  # of each digit's pictures",
    "SHIFT": "  # pixels at most, each direction",
    "ROTATE": "  # degrees",
    "SCALE": "  # share of the size, each axis on its own",
    "SHEAR": "  # degrees of slant",
    "ELASTIC": "  # pixels of smooth bending",
}


def _normalize(network: NetworkConfig) -> str:
    return parts.NORMALIZE.format(mean=MEAN, std=STD) if network.normalize else ""


def _blocks(network: NetworkConfig) -> list[str]:
    """The classes of the network's own kinds of layer, as cnnviz itself has them."""
    kinds = {type(module) for _, module in _layers(network)}
    return [
        inspect.getsource(kind) for kind in (Residual, PositionEmbedding, TransformerBlock) if kind in kinds
    ]


def _layers(network: NetworkConfig) -> list[tuple[str, nn.Module]]:
    with torch.device("meta"):  # only their shapes are wanted
        return list(Network(network).named_children())


def _build(network: NetworkConfig) -> str:
    lines = [f'        ("{name}", {_layer(module)}),' for name, module in _layers(network)]
    return "\n".join(
        [
            "def build():",
            '    """float32 (N, 1, 28, 28) in [0, 1] -> logits (N, 10)."""',
            "    layers = [",
            *lines,
            "    ]",
            "    return nn.Sequential(OrderedDict(layers))",
        ]
    )


def _layer(module: nn.Module) -> str:
    """The call that makes one layer, without what is PyTorch's default."""
    if isinstance(module, nn.Conv2d):
        extras = {"stride": module.stride[0], "padding": int(module.padding[0])}
        kept = [f"{name}={value}" for name, value in extras.items() if value != (name == "stride")]
        sizes = [module.in_channels, module.out_channels, module.kernel_size[0]]
        return f"nn.Conv2d({', '.join([*map(str, sizes), *kept])})"
    if isinstance(module, nn.BatchNorm2d):
        return f"nn.BatchNorm2d({module.num_features})"
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        return f"nn.{type(module).__name__}({module.kernel_size})"
    if isinstance(module, nn.Linear):
        return f"nn.Linear({module.in_features}, {module.out_features})"
    if isinstance(module, nn.Dropout):
        return f"Dropout({module.p})"
    if isinstance(module, nn.LayerNorm):
        return f"nn.LayerNorm({module.normalized_shape[0]})"
    if isinstance(module, Residual):
        normed, function = isinstance(module.norm1, nn.BatchNorm2d), type(module.activation).__name__
        conv = module.conv1
        return f"Residual({conv.in_channels}, {conv.kernel_size[0]}, {normed}, nn.{function})"
    if isinstance(module, PositionEmbedding):
        return f"PositionEmbedding({', '.join(map(str, module.places.shape[:2]))})"
    if isinstance(module, TransformerBlock):
        return f"TransformerBlock({module.proj.in_features}, {module.heads})"
    return "Normalize()" if isinstance(module, Normalize) else f"nn.{type(module).__name__}()"


def _training_parts(config: TrainConfig) -> str:
    end = "    return training, validation\n"
    more = parts.PEN if config.data == "mnist+pen" else ""
    if any(share < 1 for share in config.class_shares):
        more += parts.SHARE
        return parts.SHARES + "\n\n" + parts.PARTS.strip("\n").replace(end.strip("\n"), more + end)
    return parts.PARTS.replace(end, more + end)


def _optimizer(config: TrainConfig) -> str:
    """The same optimizer, fused as cnnviz's is."""
    options = {"lr": "LEARNING_RATE", "weight_decay": repr(config.weight_decay), "fused": "True"}
    if config.optimizer == "momentum":
        options["momentum"] = repr(config.momentum)
    if config.optimizer in ("adam", "adamw"):
        options["betas"] = "(0.7, 0.9)" if config.schedule == "one_cycle" else "(0.9, 0.999)"
    kind = {"adam": "Adam", "adamw": "AdamW"}.get(config.optimizer, "SGD")
    given = ", ".join(f"{name}={value}" for name, value in options.items())
    return f"def make_optimizer(parameters):\n    return torch.optim.{kind}(parameters, {given})"
