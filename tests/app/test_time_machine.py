"""The time machine: a moment of the training, on every page, by link, and back."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.data.mnist import load_mnist
from cnnviz.feature_visualization.objectives import channel, evaluate_objective
from cnnviz.networks.tracing import trace
from cnnviz.ui.shell.page_registry import PAGES, present_pages
from tests.support.payload import payload, picture, present
from tests.support.runs import LATEST, STEPS, network_at, past_run
from tests.support.text import frame_reading, words

Go = Callable[..., AppTest]
NAMES = [page.name for page in present_pages()]
MACHINE = "time_machine"


@pytest.fixture
def run(tmp_path: Path) -> str:
    return past_run(tmp_path)


def expected_reading(step: int, digit: int) -> str:
    """What the network of that moment says the digit is, as the frame writes it."""
    probabilities = trace(network_at(step), load_mnist().test.images[digit] / 255).probabilities
    return f"Reads **{int(probabilities.argmax())}** · {float(probabilities.max()):.1%}"


def test_every_page_shows_the_moment(go: Go, run: str) -> None:
    app = go(model=run, digit="4", snapshot="3")
    for name in NAMES:
        app.switch_page(f"pages/{name}.py").run()

        assert not app.exception, name
        assert not app.error, name
        uses = next(page.uses for page in PAGES if page.name == name)
        if "digit" in uses:
            assert frame_reading(app).startswith(expected_reading(3, 4)), name
        assert app.query_params["snapshot"] == "3", name
        assert "step 3 of 16 · epoch 0.38" in words(app), name
        assert app.button(key="to_final"), name


def test_the_kernels_are_those_of_the_moment(go: Go, run: str) -> None:
    for step in STEPS:
        _, shown = picture(go("filters", model=run, snapshot=str(step)), "kernels")
        np.testing.assert_array_equal(shown, network_at(step).conv1.weight.detach()[:, 0])


def test_colors_mean_the_same_at_all_earlier_moments(go: Go, run: str) -> None:
    kernels = [picture(go("filters", model=run, snapshot=str(step)), "kernels")[0] for step in STEPS]
    maps = [payload(go("activations", model=run, snapshot=str(step)), "maps_after")[0] for step in STEPS]

    largest = max(float(network_at(step).conv1.weight.abs().max()) for step in (*STEPS, LATEST))
    assert [header["limit"] for header in kernels] == pytest.approx([largest] * len(STEPS))
    assert len({header["limit"] for header in maps}) == 1


def test_the_slider_starts_at_the_trained_model(go: Go, run: str) -> None:
    app = go("filters", model=run)

    assert frame_reading(app).startswith(expected_reading(LATEST, 200))
    assert "snapshot" not in app.query_params
    assert "Back to the trained model" not in words(app)


def test_one_click_leads_back(go: Go, run: str) -> None:
    app = go("filters", model=run, snapshot="3")
    app.button(key="to_final").click().run()

    assert not app.exception
    assert "snapshot" not in app.query_params
    assert torch.equal(torch.tensor(picture(app, "kernels")[1]), network_at(LATEST).conv1.weight[:, 0])


def test_another_model_begins_at_its_end(go: Go, run: str) -> None:
    app = go("filters", model=run, snapshot="3")
    app.selectbox(key="model_choice").set_value("classic").run()

    assert not app.exception
    assert "snapshot" not in app.query_params
    assert not present(app, MACHINE)


@pytest.mark.parametrize("step", ["-1", "x", "", "1e3", "٣", "99999999999999999999"])
def test_odd_steps_do_no_harm(go: Go, run: str, step: str) -> None:
    assert not go("filters", model=run, snapshot=step).exception


def test_a_step_that_was_not_kept_shows_the_nearest(go: Go, run: str) -> None:
    assert go("filters", model=run, snapshot="4").query_params["snapshot"] == "3"


def test_a_model_without_a_past_has_no_slider(go: Go) -> None:
    app = go("filters", model="classic", snapshot="3")

    assert not app.exception
    assert not present(app, MACHINE)
    assert "snapshot" not in app.query_params


def test_a_snapshot_that_vanished_is_one_sentence(go: Go, run: str, tmp_path: Path) -> None:
    (snapshot,) = tmp_path.rglob("step-00003.safetensors")
    snapshot.write_bytes(b"torn")
    app = go("filters", model=run, snapshot="3")

    assert not app.exception
    assert "cut off" in app.error[0].value


def test_the_program_loads_the_moment(go: Go, run: str) -> None:
    assert "load_model" in go("filters", model=run, snapshot="3").code[0].value


def finished(app: AppTest) -> AppTest:
    """The maximize page once all its climbs are complete."""
    while not any("Each picture is the best" in part.value for part in app.caption):
        app.run()
    return app


@pytest.mark.parametrize("layer", ["conv1", "conv2"])
def test_maximize_shows_how_a_wish_formed(go: Go, run: str, layer: str) -> None:
    app = finished(go("maximize", model=run, layer=layer, channel="2", through_training="true"))

    assert not app.exception
    header, pictures = picture(app, "wish_through_training")
    assert header["captions"] == ["step 0", "3", "8", "14"]
    reached = [float(note.rpartition(" ")[2].replace("−", "-")) for note in header["notes"]]
    for step, image, value in zip((*STEPS, LATEST), pictures, reached, strict=True):
        if layer == "conv2":  # of the first layer only the part that one cell sees is shown
            shown = torch.tensor(image)[None, None]  # (1, 1, 28, 28)
            wanted = evaluate_objective(network_at(step), channel("conv2", 2), shown)
            assert value == pytest.approx(float(wanted), abs=0.006)
    assert len({image.tobytes() for image in pictures}) == 4
    assert "load_history" not in app.code[0].value  # a run's history is not where a script would find it
