"""The pooling page without a browser: what its picture receives, and what its words say."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from streamlit.testing.v1 import AppTest

from cnnviz import load_model, trace
from cnnviz.data.mnist import load_mnist
from cnnviz.interpret.deconvnet import strongest, unpool
from cnnviz.interpret.pooling import logit_gradient
from cnnviz.interpret.receptive_fields import receptive_field
from cnnviz.interpret.translation import shift_effects, shifted
from cnnviz.ui.components.pooling.pooling import DECIDED, EMPTY, TIED
from tests.support.payload import payload, present
from tests.support.text import words

Go = Callable[..., AppTest]
PICTURE = "pooling_picture"
MAX_POOLED = ("default", "classic", "padded", "wide")


def digit(index: int) -> torch.Tensor:
    return load_mnist().test.images[index] / 255


@pytest.mark.parametrize("name", MAX_POOLED)
@pytest.mark.parametrize("layer", ["pool1", "pool2"])
def test_the_picture_holds_pytorchs_own_winners(go: Go, name: str, layer: str) -> None:
    header, arrays = payload(go("pooling", model=name, layer=layer, digit="4"), PICTURE)
    model = load_model(name)
    record = trace(model, digit(4))[layer]
    value, place = F.max_pool2d(record.input[None], 2, return_indices=True)
    feature = torch.from_numpy(arrays["feature"].copy())
    corner = torch.from_numpy(arrays["corner"].copy()).long()
    side = feature.shape[-1]

    assert torch.equal(feature, record.input)
    rows = 2 * torch.arange(value.shape[-1])[:, None] + corner // 2
    columns = 2 * torch.arange(value.shape[-1])[None] + corner % 2
    assert torch.equal(rows * side + columns, place[0])
    assert (header["source"], header["pooled"], header["window"]) == (f"relu{layer[-1]}", layer, 2)


def test_ties_empty_windows_leads_and_gradient(go: Go) -> None:
    header, arrays = payload(go("pooling", digit="4"), PICTURE)
    model = load_model()
    passed = trace(model, digit(4))
    feature = passed["pool1"].input
    side = feature.shape[-1] // 2 * 2
    cells = feature[:, :side, :side].unfold(1, 2, 2).unfold(2, 2, 2).flatten(3)  # (C, h, w, 4)
    ordered = cells.sort(-1, descending=True).values
    empty = (cells == 0).all(-1)
    tied = (ordered[..., 0] == ordered[..., 1]) & ~empty

    assert np.array_equal(arrays["state"] == EMPTY, empty)
    assert np.array_equal(arrays["state"] == TIED, tied)
    assert np.array_equal(arrays["state"] == DECIDED, ~(tied | empty))
    np.testing.assert_allclose(arrays["margin"], ordered[..., 0] - ordered[..., 1])
    best = int(passed.logits.argmax())
    assert header["digit"] == best
    np.testing.assert_allclose(arrays["gradient"], logit_gradient(model, passed, "pool1", best), atol=1e-6)


def test_pixels_behind_a_cell_are_its_receptive_field(go: Go) -> None:
    _, arrays = payload(go("pooling", layer="pool2"), PICTURE)
    model = load_model()
    for row, (first, last) in enumerate(arrays["spans"].tolist()):
        box = receptive_field(model, "relu2", row, row)
        assert (first, last) == (box.row, box.row + box.height - 1)
        whole = receptive_field(model, "relu2", row, row, clip=False)
        assert arrays["centers"][row] == whole.row + (whole.height - 1) // 2


def test_address_chooses_layer_map_and_shift(go: Go) -> None:
    app = go("pooling", layer="pool2", channel="7", right="-3", down="2", digit="61")
    header, arrays = payload(app, PICTURE)
    moved = shifted(digit(61), -3, 2)

    assert header["selected"] == 7
    np.testing.assert_allclose(arrays["image"], moved, atol=1e-7)
    assert np.array_equal(arrays["feature"], trace(load_model(), moved)["relu2"].output)
    assert app.slider(key="right").value == -3


@pytest.mark.parametrize(
    "link",
    [
        {"layer": "pool9"},
        {"layer": "<b>"},
        {"channel": "99999"},
        {"channel": "-3"},
        {"channel": "x"},
        {"right": "40"},
        {"down": "x"},
    ],
)
def test_odd_addresses_fall_back(go: Go, link: dict[str, str]) -> None:
    app = go("pooling", **link)
    assert not app.exception
    header, arrays = payload(app, PICTURE)
    strongest_map = int(arrays["feature"].max((1, 2)).argmax())
    assert (header["pooled"], header["selected"]) == ("pool1", strongest_map)


def test_another_pages_layer_means_the_pooling_of_its_number(go: Go) -> None:
    assert payload(go("pooling", layer="conv2"), PICTURE)[0]["pooled"] == "pool2"
    assert payload(go("pooling", layer="relu1"), PICTURE)[0]["pooled"] == "pool1"


def test_a_shift_is_counted_in_words_and_marked_in_the_picture(go: Go) -> None:
    app = go("pooling")
    assert "changed" not in payload(app, PICTURE)[1]

    app.slider(key="right").set_value(1).run()

    assert not app.exception
    (effect,) = shift_effects(load_model(), digit(200), "pool1", [(1, 0)])
    text = words(app)
    assert "Moved 1 right, the digit is read as" in text
    for part, whole in (
        (effect.same_value, effect.windows),
        (effect.same_winner, effect.windows),
        (effect.followed, effect.winners),
    ):
        assert f"{part:,} of {whole:,} windows" in text
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Winners that stay"] == f"{effect.same_winner / effect.windows:.0%}"

    _, arrays = payload(app, PICTURE)
    first = trace(load_model(), digit(200))["pool1"]
    after = trace(load_model(), shifted(digit(200), 1, 0))["pool1"]
    moved = first.winners != after.winners
    assert not (arrays["changed"].astype(bool) & ~moved.numpy()).any()
    assert arrays["changed"].any()


def test_reconstruction_is_the_deconvnets(go: Go) -> None:
    model = load_model()
    passed = trace(model, digit(61))
    output = passed["pool2"].output
    counts = output.flatten(1).count_nonzero(1)
    channel, most = int(counts.argmax()), int(counts.max())
    app = go("pooling", layer="pool2", channel=str(channel), digit="61")
    app.select_slider(key="kept").set_value(2).run()
    _, arrays = payload(app, "unpooled")
    for picture, count in zip(arrays["values"], (1, 2, most), strict=True):
        expected = unpool(model, passed, "pool2", strongest(output, count, channel))
        np.testing.assert_allclose(picture, expected, atol=1e-5)

    app.button_group(key="unpool_from").set_value("all maps").run()
    _, arrays = payload(app, "unpooled")
    expected = unpool(model, passed, "pool2", strongest(output, output.numel()))
    np.testing.assert_allclose(arrays["values"][2], expected, atol=1e-5)


def test_a_map_of_zeros_has_nothing_to_take_back(go: Go) -> None:
    model = load_model()
    silent = [
        (number, channel)
        for number in range(40)
        for channel, values in enumerate(trace(model, digit(number))["pool2"].output)
        if not values.any()
    ]
    assert silent, "some digit leaves some map empty"
    number, channel = silent[0]
    app = go("pooling", layer="pool2", channel=str(channel), digit=str(number))

    assert not app.exception
    assert "nothing to take back" in words(app)
    assert not present(app, "unpooled")


def test_maximum_against_average(go: Go) -> None:
    _, arrays = payload(go("pooling", channel="2"), "max_average")
    feature = trace(load_model(), digit(200))["relu1"].output[2][None]

    np.testing.assert_allclose(arrays["values"][0], F.max_pool2d(feature, 2)[0])
    np.testing.assert_allclose(arrays["values"][1], F.avg_pool2d(feature, 2)[0], atol=1e-6)


def test_a_network_that_averages_says_so(go: Go) -> None:
    app = go("pooling", model="lenet5", channel="2")

    assert not present(app, PICTURE)
    assert "pool1 averages every 2 × 2 window. Nobody wins" in words(app)
    record = trace(load_model("lenet5"), digit(200))["pool1"]
    np.testing.assert_allclose(payload(app, "average_after")[1]["values"][0], record.output[2], atol=1e-6)


def test_a_network_without_pooling_says_so_and_offers_one(go: Go) -> None:
    app = go("pooling", model="mlp")
    assert "has no pooling layer: every pixel survives" in words(app)

    app.button(key="pool_default").click().run()

    assert not app.exception
    assert app.selectbox(key="model_choice").value == "default"
    assert present(app, PICTURE)
