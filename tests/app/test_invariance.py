"""The invariance lab without a browser."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.checkpoints.format import load_model, shipped_models
from cnnviz.data.mnist import load_mnist
from cnnviz.labs.invariance import CHANGES, film
from tests.support.text import words

Go = Callable[..., AppTest]


def test_the_film_is_on_screen_at_once(go: Go) -> None:
    app = go("invariance")
    assert "How sure of a 3" in words(app)
    image = load_mnist().test.images[200] / 255
    answer = film(load_model("mlp"), image, "right", [0])[0]
    assert f"| MLP | **{int(answer.argmax())}** | {answer.max():.0%} |" in words(app)


@pytest.mark.parametrize("model", shipped_models())
def test_every_view_for_every_model(go: Go, model: str) -> None:
    app = go("invariance", model=model)
    for view in ("Your digit", "Layer by layer", "Augmentation"):
        app.segmented_control(key="invariance_view").set_value(view).run()
        assert not app.exception, view
        assert not app.error, view
        if view == "Layer by layer" and model == "mlp":
            assert "no maps" in app.info[0].value


def test_play_goes_through_the_frames_and_a_stop_stays(go: Go) -> None:
    app = go("invariance", change="Size")
    first = app.session_state["_invariance_at"]
    app.button(key="invariance_play").click().run()
    playing = app.session_state["_invariance_at"]
    app.button(key="invariance_play").click().run()

    amounts = CHANGES["scale"].amounts
    assert first == ("scale", amounts.index(1.0))
    assert playing == ("scale", first[1] + 1)
    assert app.session_state["_invariance_at"] == playing


@pytest.mark.usefixtures("quick")
def test_curves_are_measured_on_the_digits_they_name(go: Go) -> None:
    app = go("invariance", invariance_view="The test set", change="Move down")
    assert app.session_state["change"] == "down"
    assert "first 500 test digits" in words(app)
    assert "| CNN, moved digits |" in words(app)


def test_whole_cells_are_told_from_halves(go: Go) -> None:
    app = go("invariance", invariance_view="Layer by layer", model="classic", layer="pool1")
    assert "0.5 cells right" in words(app)
    assert "Not whole cells" in words(app)
    app.slider(key="invariance_right").set_value(-2).run()
    assert "1 cell left" in words(app)
    assert "**0.0%** over all maps" in words(app)


def test_no_augmentation_reads_as_well_as_before(go: Go) -> None:
    app = go("invariance", invariance_view="Augmentation", model="mlp")
    for name in ("shift", "rotate", "scale"):
        app.slider(key=f"augment_{name}").set_value(0.0)
    app.run()
    lines = [line.strip("| ").split(" | ") for line in words(app).splitlines() if line.startswith("| CNN")]
    assert lines
    assert all(plain == changed for _, plain, changed in lines)


@pytest.mark.parametrize("kind", ["Where does it go?", "Does the winner stay?", "When is it exact?"])
def test_exercises_are_asked_about_the_model_on_screen(go: Go, kind: str) -> None:
    app = go("invariance")
    app.session_state["exercise_kind_invariance"] = kind
    app.run()
    assert not app.exception
    assert app.button(key="exercise_check_invariance")
