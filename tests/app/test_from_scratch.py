"""The from-scratch page without a browser: true numbers in the pictures, and the code that ran."""

import inspect
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.data.drawing_format import pack_image
from cnnviz.data.mnist import load_mnist
from cnnviz.labs.numpy_cnn import readable
from cnnviz.labs.numpy_cnn.readable import backward, forward, initial_parameters
from cnnviz.ui.pages.from_scratch.model import first_run
from cnnviz.ui.pages.from_scratch.page import STAGES
from cnnviz.ui.state.current_digit import CurrentDigit
from cnnviz.ui.state.query_params import FromScratch
from tests.support.payload import payload
from tests.support.text import words

Go = Callable[..., AppTest]
pytestmark = pytest.mark.usefixtures("quick")


def passed(index: int) -> tuple[readable.Pass, readable.Parameters, readable.Errors]:
    """What the page's network makes of a test digit."""
    parameters, digit = first_run().last.latest.parameters, load_mnist().test
    forth = forward(parameters, digit.pixels()[index][None].numpy())
    return forth, *backward(parameters, forth, digit.labels[index : index + 1].numpy())


@pytest.mark.parametrize("stage", list(STAGES))
def test_every_step_shows_the_text_of_the_functions_that_ran(go: Go, stage: str) -> None:
    app = go("from_scratch", stage=stage, digit="61")

    assert not app.exception
    assert not app.error
    shown = app.code[0].value
    for function in STAGES[stage].code:
        assert inspect.getsource(function).rstrip() in shown


def test_pictures_hold_the_networks_values(go: Go) -> None:
    app = go("from_scratch", stage="filters", digit="61")
    header, arrays = payload(app, "scratch_convolved")
    forth, gradients, errors = passed(61)
    np.testing.assert_allclose(arrays["values"], forth.convolved[0], atol=1e-6)

    _, row, column, *_ = header["overlay"][0]
    _, products = payload(app, "scratch_products")
    patch, kernel, product = products["values"]
    np.testing.assert_allclose(product, patch * kernel, atol=1e-6)
    chosen = header["selected"]
    bias = first_run().last.latest.parameters["filter_bias"][chosen]
    assert product.sum() + bias == pytest.approx(forth.convolved[0, chosen, row, column], abs=1e-5)

    app.button_group(key=FromScratch.stage.name).set_value("← filters").run()
    np.testing.assert_allclose(
        payload(app, "scratch_filter_gradients")[1]["values"], gradients["filters"], atol=1e-6
    )
    app.button_group(key=FromScratch.stage.name).set_value("p − y").run()
    said, true, error = payload(app, "scratch_logit_error")[1]["values"][:, 0]
    np.testing.assert_allclose(error, said - true, atol=1e-6)
    np.testing.assert_allclose(error, errors.logits[0], atol=1e-6)


def test_the_routed_error_goes_to_the_outlined_windows_winner(go: Go) -> None:
    app = go("from_scratch", stage="← pooling", digit="7")
    header, arrays = payload(app, "scratch_routed")
    _, row, column, height, width = header["overlay"][0]
    mask, error = payload(app, "scratch_routed_window")[1]["values"]

    assert (height, width) == (2, 2)
    np.testing.assert_allclose(
        error, 1000 * arrays["values"][0, row : row + 2, column : column + 2], rtol=1e-5
    )
    assert mask.sum() == 1
    assert not error[mask == 0].any()


def test_next_walks_through_all_steps(go: Go) -> None:
    app = go("from_scratch", stage="patches")
    seen = []
    for _ in STAGES:
        seen.append(app.button_group(key=FromScratch.stage.name).value)
        app.button(key="scratch_next").click().run()
        assert not app.exception

    assert seen == list(STAGES)


def test_another_filter_moves_to_its_strongest_cell(go: Go) -> None:
    app = go("from_scratch", stage="pooling")
    forth, *_ = passed(200)
    for chosen in (2, 5):
        app.number_input(key="scratch_filter").set_value(chosen).run()
        row, column = divmod(int(forth.pooled[0, chosen].argmax()), 13)
        assert app.number_input(key="scratch_row").value == row
        assert app.number_input(key="scratch_column").value == column

    app.number_input(key="scratch_row").set_value(1).run()
    assert payload(app, "scratch_pooled")[0]["overlay"][0][1] == 1


def test_another_digit_is_looked_at_where_it_is_strongest(go: Go) -> None:
    app = go("from_scratch", stage="pooling")
    app.number_input(key="scratch_row").set_value(0).run()
    digits = load_mnist().test
    app.session_state["_digit"] = CurrentDigit(digits.pixels()[61], "", "test", 61, int(digits.labels[61]))
    app.run()

    forth, *_ = passed(61)
    chosen = app.number_input(key="scratch_filter").value
    row, column = divmod(int(forth.pooled[0, chosen].argmax()), 13)
    assert (app.number_input(key="scratch_row").value, app.number_input(key="scratch_column").value) == (
        row,
        column,
    )


def test_a_drawing_is_what_its_maker_says(go: Go) -> None:
    drawing = pack_image(load_mnist().test.pixels()[18])
    app = go("from_scratch", stage="loss", drawing=drawing)
    assert "You say this is a **3**" in words(app)

    app.number_input(key="scratch_true").set_value(8).run()
    assert "You say this is a **8**" in words(app)


def test_gradients_are_compared_with_pytorchs(go: Go) -> None:
    text = words(go("from_scratch"))
    rows = [line for line in text.splitlines() if "e−" in line and line.startswith("|")]

    assert len(rows) == 6
    off = [float(cell.replace("−", "-")) for row in rows for cell in row.split("|")[5:7]]
    assert max(off) < 1e-5


def test_training_here_replaces_the_network_everywhere(go: Go) -> None:
    app = go("from_scratch", stage="filters")
    before = payload(app, "scratch_convolved")[1]["values"].copy()
    app.slider(key="scratch_epochs").set_value(1)
    app.number_input(key="scratch_seed").set_value(5)
    app.button(key="scratch_train").click().run(timeout=120)

    assert not app.exception
    assert app.button(key="scratch_stop").disabled
    assert not np.allclose(payload(app, "scratch_convolved")[1]["values"], before)
    first = payload(app, "scratch_filters_before")[1]["values"]
    np.testing.assert_array_equal(first, initial_parameters(5)["filters"])
    assert "12,000 digits, 1 epoch" in words(app)


@pytest.mark.parametrize("stage", ["nonsense", "<b>", ""])
def test_odd_addresses_fall_back(go: Go, stage: str) -> None:
    app = go("from_scratch", stage=stage)

    assert not app.exception
    assert app.button_group(key=FromScratch.stage.name).value == "filters"
