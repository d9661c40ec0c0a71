"""The architectures lab without a browser."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.text import words

Go = Callable[..., AppTest]
VIEWS = ("Shared weights", "Calculator", "Gallery", "Skip connections", "Race")


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_a_picture_and_says_what_it_does_not_show(go: Go, view: str) -> None:
    app = go("architectures", architectures_view=view)
    assert "What this does not show" in words(app)
    assert not app.error
    compile(app.code[0].value, "shown.py", "exec")


def test_the_first_layer_of_the_documents(go: Go) -> None:
    app = go("architectures")
    assert "28·28·128 = **100,352**" in words(app)
    assert "**4 times**" in words(app)
    app.number_input(key="sharing_units").set_value(10).run()
    assert "28·28·10 = **7,840**" in words(app)


def test_a_window_larger_than_the_picture_is_said(go: Go) -> None:
    app = go("architectures")
    app.select_slider(key="sharing_side").set_value(8)
    app.number_input(key="sharing_kernel").set_value(9).run()
    assert "does not fit" in app.error[0].value


def test_the_calculator_follows_its_numbers(go: Go) -> None:
    app = go("architectures", architectures_view="Calculator")
    assert [metric.value for metric in app.metric] == ["5,120", "5,300", "9.5 M"]
    app.number_input(key="calculator_Height_Flattening exercise").set_value(2).run()
    assert "does not fit on 2 cells" in app.error[0].value


def test_the_gallery_shows_what_was_asked_for(go: Go) -> None:
    app = go("architectures", architectures_view="Gallery", architecture="VGG-16")
    assert "**138,357,544** parameters" in words(app)
    assert "**212 × 212** pixels" in words(app)


def test_both_deep_networks_train_record_by_record(go: Go) -> None:
    app = go("architectures", architectures_view="Skip connections")
    app.session_state["skip_depth"] = 4
    app.run()
    app.button(key="skip_train").click().run()
    _, training = app.session_state["_skip_training"]
    while not training.done:
        app.run()
    records = training.records

    assert [record.step for record in records] == list(range(0, 121, 10))
    assert records[-1].accuracy["skip"] > 0.7
    assert f"after {records[-1].step} steps" in words(app)


def test_a_race_is_run_and_can_be_stopped(go: Go) -> None:
    app = go("architectures", architectures_view="Race")
    assert "Press Start" in app.info[0].value
    app.button(key="race_start").click().run()
    _, turns = app.session_state["_race"]
    while len(turns.records) < 8:
        app.run()
    app.button(key="race_start").click().run()
    seen = len(turns.records)
    app.run()

    assert not turns.done
    assert len(turns.records) == seen
    assert app.button(key="race_start").label == "Start"
    assert not app.exception


@pytest.mark.parametrize("kind", ["How many come out?", "How many parameters?", "Dense or shared?"])
def test_exercises(go: Go, kind: str) -> None:
    app = go("architectures")
    app.session_state["exercise_kind_architectures"] = kind
    app.run()
    assert not app.exception
    assert app.button(key="exercise_check_architectures")
