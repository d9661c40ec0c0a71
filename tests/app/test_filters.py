"""The filters page without a browser: what the widgets receive and what the address means."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz import load_model, trace
from cnnviz.data.mnist import load_mnist
from cnnviz.interpret.filters import kernels_of, strongest_inputs
from cnnviz.networks.network import Network, build
from cnnviz.networks.zoo import NETWORKS
from tests.support.payload import payload, picture
from tests.support.text import words

Go = Callable[..., AppTest]
Keep = Callable[[Network], str]


def test_grid_holds_every_kernel_of_the_first_layer(go: Go) -> None:
    header, values = picture(go("filters"), "kernels")
    weight = load_model().conv1.weight.detach()
    np.testing.assert_array_equal(values, weight[:, 0])
    assert header["limit"] == pytest.approx(float(weight.abs().max()))
    assert header["selected"] == 0


def test_address_chooses_layer_input_and_filter(go: Go) -> None:
    app = go("filters", layer="conv2", channel="7", input="3", digit="61")
    model = load_model()
    header, values = picture(app, "kernels")
    np.testing.assert_array_equal(values, kernels_of(model, "conv2", 3))
    assert header["selected"] == 7
    _, pair = picture(app, "kernel_pair")
    np.testing.assert_array_equal(pair[0], kernels_of(build(model.config, 0), "conv2", 3)[7])
    np.testing.assert_array_equal(pair[1], kernels_of(model, "conv2", 3)[7])

    digit = load_mnist().test.images[61] / 255
    _, response = picture(app, "response")
    np.testing.assert_allclose(response[1], trace(model, digit)["conv2"].output[7], atol=1e-5)
    assert "Filter 7" in words(app)


def test_strongest_input_is_each_filters_own(go: Go) -> None:
    model = load_model()
    _, values = picture(go("filters", layer="conv2"), "kernels")
    np.testing.assert_array_equal(values, kernels_of(model, "conv2", strongest_inputs(model, "conv2")))


@pytest.mark.parametrize(
    "link",
    [
        {"layer": "conv9"},
        {"channel": "99999"},
        {"channel": "-3"},
        {"channel": "x"},
        {"layer": "conv2", "input": "77"},
        {"layer": "conv2", "input": "<b>"},
    ],
)
def test_odd_addresses_fall_back(go: Go, link: dict[str, str]) -> None:
    app = go("filters", **link)
    assert not app.exception
    header, _ = picture(app, "kernels")
    assert header["selected"] == 0


@pytest.mark.parametrize(("layer", "shown"), [("relu2", "conv2"), ("pool1", "conv1"), ("logits", "conv1")])
def test_another_pages_layer_means_the_convolution_of_its_number(go: Go, layer: str, shown: str) -> None:
    app = go("filters", layer=layer)
    assert not app.exception
    assert f"of {shown}" in words(app)


def test_filter_kept_from_a_wider_layer_falls_back(go: Go) -> None:
    app = go("filters", layer="conv2", channel="63")
    app.button_group(key="layer").set_value("conv1").run()
    assert not app.exception
    assert app.number_input(key="channel").value == 0


@pytest.mark.parametrize("reach", ["unit", "layer", "network"])
def test_color_range(go: Go, reach: str) -> None:
    app = go("filters")
    app.button_group(key="colour_range").set_value(reach).run()
    model = load_model()
    weights = [model.conv1.weight.detach(), model.conv2.weight.detach()]
    header, arrays = payload(app, "kernels")
    if reach == "unit":
        assert "limits" in arrays
    else:
        widest = weights[0] if reach == "layer" else torch.cat([weight.flatten() for weight in weights])
        assert header["limit"] == pytest.approx(float(widest.abs().max()))


@pytest.mark.parametrize("number", range(3))
def test_suggestions_lead_to_a_filter(go: Go, number: int) -> None:
    app = go("filters", layer="conv2")
    buttons = [button for button in app.main.button if button.key.startswith("try ")]
    buttons[number].click().run()
    assert not app.exception
    assert picture(app, "kernels")[0]["selected"] == app.number_input(key="channel").value


def test_network_without_convolutions_shows_templates(go: Go) -> None:
    app = go("filters", model="mlp", digit="61")
    model = load_model("mlp")
    header, values = picture(app, "kernels")
    norms = model.dense1.weight.detach().norm(dim=1)
    order = norms.argsort(descending=True)[:64]
    np.testing.assert_array_equal(values, model.dense1.weight.detach()[order].reshape(64, 28, 28))
    assert header["captions"][0] == str(int(norms.argmax()))
    total = trace(model, load_mnist().test.images[61] / 255)["dense1"].output[order[0]]
    assert f"{float(total):.3f}".replace("-", "−") in words(app)


def test_template_chosen_by_number_brings_its_part(go: Go) -> None:
    norms = load_model("mlp").dense1.weight.detach().norm(dim=1)
    weakest = int(norms.argmin())
    app = go("filters", model="mlp", channel=str(weakest))
    assert app.number_input(key="channel").value == weakest
    header, _ = picture(app, "kernels")
    assert header["captions"][header["selected"]] == str(weakest)
    assert app.selectbox(key="templates").value == "449–512"


def test_a_convolution_inside_a_block(go: Go, keep: Keep) -> None:
    model = build(NETWORKS["resnet"], 3).eval()
    app = go("filters", model=keep(model), layer="block3.conv2", channel="4", input="2", digit="61")

    assert not app.exception
    _, values = picture(app, "kernels")
    np.testing.assert_array_equal(values, model.block3.conv2.weight.detach()[:, 2])
    _, response = picture(app, "response")
    passed = trace(model, load_mnist().test.images[61] / 255)
    np.testing.assert_allclose(response[1], passed["block3.conv2"].output[4], atol=1e-5)
    assert "Not shown" not in words(app)


def test_another_pages_block_leads_to_its_first_convolution(go: Go, keep: Keep) -> None:
    app = go("filters", model=keep(build(NETWORKS["resnet"], 3)), layer="relu3")

    assert not app.exception
    assert app.button_group(key="layer").value == "block3.conv1"
