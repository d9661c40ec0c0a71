"""A model and its run as files that other programs read.

    state_dict_file(network)   .pt, for torch.load(..., weights_only=True)
    events_csv(events)         .csv, the run's figures
    digits_file(digits)        .npz, pictures and labels

Elsewhere: safetensors (cnnviz.checkpoints.format.serialize), .onnx (cnnviz.export.onnx) and the Python
program that trains the same network anew (cnnviz.export.script).
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from cnnviz.data.mnist import Digits
from cnnviz.networks.network import Network


def state_dict_file(network: Network) -> bytes:
    """A PyTorch state dict: names to plain tensors, nothing else, so that loading it runs no code."""
    buffer = io.BytesIO()
    torch.save({name: tensor.clone().contiguous() for name, tensor in network.state_dict().items()}, buffer)
    return buffer.getvalue()


def events_csv(events: Sequence[Mapping[str, Any]]) -> bytes:
    """One line a record; what is nested gets columns such as gradient_norm.conv1, a list stays JSON."""
    rows = [_flat(event) for event in events]
    columns = dict.fromkeys(name for row in rows for name in row)  # in order of appearance
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def digits_file(digits: Digits) -> bytes:
    """images uint8 (N, 28, 28) and labels uint8 (N,) as a compressed .npz."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, images=digits.images.numpy(), labels=digits.labels.numpy())
    return buffer.getvalue()


def _flat(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, Mapping):
            row |= _flat(value, f"{prefix}{name}.")
        else:
            row[prefix + name] = json.dumps(value) if isinstance(value, list) else value
    return row
