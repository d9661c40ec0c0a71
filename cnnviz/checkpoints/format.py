"""Saved models: NAME.safetensors (weights) beside NAME.json (the card).

    load_model(name_or_path)     an eval-mode, frozen Network
    load_checkpoint(...)         the same with its card and digest
    parse_checkpoint(content)    from bytes a stranger sent: nothing is unpickled, all is checked
    save_checkpoint(...)         weights and card, each written atomically
    fold_temperature(...)        weights whose softmax is the calibrated probability

The weights file names its own network in its metadata, so that it can travel alone. A card's
"temperature" is part of the weights where the card says "folded"; older files are folded when read.
"""

import hashlib
import json
import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from cnnviz.errors import CheckpointError, NetworkError
from cnnviz.io.assets import MODELS
from cnnviz.io.atomic import write_atomically
from cnnviz.networks.network import SIZE, Network, NetworkConfig, unfilled

SIZE_LIMIT = 32_000_000  # bytes; five million float32 parameters and room
HEADER_LIMIT = 65_536
WEIGHT_LIMIT = 1e4
LAST_LAYER = ("logits.weight", "logits.bias")
_RENAMED = {"ask": "qkv", "answer": "proj", "widen": "fc1", "narrow": "fc2"}


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A loaded model. digest: 16 hex digits of the weights file's SHA-256, naming it in caches."""

    model: Network
    card: dict[str, Any]
    digest: str


def shipped_models(folder: Path = MODELS) -> list[str]:
    """Names of the models in `folder`, `default` first."""
    names = sorted(path.stem for path in folder.glob("*.safetensors") if "." not in path.stem)  # no histories
    return sorted(names, key=lambda name: name != "default")


def load_model(name_or_path: str | Path = "default", folder: Path = MODELS) -> Network:
    """A shipped model by name or any checkpoint by path; eval mode, frozen. Raises CheckpointError."""
    return load_checkpoint(name_or_path, folder).model


def load_checkpoint(name_or_path: str | Path = "default", folder: Path = MODELS) -> Checkpoint:
    """The model with its card (empty when the file travels alone) and digest."""
    path = Path(str(name_or_path))
    if path.suffix != ".safetensors":
        if str(name_or_path) not in shipped_models(folder):
            known = ", ".join(shipped_models(folder)) or "none"
            raise CheckpointError(f"There is no model called {str(name_or_path)!r}; there are: {known}.")
        path = folder / f"{name_or_path}.safetensors"
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:  # a path may hold what no path can
        reason = error.strerror if isinstance(error, OSError) else error
        raise CheckpointError(f"The model file {path.name!r} cannot be read: {reason}.") from error
    return read_checkpoint(content, _read_card(path.with_suffix(".json")))


def read_checkpoint(content: bytes, card: dict[str, Any], temperature: float | None = None) -> Checkpoint:
    """A weights file's bytes with their card.

    temperature: to divide the logits by; by default the card's, unless the weights hold it already.
    Raises CheckpointError.
    """
    network = parse_checkpoint(content)
    if temperature is None and not card.get("folded"):
        temperature = card.get("temperature")
    if temperature is not None:
        network.load_state_dict(fold_temperature(network.state_dict(), temperature))
    return Checkpoint(network, card, digest(content))


def fold_temperature(state: Mapping[str, Tensor], temperature: float) -> dict[str, Tensor]:
    """The state of a network whose logits are this network's divided by the temperature.

    A linear layer's outputs are divided by dividing its weights and its bias, so that the softmax of
    the logits *is* the calibrated probability (Guo et al. 2017), wherever the weights go.
    Raises CheckpointError for a temperature that is no positive number, as in a damaged card.
    """
    if type(temperature) not in (int, float) or not 0 < temperature < math.inf:
        raise CheckpointError("The card's temperature is not a positive number.")
    return {name: tensor / temperature if name in LAST_LAYER else tensor for name, tensor in state.items()}


