"""The cross-validate page: the example, a study while it lives and after every kind of end, pairs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.runs import cross_validation, run_dir
from cnnviz.runs.cross_validation import CrossValidationRun
from cnnviz.runs.engine import LocalEngine
from cnnviz.runs.run_dir import RunDir
from cnnviz.training.cross_validation_examples import QUICK, examples
from cnnviz.ui.pages.cross_validate.form import Choice, program
from cnnviz.ui.widgets.code_panel import with_imports
from tests.support.text import words

Go = Callable[..., AppTest]
CONFIG = QUICK["quick"]


pytestmark = pytest.mark.usefixtures("no_process")


def begun(root: Path, folds: int = 5) -> CrossValidationRun:
    engine = LocalEngine(root)
    return cross_validation.open_cross_validation(
        root, cross_validation.start_cross_validation(engine, root, CONFIG, folds, stratified=True)
    )


def folders(study: CrossValidationRun) -> list[RunDir]:
    return [run.folder for run in study.runs if run]


def finish(folder: RunDir, accuracy: float) -> None:
    fold = folder.read("config")["fold"]["number"]
    for event in examples()["quick"].events[fold]:
        folder.append(event)
    folder.end("finished", validation_accuracy=accuracy, validation_loss=0.1)


def open_cross_validation(go: Go, study_id: str) -> AppTest:
    """The page, then its address with the study in it (AppTest drops the address when it switches)."""
    app = go("cross_validate")
    app.query_params["study"] = study_id
    return app.run()


def test_example_is_on_screen_and_said_to_be_one(go: Go) -> None:
    app = go("cross_validate")

    assert not app.exception
    assert "An example, made beforehand" in words(app)
    assert app.metric[0].value == "98.0 ± 0.3%"
    assert not app.button(key="cv_start").disabled
    assert app.button(key="cv_stop").disabled
    assert app.dataframe[0].value["Fold"].tolist() == [1, 2, 3, 4, 5]
    assert "this may be luck" in words(app)
    assert len(app.get("vega_lite_chart")) == 3


def test_start_shows_the_study_and_its_address(go: Go, root: Path) -> None:
    app = go("cross_validate")
    app.slider(key="cv_folds").set_value(3)
    app.select_slider(key="cv_digits").set_value(2_000)
    app.number_input(key="cv_seed").set_value(7)
    app.get_by_key("cv_kind").set_value("Plain").run()
    app.button(key="cv_start").click().run()

    assert not app.exception
    (study,) = cross_validation.list_cross_validations(root)
    assert app.query_params["study"] == study.id
    assert (study.folds, study.stratified) == (3, False)
    assert study.config == replace(CONFIG, train_size=2_000, seed=7)
    assert "**Waiting** · 0 of 3 folds finished · 3 waiting" in words(app)
    assert app.metric[0].value == "–"
    assert app.button(key="cv_start").disabled
    button = app.button(key="cv_start")
    button.proto.disabled = False  # a second click, sent before the browser knew better
    button.click().run()
    assert len(cross_validation.list_cross_validations(root)) == 1

    app.button(key="cv_stop").click().run()
    assert all(folder.stop_wanted() for folder in folders(study))


def test_study_while_it_trains(go: Go, root: Path) -> None:
    study = begun(root)
    first, second, *_ = folders(study)
    finish(first, 0.97)
    with second.held():
        second.begin()
        second.say("running")
        second.append(examples()["quick"].events[1][0])
        app = open_cross_validation(go, study.id)

        assert not app.exception
        assert "**Training** · 1 of 5 folds finished · 1 training · 3 waiting" in words(app)
        assert app.metric[0].value == "97.0%"
        assert not app.dataframe  # one fold has no spread


def test_finished_study_says_what_it_means_and_is_paired(go: Go, root: Path) -> None:
    study = begun(root)
    for folder, accuracy in zip(folders(study), (0.95, 0.96, 0.94, 0.95, 0.95), strict=True):
        finish(folder, accuracy)
    app = open_cross_validation(go, study.id)

    assert not app.exception
    text = words(app)
    assert "**Finished** · 5 of 5 folds finished" in text
    assert "The folds read **95.00%** on average and vary by **0.71 points**" in text
    assert "about 0.63 of that by itself" in text  # sqrt(0.95 * 0.05 / 1200)
    assert app.dataframe[0].value["Accuracy"].tolist() == pytest.approx([95, 96, 94, 95, 95])
    assert app.selectbox(key="cv_rival").options == ["Quick, digits moved a little (example)"]
    assert "Zero lies outside: **this is more than luck.**" in text  # 3 points below the example
    assert "2.776" in app.latex[0].value
    app.switch_page("pages/draw.py").run()
    assert "run:" not in "".join(app.selectbox(key="model_choice").options)  # folds are no models


@pytest.mark.parametrize(
    ("end", "sentence"), [("failed", "The disk is full."), ("interrupted", "Resume goes on")]
)
def test_broken_study_says_so_and_goes_on(go: Go, root: Path, end: str, sentence: str) -> None:
    study = begun(root, 2)
    first, second = folders(study)
    finish(first, 0.97)
    if end == "failed":
        second.end("failed", "The disk is full.")
    else:
        second.write("control", {"command": "go", "time": 0})
    app = open_cross_validation(go, study.id)

    assert not app.exception
    assert any(sentence in part.value for part in (*app.error, *app.warning))
    app.button(key="cv_resume").click().run()
    assert not app.exception
    assert second.state() == "queued"


def test_impatience_is_possible_after_a_while(go: Go, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[str] = []
    monkeypatch.setattr(LocalEngine, "kill", lambda _, run_id: killed.append(run_id))
    study = begun(root, 2)
    for folder in folders(study):
        folder.write("control", {"command": "stop", "time": 0})
        folder.write("worker", {"pid": 1, "state": "running"})
    with folders(study)[0].held():
        app = open_cross_validation(go, study.id)
        next(button for button in app.button if button.label == "End it at once").click().run()
    assert killed == [folders(study)[0].id]


@pytest.mark.parametrize("bad", ["nonsense", "../../etc", "abcdefghijkl", "%00"])
def test_wrong_id_is_one_sentence(go: Go, bad: str) -> None:
    app = open_cross_validation(go, bad)

    assert not app.exception
    assert len(app.warning) == 1
    assert "no such cross-validation" in app.warning[0].value
    assert "An example" in words(app)


def test_impossible_choice_is_a_sentence(go: Go) -> None:
    app = go("train")
    app.number_input(key="setting_patience").set_value(3).run()
    app.switch_page("pages/cross_validate.py").run()
    app.selectbox(key="cv_recipe").set_value("train page").run()
    app.switch_page("pages/draw.py").run()  # the choice outlives a visit elsewhere
    app.switch_page("pages/cross_validate.py").run()

    assert not app.exception
    assert "switch both off" in app.error[0].value
    assert app.button(key="cv_start").disabled


def test_list_opens_and_deletes(go: Go, root: Path) -> None:
    study = begun(root, 2)
    for folder in folders(study):
        finish(folder, 0.9)
    app = go("cross_validate")
    app.button(key=f"open_{study.id}").click().run()
    assert app.query_params["study"] == study.id
    app.button(key=f"delete_{study.id}").click().run()

    assert not app.exception
    assert run_dir.all_folders(root) == []
    assert "An example" in words(app)


def test_cluster_is_named(go: Go, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_RAY_ADDRESS", "127.0.0.1:6379")
    app = go("cross_validate")
    app.button(key="cv_start").click().run()
    assert "on the Ray cluster" in words(app)
    assert len(cross_validation.list_cross_validations(root)) == 1


@pytest.mark.parametrize("stratified", [True, False])
def test_program_does_the_same(stratified: bool) -> None:
    text = with_imports(program(Choice(CONFIG, 4, stratified)))
    compile(text, "program", "exec")
    names: dict[str, object] = {}
    exec(text.partition("\naccuracies")[0], names)
    assert names["config"] == CONFIG
    assert f"cross_validate(config, folds=4, stratified={stratified})" in text
