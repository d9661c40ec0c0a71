"""Reading a model that somebody brings: any file they may take for one, with a sentence for each.

    read_model(content)   (network, what it is) from a safetensors file's bytes
    CONVERSION            the lines that turn a PyTorch file into one

Nothing is ever unpickled. A file of our own names its network; one without our metadata is taken
when its tensors have the names and shapes of exactly one known network.
"""

from collections.abc import Mapping

import safetensors
import safetensors.torch
from torch import Tensor

from cnnviz.checkpoints.format import current_names, parse_checkpoint, read_header, restored
from cnnviz.errors import CheckpointError
from cnnviz.networks.network import Network, unfilled
from cnnviz.networks.zoo import NETWORKS, TITLES

CONVERSION = """\
import torch
from safetensors.torch import save_file

weights = torch.load("model.pt", weights_only=True)
weights = {name: values.contiguous() for name, values in weights.items()}
save_file(weights, "model.safetensors")
"""
_FOREIGN = {
    b"PK\x03\x04": "a PyTorch or zip file",
    b"\x80": "a pickle file",
    b"\x89HDF": "a Keras or HDF5 file",
    b"\x93NUMPY": "a NumPy file",
}


def read_model(content: bytes) -> tuple[Network, str]:
    """The frozen network and its title. Raises CheckpointError and changes nothing.

    A file is read as ours when its metadata name a network; weights of 16 bits become 32.
    """
    for beginning, kind in _FOREIGN.items():
        if content.startswith(beginning):
            raise CheckpointError(
                f"This is {kind}. Such files can hold programs, so none is opened here; "
                "turn it into safetensors on your own machine and bring that."
            )
    metadata = read_header(content).get("__metadata__")
    ours = isinstance(metadata, dict) and "network" in metadata
    network = parse_checkpoint(content) if ours else _recognized(content)
    return network, title_of(network)


def title_of(network: Network) -> str:
    """The network's short name, if it has one."""
    names = (name for name, config in NETWORKS.items() if config == network.config)
    return next((TITLES[name].split(" · ")[0] for name in names), "Own network")


def _recognized(content: bytes) -> Network:
    """A bare state dict as the one known network whose names and shapes it has."""
    try:
        state = current_names(safetensors.torch.load(content))
    except safetensors.SafetensorError as error:
        raise CheckpointError(f"The file is damaged or cut off: {error}.") from error
    shapes = _shapes(state)
    known = [unfilled(config) for config in NETWORKS.values()]
    fitting = [network for network in known if _shapes(network.state_dict()) == shapes]
    if len(fitting) != 1:
        raise CheckpointError(_why_not(shapes, known, fitting))
    (network,) = fitting
    return restored(network, state)


def _shapes(state: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def _why_not(shapes: dict[str, tuple[int, ...]], known: list[Network], fitting: list[Network]) -> str:
    if fitting:
        names = ", ".join(map(title_of, fitting))
        return f"These weights fit several networks ({names}), and the file does not say for which they are."
    for network in known:
        wanted = _shapes(network.state_dict())
        if wanted.keys() == shapes.keys():
            name = next(name for name in wanted if wanted[name] != shapes[name])
            return (
                f"The names are those of {title_of(network)}, but {name} has shape {shapes[name]} "
                f"and needs {wanted[name]}; only a file written by cnnviz can say which other network it is."
            )
    some = ", ".join(sorted(shapes)[:3]) or "nothing"
    return (
        f"The file holds {some} …, which is no network known here; a network of your own shape must "
        "be trained with cnnviz, whose files say what they are."
    )