def parse_checkpoint(content: bytes) -> Network:
    """The model in a safetensors file's bytes. Raises CheckpointError and changes nothing."""
    header = read_header(content)
    try:
        record = json.loads(header.get("__metadata__", {}).get("network", ""))
        config = NetworkConfig.from_json(record)
    except (ValueError, AttributeError, NetworkError) as error:
        raise CheckpointError(f"The file does not name a network that can be built: {error}") from error
    try:
        state = current_names(safetensors.torch.load(content))
    except safetensors.SafetensorError as error:
        raise CheckpointError(f"The file is damaged or cut off: {error}.") from error
    return restored(unfilled(config), state)


def restored(network: Network, state: dict[str, Tensor]) -> Network:
    """The network with these weights, tried, in eval mode and frozen. Raises CheckpointError."""
    check_state(network, state)
    network.load_state_dict(state)
    ramp = torch.linspace(0, 1, SIZE)
    pictures = torch.stack([ramp.new_zeros(SIZE, SIZE), ramp.new_ones(SIZE, SIZE), torch.outer(ramp, ramp)])
    with torch.no_grad():
        if not torch.isfinite(freeze(network)(pictures[:, None])).all():
            raise CheckpointError("With these weights the network's answers are not numbers.")
    return network


def serialize(network: Network, state: dict[str, Tensor] | None = None) -> bytes:
    """The safetensors file of a network, or of other weights for it, that names the network."""
    tensors = {name: tensor.detach().contiguous() for name, tensor in (state or network.state_dict()).items()}
    return safetensors.torch.save(tensors, {"network": json.dumps(network.config.as_json())})


def save_checkpoint(path: Path, network: Network, card: dict[str, Any]) -> None:
    """Write PATH (.safetensors) and its card beside it; the old pair stays whole if the disk is full."""
    content = serialize(network)
    try:
        write_atomically(path, content)
        write_atomically(path.with_suffix(".json"), (json.dumps(card, indent=2) + "\n").encode())
    except OSError as error:
        raise CheckpointError(
            f"The model could not be saved: {error.strerror}. Nothing was changed."
        ) from error


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def freeze(network: Network) -> Network:
    """Eval mode, no parameter gradients: what every shared model must be."""
    return network.eval().requires_grad_(False)


def current_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under today's names: files of earlier versions call attention's layers otherwise."""
    return {
        re.sub(r"\b(ask|answer|widen|narrow)\.", lambda found: f"{_RENAMED[found[1]]}.", name): tensor
        for name, tensor in state.items()
    }


def check_state(network: Network, state: dict[str, Tensor]) -> None:
    """Raise CheckpointError unless `state` fits the network: names, shapes, types, finite values."""
    expected = network.state_dict()
    if state.keys() != expected.keys():
        odd = ", ".join(sorted(state.keys() ^ expected.keys())[:4])
        raise CheckpointError(f"The file's layers are not this network's (see {odd}).")
    for name, tensor in state.items():
        if tensor.shape != expected[name].shape:
            raise CheckpointError(
                f"{name} has shape {tuple(tensor.shape)}, the network needs {tuple(expected[name].shape)}."
            )
        if tensor.is_floating_point() != expected[name].is_floating_point():
            raise CheckpointError(
                f"{name} has type {tensor.dtype}, the network needs {expected[name].dtype}."
            )
        too_large = tensor.is_floating_point() and bool((tensor.abs() > WEIGHT_LIMIT).any())
        if too_large or not torch.isfinite(tensor).all():
            raise CheckpointError(f"{name} holds values that are not usable numbers.")


def read_header(content: bytes) -> dict[str, Any]:
    """The JSON header, after its length was found sane (the library itself allows 100 MB)."""
    if len(content) > SIZE_LIMIT:
        raise CheckpointError(f"The file is larger than {SIZE_LIMIT // 1_000_000} MB.")
    if len(content) < 8:
        raise CheckpointError("The file is empty or cut off.")
    length = struct.unpack("<Q", content[:8])[0]
    if length > min(HEADER_LIMIT, len(content) - 8):
        raise CheckpointError("This is not a safetensors file, or it is cut off.")
    try:
        header = json.loads(content[8 : 8 + length])
    except ValueError as error:
        raise CheckpointError("This is not a safetensors file.") from error
    if not isinstance(header, dict):
        raise CheckpointError("This is not a safetensors file.")
    return header


def _read_card(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text())) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise CheckpointError(f"The card {path.name} cannot be read.") from error
