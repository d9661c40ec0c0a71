"""The maximize page without a browser: what the widgets receive, and that it comes from the library."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz import load_model, predict
from cnnviz.feature_visualization.activation_maximization import last
from cnnviz.feature_visualization.closed_form import optimum
from cnnviz.feature_visualization.objectives import channel, evaluate_objective, neuron
from cnnviz.feature_visualization.presets import ABLATION, MACO, SHARP, optimize
from cnnviz.networks.network import Network
from tests.support.payload import payload, picture
from tests.support.text import words

Go = Callable[..., AppTest]
Keep = Callable[[Network], str]
pytestmark = pytest.mark.usefixtures("quick")


def test_all_filters_of_the_second_layer_are_on_screen_at_once(go: Go) -> None:
    app = go("maximize")

    header, images = picture(app, "maximized")
    model = load_model()
    frame = last(optimize(model, channel("conv2", range(64)), SHARP))
    assert not app.exception
    assert images.shape == (64, 28, 28)
    np.testing.assert_allclose(images, frame.images[:, 0], atol=1e-5)
    assert header["notes"][3] == f"activation {float(frame.values[3]):.2f}".replace("-", "−")
    assert app.button_group(key="layer").value == "conv2"


def test_the_side_panel_shows_the_selected_filter(go: Go) -> None:
    app = go("maximize", layer="conv2", channel="17")

    _, images = picture(app, "maximized")
    _, large = picture(app, "loved")
    header, strip = picture(app, "film_strip")
    _, variants = picture(app, "variants")
    _, patches = picture(app, "patches")
    np.testing.assert_array_equal(large[0], images[17])
    np.testing.assert_array_equal(strip[-1], images[17])
    assert header["captions"][0] == "step 0"
    assert header["captions"][-1] == str(SHARP.steps)
    assert len(patches) == 12

    model = load_model()
    value = evaluate_objective(model, channel("conv2", 17), torch.tensor(images[17])[None, None])
    assert f"**{float(value):.2f}**" in words(app).replace("−", "-")
    values = evaluate_objective(model, channel("conv2", 17), torch.tensor(variants)[:, None])
    assert values[0] < values[1:].min()  # the opposite
    assert not np.array_equal(variants[1], variants[2])


def test_one_cell_shows_what_the_cell_sees(go: Go) -> None:
    app = go("maximize", layer="conv2", channel="5")
    app.button_group(key="excite").set_value("one cell").run()

    _, images = picture(app, "maximized")
    frame = last(optimize(load_model(), neuron("conv2", range(64)), SHARP))
    assert images.shape[1] < 28
    top = next(
        row
        for row in range(28)
        if np.allclose(
            frame.images[5, 0, row : row + images.shape[1], row : row + images.shape[2]], images[5], atol=1e-5
        )
    )
    assert top > 0


def test_ink_keeps_the_pictures_dark(go: Go) -> None:
    app = go("maximize")
    app.button_group(key="maximize_look").set_value("ink").run()

    _, images = picture(app, "maximized")
    frame = last(optimize(load_model(), channel("conv2", range(64)), MACO))
    np.testing.assert_allclose(images, frame.images[:, 0], atol=1e-5)
    assert images.mean() < 0.25


def test_the_first_layer_is_exact(go: Go) -> None:
    app = go("maximize", layer="conv1", channel="2")

    _, images = picture(app, "maximized")
    _, weights = picture(app, "exact_weights")
    best = optimum(load_model(), "conv1", range(len(images)))
    np.testing.assert_array_equal(images[2] > 0, weights[0] > 0)
    assert f"{float(best.values[2]):.3f}" in words(app)
    assert "Exact, nothing was climbed" in words(app)
    assert "of the exact maximum" in words(app)
    assert "excite" not in [group.key for group in app.button_group]


def test_dense_units_have_pictures_too(go: Go) -> None:
    app = go("maximize", model="mlp", layer="dense2", channel="130")

    header, images = picture(app, "maximized")
    assert images.shape == (64, 28, 28)
    assert header["captions"][0] == "128"
    assert app.selectbox(key="maximized_part").value == "128–191"
    app.selectbox(key="maximized_part").set_value("0–63").run()
    assert app.number_input(key="channel").value == 0
    assert picture(app, "maximized")[0]["captions"][0] == "0"


def test_the_dense_networks_first_layer_shows_its_templates(go: Go) -> None:
    app = go("maximize", model="mlp", layer="dense1")

    template = load_model("mlp").dense1.weight.detach()[0].reshape(28, 28)
    np.testing.assert_array_equal(picture(app, "maximized")[1][0], (template > 0).float())


def test_the_referee_reads_the_ten_digits(go: Go) -> None:
    app = go("maximize", view="digits", channel="7")

    header, images = picture(app, "maximized_classes")
    referee = app.selectbox(key="referee").value
    probabilities = predict(load_model(referee), torch.tensor(images))
    read = probabilities.argmax(1)
    assert referee != "default"
    assert header["captions"] == [
        f"reads {digit}, {probabilities[n, digit]:.0%}" for n, digit in enumerate(read)
    ]
    assert header["selected"] == 7
    right = int((read == torch.arange(10)).sum())
    assert right >= 9
    assert next(metric.value for metric in app.metric) == f"{right} of 10"
    np.testing.assert_array_equal(picture(app, "loved_class")[1][0], images[7])


def test_the_referee_is_never_the_network_itself(go: Go) -> None:
    app = go("maximize", view="digits", model="wide")

    assert "wide" not in app.selectbox(key="referee").options
    assert app.selectbox(key="referee").value != "wide"


@pytest.mark.parametrize(
    "link", [{}, {"layer": "conv2", "channel": "4"}, {"model": "mlp", "layer": "dense1"}]
)
def test_the_bench(go: Go, link: dict[str, str]) -> None:
    app = go("maximize", view="bench", **link)

    header, images = picture(app, "bench")
    assert not app.exception
    assert header["captions"] == list(ABLATION)
    assert len(images) == len(ABLATION)
    assert len({image.tobytes() for image in images}) == len(ABLATION)
    table = next(part.value for part in app.markdown if part.value.startswith("| Column"))
    assert all(f"| {name} |" in table for name in ABLATION)
    assert ("Referee" in table) == (not link)
    np.testing.assert_array_equal(picture(app, "bench_large")[1][0], images[-1])


@pytest.mark.parametrize(
    "link",
    [
        {"view": "nonsense"},
        {"layer": "conv9"},
        {"layer": "conv1", "channel": "99999"},
        {"layer": "conv1", "channel": "x"},
        {"view": "digits", "channel": "77"},
    ],
)
def test_odd_addresses_fall_back(go: Go, link: dict[str, str]) -> None:
    app = go("maximize", **link)

    assert not app.exception
    assert app.number_input(key="channel").value == 0


def test_a_dead_filter_is_struck_through_and_explained(go: Go, keep: Keep) -> None:
    model = load_model("classic")
    with torch.no_grad():
        model.conv2.weight[3] = 0

    app = go("maximize", model=keep(model), layer="conv2", channel="3")

    _, arrays = payload(app, "maximized")
    assert arrays["values"][3].std() < 0.05
    assert arrays["marks"].nonzero()[0].tolist() == [3]
    assert "is dead" in app.info[0].value


def test_a_second_visitor_gets_the_finished_pictures(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    first = picture(go("maximize"), "maximized")[1]

    def must_not_climb(*_: object, **__: object) -> None:
        raise AssertionError("this picture was made already")

    monkeypatch.setattr("cnnviz.ui.pages.maximize.request.optimize", must_not_climb)
    np.testing.assert_array_equal(picture(go("maximize"), "maximized")[1], first)
