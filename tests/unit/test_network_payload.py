"""What the network picture receives, read back; and what it accepts from the browser."""

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import Tensor

from cnnviz import load_model, trace
from cnnviz.checkpoints.format import freeze
from cnnviz.data.mnist import load_mnist
from cnnviz.networks.layers import PositionEmbedding, Residual, TransformerBlock
from cnnviz.networks.network import build
from cnnviz.networks.zoo import NETWORKS
from cnnviz.ui.components.network.network import Selection, is_cell, pair, payload
from cnnviz.ui.components.shared.loader import FOLDER
from tests.support.payload import decode

BLOCKS = (TransformerBlock, PositionEmbedding, Residual)


@cache
def digit() -> Tensor:
    return load_mnist().test.images[61] / 255


@pytest.mark.parametrize("name", NETWORKS)
def test_holds_every_value_and_every_weight(name: str) -> None:
    model = freeze(build(NETWORKS[name], 3))
    traced = trace(model, digit())
    header, arrays = decode(payload(model, traced, "a caption"))

    assert [layer["name"] for layer in header["layers"]] == ["input", *traced.layers]
    assert header["caption"] == "a caption"
    np.testing.assert_array_equal(arrays["input"], digit())
    np.testing.assert_array_equal(arrays["probabilities"], traced.probabilities)
    for layer in traced:
        np.testing.assert_array_equal(arrays[layer.name], layer.output)
    sent = sum(array.size for key, array in arrays.items() if "." in key)
    blocks = [name for name, module in model.named_children() if isinstance(module, BLOCKS)]
    inner = tuple(f"{name}." for name in blocks)  # of a block not the weights, but what it adds
    state = [
        tensor
        for key, tensor in model.state_dict().items()
        if "num_batches" not in key and not key.startswith(inner or " ")
    ]
    added = [traced[name].output for name in blocks]
    assert sent == sum(tensor.numel() for tensor in (*state, *added))
    for name in blocks:
        torch.testing.assert_close(
            traced[name].input + torch.from_numpy(arrays[f"{name}.added"].copy()), traced[name].output
        )


def test_says_how_each_window_moves() -> None:
    model = freeze(build(NETWORKS["lenet5"]))
    layers = {layer["name"]: layer for layer in decode(payload(model, trace(model, digit())))[0]["layers"]}

    assert layers["conv1"]["kernel"] == [5, 5]
    assert layers["conv1"]["padding"] == [2, 2]
    assert layers["pool1"]["kernel"] == layers["pool1"]["stride"] == [2, 2]
    assert layers["pool1"]["kind"] == "AvgPool2d"
    assert layers["tanh1"] == {"name": "tanh1", "kind": "Tanh", "shape": [6, 28, 28]}


def test_a_convolution_without_bias_adds_zero() -> None:
    model = freeze(build(NETWORKS["eight"]))
    model.conv1.bias = None
    _, arrays = decode(payload(model, trace(model, digit())))

    np.testing.assert_array_equal(arrays["conv1.bias"], np.zeros(8))


def test_equal_passes_give_equal_bytes() -> None:
    """Streamlit sends nothing again when the bytes are the same."""
    model = load_model()
    start = Selection("conv1", 3, 4, 5)

    assert payload(model, trace(model, digit())) == payload(model, trace(model, digit().clone()))
    assert payload(model, trace(model, digit())) != payload(model, trace(model, digit()), start=start)
    assert decode(payload(model, trace(model, digit()), start=start))[0]["start"]["channel"] == 3


def test_knows_which_numbers_exist() -> None:
    traced = trace(load_model("eight"), digit())

    assert is_cell(traced, Selection("input", 0, 27, 27))
    assert is_cell(traced, Selection("conv1", 7, 25, 25))
    assert is_cell(traced, Selection("logits", 9))
    for wrong in (
        Selection("conv2"),
        Selection("conv1", 8),
        Selection("conv1", 0, 26),
        Selection("conv1", 0, 0, -1),
        Selection("input", 1),
        Selection("logits", 3, 0, 1),
    ):
        assert not is_cell(traced, wrong), wrong


# ---- what the browser sends back ----


def app() -> None:
    import streamlit as st

    from cnnviz import load_model, trace
    from cnnviz.data.mnist import load_mnist
    from cnnviz.ui.components.network.network import Selection, network_view

    model = load_model("eight")
    traced = trace(model, load_mnist().test.images[61] / 255)
    st.session_state["result"] = network_view(model, traced, key="net", start=Selection("pool1", 2, 3, 4))


def result(sent: Any) -> Any:
    page = AppTest.from_function(app, default_timeout=60).run()
    page.session_state["net"] = {"selected": sent}
    page.run()
    assert not page.exception
    return page.session_state["result"]


def test_the_start_counts_until_something_is_sent() -> None:
    page = AppTest.from_function(app, default_timeout=60).run()
    assert page.session_state["result"] == Selection("pool1", 2, 3, 4)
    assert result({}) is None  # released
    sent = {"layer": "conv1", "channel": 1, "row": 2, "column": 3}
    assert result(sent) == Selection("conv1", 1, 2, 3)


@pytest.mark.parametrize(
    "sent",
    [
        "conv1",
        [1],
        {"layer": "conv1"},
        {"layer": "conv9", "channel": 0, "row": 0, "column": 0},
        {"layer": ["conv1"], "channel": 0, "row": 0, "column": 0},
        {"layer": "conv1", "channel": 8, "row": 0, "column": 0},
        {"layer": "conv1", "channel": -1, "row": 0, "column": 0},
        {"layer": "conv1", "channel": True, "row": 0, "column": 0},
        {"layer": "conv1", "channel": 1.0, "row": 0, "column": 0},
        {"layer": "conv1", "channel": 10**30, "row": 0, "column": 0},
        {"layer": "conv1", "channel": 1, "row": 0, "column": 0, "more": 1},
    ],
)
def test_a_strangers_message_is_ignored(sent: Any) -> None:
    assert result(sent) is None


def test_every_kind_of_layer_is_described() -> None:
    """A kind the browser has no rule for would leave it without an explanation."""
    rules = (FOLDER / "network/arithmetic.js").read_text().split("const RULES = {")[1].split("\n}")[0]
    kinds = {type(module).__name__ for config in NETWORKS.values() for module in build(config)}

    assert all(f"  {kind}:" in rules for kind in kinds | {"Input"})


def test_pair() -> None:
    assert pair(3) == (3, 3)
    assert pair((1, 2)) == (1, 2)
