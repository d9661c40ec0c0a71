"""The evaluate page's figures are the report's, for both sets of digits and two models."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.checkpoints.format import load_checkpoint
from cnnviz.data.mnist import load_mnist
from cnnviz.evaluation.metrics import calibration_error, logits_of

Go = Callable[..., AppTest]


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_figures_are_those_of_the_card(go: Go) -> None:
    app = go("evaluate", model="eight")
    measured = load_checkpoint("eight").card["test"]["mnist"]

    assert not app.exception
    assert metrics(app)["Accuracy"] == f"{measured['accuracy']:.2%}"
    assert metrics(app)["Errors"] == str(round((1 - measured["accuracy"]) * 10_000))


def test_calibration_error_is_the_shown_confidences(go: Go) -> None:
    """The card's, with what it was before the temperature was folded in beside it in the help."""
    app = go("evaluate")
    measured = load_checkpoint("default").card["test"]["mnist"]
    (shown,) = [metric for metric in app.metric if metric.label == "Calibration error"]

    checkpoint, test = load_checkpoint("default"), load_mnist().test
    bare = (logits_of(checkpoint.model, test.images) * checkpoint.card["temperature"]).softmax(1)

    assert shown.value == f"{measured['calibration_error']:.2%}"
    assert f"{calibration_error(bare, test.labels):.2%} before its last layer was divided" in shown.help


@pytest.mark.parametrize(("name", "part", "wrong"), [("MNIST test", "mnist", 15), ("Pen", "pen", 48)])
def test_wrong_labels_can_be_left_out(go: Go, name: str, part: str, wrong: int) -> None:
    app = go("evaluate")
    app.get_by_key("test_set").set_value(name).run()
    toggle = app.toggle(key="cleaned")
    assert toggle.label == f"Leave out {wrong} wrong labels"
    toggle.set_value(True).run()
    measured = load_checkpoint("default").card["test"][f"{part}, without items wrong in the original"]

    assert not app.exception
    assert metrics(app)["Accuracy"] == f"{measured['accuracy']:.2%}"
    assert metrics(app)["Errors"] == str(round((1 - measured["accuracy"]) * measured["n"]))
    app.get_by_key("evaluate_view").set_value("Wrong labels").run()
    (table,) = app.dataframe
    assert len(table.value) == wrong
    assert table.value["why the label is wrong"].str.len().min() > 5


def test_how_much_of_it_is_the_seeds_luck(go: Go) -> None:
    app = go("evaluate")
    mean = load_checkpoint("default").card["seeds"]["mean"]["mnist"]
    (accuracy,) = [metric for metric in app.metric if metric.label == "Accuracy"]

    assert f"with 5 seeds: {mean:.2%} on average" in accuracy.help


def test_another_model_is_compared(go: Go) -> None:
    app = go("evaluate", model="eight")
    app.selectbox(key="compare").select("classic").run()

    assert not app.exception
    accuracy = next(metric for metric in app.metric if metric.label == "Accuracy")
    assert accuracy.delta.startswith("-")


@pytest.mark.parametrize("view", ["How far to trust it", "Map of the test set", "Wrong labels"])
def test_other_views(go: Go, view: str) -> None:
    app = go("evaluate", model="eight")
    app.get_by_key("test_set").set_value("Pen").run()
    app.get_by_key("evaluate_view").set_value(view).run()

    assert not app.exception
    assert not app.error
    assert metrics(app)["Errors"] != ""


def test_refusing_odd_pictures_has_a_price_and_a_gain(go: Go) -> None:
    """The default model's card and the page say the same of the same threshold."""
    app = go("evaluate")
    app.get_by_key("test_set").set_value("Pen").run()
    app.get_by_key("evaluate_view").set_value("How far to trust it").run()

    assert not app.exception
    captions = " ".join(caption.value for caption in app.caption)
    measured = load_checkpoint("default").card
    assert f"divided by {measured['temperature']:.2f}, the temperature" in captions
    assert "of these 2,010 digits are answered" in captions
    assert f"boxes {measured['no digit']['found']['boxes']:.0%}" in captions
