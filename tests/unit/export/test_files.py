"""Files for other programs hold what they should, and only that."""

import csv
import io
import pickletools
import zipfile

import numpy as np
import torch

from cnnviz.data.mnist import load_mnist
from cnnviz.export.files import digits_file, events_csv, state_dict_file
from cnnviz.networks.network import Network, build
from cnnviz.networks.zoo import NETWORKS


def test_state_dict_loads_as_plain_tensors() -> None:
    network = build(NETWORKS["default"], seed=5).to(memory_format=torch.channels_last)

    state = torch.load(io.BytesIO(state_dict_file(network)), weights_only=True)

    assert list(state) == list(network.state_dict())
    assert all(type(value) is torch.Tensor and value.is_contiguous() for value in state.values())
    again = Network(NETWORKS["default"])
    again.load_state_dict(state)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in network.state_dict().items())


def test_state_dict_names_nothing_of_cnnviz() -> None:
    with zipfile.ZipFile(io.BytesIO(state_dict_file(build(NETWORKS["eight"])))) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("data.pkl")]
        texts = [str(argument) for _, argument, _ in pickletools.genops(archive.read(name))]
    assert not [text for text in texts if "cnnviz" in text]


def test_events_as_a_table() -> None:
    events = [
        {"step": 0, "loss": 0.5, "validation_loss": None},
        {"step": 8, "loss": 0.25, "gradient": {"conv1": 1.5, "deep": {"x": 2}}, "confusion": [[1, 2]]},
    ]

    rows = list(csv.DictReader(io.StringIO(events_csv(events).decode())))

    assert rows[0] == {
        "step": "0",
        "loss": "0.5",
        "validation_loss": "",
        "gradient.conv1": "",
        "gradient.deep.x": "",
        "confusion": "",
    }
    assert rows[1]["gradient.conv1"] == "1.5"
    assert rows[1]["gradient.deep.x"] == "2"
    assert rows[1]["confusion"] == "[[1, 2]]"
    assert events_csv([]) == b"\n"


def test_digits_round_trip() -> None:
    digits = load_mnist().test[:7]

    with np.load(io.BytesIO(digits_file(digits)), allow_pickle=False) as archive:
        assert np.array_equal(archive["images"], digits.images)
        assert np.array_equal(archive["labels"], digits.labels)
