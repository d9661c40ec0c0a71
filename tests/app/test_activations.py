"""The activations page without a browser: what its pictures receive and what the address means."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz import load_model, trace
from cnnviz.checkpoints.format import shipped_models
from cnnviz.data.mnist import load_mnist
from cnnviz.interpret.receptive_fields import receptive_field
from cnnviz.networks.zoo import TITLES
from tests.support.payload import payload
from tests.support.text import words

Go = Callable[..., AppTest]


def digit(index: int) -> torch.Tensor:
    return load_mnist().test.images[index] / 255


def test_all_maps_before_and_after(go: Go) -> None:
    app = go("activations", layer="conv2", channel="7", digit="61")
    passed = trace(load_model(), digit(61))
    before, after = payload(app, "maps_before"), payload(app, "maps_after")

    assert np.array_equal(before[1]["values"], passed["relu2"].input)
    assert np.array_equal(after[1]["values"], passed["relu2"].output)
    assert before[0]["selected"] == after[0]["selected"] == 7
    assert before[0]["limit"] == after[0]["limit"] == pytest.approx(float(passed["relu2"].output.max()))
    assert before[0]["link"] == after[0]["link"]
    dead = ~passed["relu2"].output.flatten(1).any(1)
    assert np.array_equal(after[1]["marks"].astype(bool), dead)
    assert "marks" not in before[1]


def test_the_selected_map_large(go: Go) -> None:
    app = go("activations", layer="conv2", channel="7", digit="61")
    header, arrays = payload(app, "activation")
    model = load_model()
    passed = trace(model, digit(61))
    values = passed["relu2"].output[7]

    assert np.array_equal(arrays["map"], values)
    assert np.array_equal(arrays["before"], passed["relu2"].input[7])
    row, column = header["strongest"]
    assert values[row, column] == values.max()
    assert arrays["counts"].sum() == values.count_nonzero()
    for row, (first, last) in enumerate(arrays["spans"].tolist()):
        box = receptive_field(model, "relu2", row, row)
        assert (first, last) == (box.row, box.row + box.height - 1)


@pytest.mark.parametrize("by", ["mean", "maximum"])
def test_sorting_reorders_the_tiles_and_keeps_the_selection(go: Go, by: str) -> None:
    app = go("activations", layer="conv1", channel="5")
    app.button_group(key="sort_by").set_value(by).run()
    header, arrays = payload(app, "maps_after")
    output = trace(load_model(), digit(200))["relu1"].output
    score = (output.flatten(1).mean(1) if by == "mean" else output.flatten(1).amax(1)).tolist()
    units = list(map(int, header["captions"]))

    assert sorted(units) == list(range(len(output)))
    assert [score[unit] for unit in units] == sorted(score, reverse=True)
    assert np.array_equal(arrays["values"], output[units])
    assert header["captions"][header["selected"]] == "5"


def test_dead_units_are_named(go: Go) -> None:
    app = go("activations", model="eight", layer="dense1")
    output = trace(load_model("eight"), digit(200))["relu2"].output
    dead = [str(unit) for unit in range(len(output)) if not output[unit].any()]

    assert dead  # most units of a dense layer say nothing to any one digit
    assert f"{len(dead)} of {len(output)} units ({', '.join(dead[:24])}" in words(app)


@pytest.mark.parametrize("scope", ["unit", "layer", "network"])
def test_color_range(go: Go, scope: str) -> None:
    app = go("activations", layer="conv2", channel="3")
    app.button_group(key="colour_range").set_value(scope).run()
    passed = trace(load_model(), digit(200))
    header, arrays = payload(app, "maps_after")
    if scope == "unit":
        np.testing.assert_allclose(arrays["limits"], passed["relu2"].output.flatten(1).amax(1))
    else:
        every = [record.output for record in passed if record.kind in ("ReLU", "MaxPool2d")]
        widest = passed["relu2"].output if scope == "layer" else torch.cat([each.flatten() for each in every])
        assert header["limit"] == pytest.approx(float(widest.max()))


@pytest.mark.parametrize(
    ("layer", "shown"), [("relu2", "conv2"), ("norm1", "conv1"), ("pool2", "pool2"), ("conv9", "conv1")]
)
def test_any_layers_name_leads_to_its_stage(go: Go, layer: str, shown: str) -> None:
    app = go("activations", layer=layer)
    assert not app.exception
    assert app.button_group(key="layer").value == shown


@pytest.mark.parametrize(
    "link", [{"channel": "99999"}, {"channel": "-3"}, {"channel": "x"}, {"layer": "<b>"}]
)
def test_odd_addresses_fall_back_to_the_strongest_map(go: Go, link: dict[str, str]) -> None:
    app = go("activations", **link)
    assert not app.exception
    output = trace(load_model(), digit(200))["relu1"].output
    assert payload(app, "maps_after")[0]["selected"] == int(output.flatten(1).amax(1).argmax())


def test_another_depth_starts_at_its_strongest_map_the_same_depth_keeps_the_number(go: Go) -> None:
    app = go("activations", layer="conv1", channel="5")
    app.button_group(key="layer").set_value("pool1").run()
    assert app.number_input(key="channel").value == 5

    app.button_group(key="layer").set_value("conv2").run()

    output = trace(load_model(), digit(200))["relu2"].output
    assert app.number_input(key="channel").value == int(output.flatten(1).amax(1).argmax())


@pytest.mark.parametrize("model", shipped_models())
def test_every_layer_of_every_model(go: Go, model: str) -> None:
    app = go("activations", model=model, digit="4")
    for layer in app.button_group(key="layer").options:
        app.button_group(key="layer").set_value(layer).run()
        assert not app.exception, layer
        before, after = payload(app, "maps_before")[1], payload(app, "maps_after")[1]
        assert len(before["values"]) == len(after["values"])


def test_logits_become_probabilities(go: Go) -> None:
    app = go("activations", layer="logits")
    passed = trace(load_model(), digit(200))

    np.testing.assert_allclose(payload(app, "maps_before")[1]["values"].flatten(), passed.logits, atol=1e-5)
    after = payload(app, "maps_after")[1]["values"].flatten()
    np.testing.assert_allclose(after, passed.probabilities, atol=1e-6)


def test_the_same_map_for_another_digit(go: Go) -> None:
    app = go("activations", layer="conv1", channel="5")
    app.number_input(key="other_digit").set_value(123).run()
    _, arrays = payload(app, "compared_maps")

    assert np.array_equal(arrays["values"][0], trace(load_model(), digit(200))["relu1"].output[5])
    assert np.array_equal(arrays["values"][1], trace(load_model(), digit(123))["relu1"].output[5])
    assert np.array_equal(payload(app, "compared_digits")[1]["values"][1], digit(123))


def test_the_same_map_in_another_model(go: Go) -> None:
    app = go("activations", layer="conv2", channel="5")
    app.selectbox(key="other_model").set_value("classic").run()
    assert not app.exception
    values = payload(app, "compared_maps")[1]["values"]
    assert np.array_equal(values[-1], trace(load_model("classic"), digit(0))["relu2"].output[5])

    link = {"other_model": TITLES["classic"], "other_digit": "123"}
    linked = go("activations", layer="conv2", channel="5", **link)
    values = payload(linked, "compared_maps")[1]["values"]
    assert np.array_equal(values[-1], trace(load_model("classic"), digit(123))["relu2"].output[5])

    app.selectbox(key="other_model").set_value("mlp").run()
    assert not app.exception
    assert "has no relu2, map 5" in words(app)
