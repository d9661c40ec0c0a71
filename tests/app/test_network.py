"""The network page without a browser: what its picture receives, its address, its code."""

import contextlib
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz import load_model, trace
from cnnviz.checkpoints.format import shipped_models
from cnnviz.data.mnist import load_mnist
from tests.support.payload import payload

Go = Callable[..., AppTest]


def header(app: AppTest) -> dict[str, Any]:
    return payload(app, "network")[0]


def pin(app: AppTest, layer: str, channel: int = 0, row: int = 0, column: int = 0) -> AppTest:
    """What the browser sends after a click."""
    app.session_state["network"] = {
        "selected": {"layer": layer, "channel": channel, "row": row, "column": column}
    }
    return app.run()


def test_picture_holds_the_current_model_and_digit(go: Go) -> None:
    app = go("network", model="lenet5", digit="61")
    digit = load_mnist().test.images[61] / 255

    assert [layer["name"] for layer in header(app)["layers"]][1:] == list(
        trace(load_model("lenet5"), digit).layers
    )
    assert header(app)["caption"] == "test digit 61"
    assert header(app)["start"] is None


def test_address_pins_a_number(go: Go) -> None:
    app = go("network", layer="conv1", channel="5", cell="3,4")

    assert header(app)["start"] == {"layer": "conv1", "channel": 5, "row": 3, "column": 4}
    assert (app.query_params["layer"], app.query_params["channel"]) == ("conv1", "5")
    assert app.query_params["cell"] == "3,4"


def test_pinned_number_goes_into_the_address_and_leaves_it(go: Go) -> None:
    app = pin(go("network"), "pool1", 7, 2, 1)
    assert (app.query_params["layer"], app.query_params["channel"], app.query_params["cell"]) == (
        "pool1",
        "7",
        "2,1",
    )

    pin(app, "logits", 4)
    assert (app.query_params["layer"], app.query_params["channel"]) == ("logits", "4")
    assert "cell" not in app.query_params

    app.session_state["network"] = {"selected": {}}
    app.run()
    assert not {"layer", "channel", "cell"} & set(app.query_params)


def test_picture_is_not_sent_anew_for_a_pin(go: Go) -> None:
    app = go("network")
    before = app.get("bidi_component")[0].proto.bytes

    assert pin(app, "conv1", 3, 4, 5).get("bidi_component")[0].proto.bytes == before


def test_pinned_number_outlives_a_page_switch(go: Go) -> None:
    app = pin(go("network"), "pool1", 7, 2, 1)
    app.switch_page("pages/draw.py").run()
    app.switch_page("pages/network.py").run()

    assert header(app)["start"] == {"layer": "pool1", "channel": 7, "row": 2, "column": 1}


@pytest.mark.parametrize(
    "link",
    [
        {"layer": "conv9"},
        {"layer": "conv1", "channel": "999"},
        {"layer": "conv1", "channel": "-1"},
        {"layer": "conv1", "cell": "3"},
        {"layer": "conv1", "cell": "3,99"},
        {"layer": "conv1", "cell": "a,b"},
        {"layer": "conv1", "channel": "9" * 99},
        {"layer": "<script>", "channel": "²"},
    ],
)
def test_address_of_a_number_that_is_not_there_does_no_harm(go: Go, link: dict[str, str]) -> None:
    app = go("network", **link)

    assert not app.exception
    assert header(app)["start"] is None


@pytest.mark.parametrize("model", shipped_models())
def test_code_prints_the_same_number_twice_for_every_layer(go: Go, model: str) -> None:
    app = go("network", model=model, digit="61")
    digit = load_mnist().test.images[61] / 255
    for layer in trace(load_model(model), digit):
        shape = (*layer.output.shape, 1, 1)[:3]
        cell = tuple(side // 2 for side in shape)
        program = pin(app, layer.name, *cell).code[0].value
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(program, {})
        traced, by_hand = (float(word) for word in numbers_of(printed.getvalue().splitlines()[0]))

        assert traced == pytest.approx(by_hand, abs=1e-4), (layer.name, program)
        expected = layer.output[cell] if layer.output.ndim == 3 else layer.output[cell[0]]
        assert traced == pytest.approx(float(expected), abs=1e-3)


def numbers_of(line: str) -> list[str]:
    """Numbers in what print() made of two tensors."""
    return [
        word
        for word in line.replace("tensor(", " ").replace(")", " ").split()
        if word[-1].isdigit() or word[-1] == "."
    ]


def test_code_without_a_pin_is_about_the_answer(go: Go) -> None:
    app = go("network", digit="61")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(app.code[0].value, {})
    probabilities = torch.tensor(
        np.array(
            numbers_of(
                printed.getvalue().split("\n", 1)[1].replace("[", " ").replace("]", " ").replace(",", " ")
            ),
            float,
        )
    )

    digit = load_mnist().test.images[61] / 255
    torch.testing.assert_close(
        probabilities.float(), trace(load_model(), digit).probabilities, atol=1e-3, rtol=0
    )


def test_says_what_it_does_not_show(go: Go) -> None:
    assert any("What this does not show" in caption.value for caption in go("network").caption)
