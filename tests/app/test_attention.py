"""Beneath an attention layer's maps: who hears whom, of a transformer somebody trained."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnviz import trace
from cnnviz.data.mnist import load_mnist
from cnnviz.networks.layers import attention_weights
from cnnviz.networks.network import Network, build
from cnnviz.networks.zoo import NETWORKS
from tests.support.payload import payload

Go = Callable[..., AppTest]


@cache
def transformer_network() -> Network:
    return build(NETWORKS["vit"], 3).eval()


@pytest.fixture
def transformer(keep: Callable[[Network], str]) -> str:
    """The key of a run that ended with transformer_network()."""
    return keep(transformer_network())


def test_all_cells_and_the_heads_of_the_inkiest(go: Go, transformer: str) -> None:
    app = go("activations", model=transformer, layer="attention2", digit="7")
    image = load_mnist().test.images[7] / 255
    shares = attention_weights(
        transformer_network().attention2, trace(transformer_network(), image)["attention2"].input
    )  # (4, 4, 4, 4, 4)
    ink = image.unflatten(0, (4, 7)).unflatten(2, (4, 7)).sum((1, 3))  # (4, 4)
    row, column = divmod(int(ink.argmax()), 4)

    every, heads, cell = (payload(app, key) for key in ("hearing_4x4", "heads", "hearing_cell"))

    assert np.allclose(every[1]["values"].reshape(4, 4, 4, 4), shares.mean(0))
    assert every[0]["selected"] == 4 * row + column
    assert np.allclose(heads[1]["values"], shares[:, row, column])
    assert cell[0]["overlay"] == [[0, 7 * row, 7 * column, 7, 7]]
    assert np.allclose(cell[1]["values"][0], image)


def test_other_layers_have_none(go: Go, transformer: str) -> None:
    app = go("activations", model=transformer, layer="patches")
    assert "Which cells does each cell hear?" not in [heading.value for heading in app.subheader]
