"""The train page's sweep: ready, started, while it trains, finished, and what to do with the best point."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.checkpoints.format import serialize
from cnnviz.networks.network import build
from cnnviz.runs import run_dir
from cnnviz.runs.engine import LocalEngine
from cnnviz.runs.grid import Grid
from cnnviz.runs.run_dir import RunDir
from cnnviz.runs.sweep import Sweep, list_sweeps, open_sweep, start_sweep
from cnnviz.training.recipes import RECIPES
from cnnviz.ui.pages.train.sweep_form import Choice, program
from cnnviz.ui.runs.form_state import FIRST
from cnnviz.ui.widgets.code_panel import with_imports
from tests.support.text import words

Go = Callable[..., AppTest]
CONFIG = replace(RECIPES[FIRST], epochs=1, train_size=5_000, validation_size=2_000)
GRID = Grid((("learning_rate", (0.0003, 0.001, 0.003, 0.01)), ("optimizer", ("momentum", "adam"))))
RECORD = {"step": 8, "steps": 16, "epoch": 0.5, "loss": 0.7, "accuracy": 0.8, "seconds": 1.5}
FIGURES = {
    "validation_accuracy": 0.85,
    "validation_loss": 0.5,
    "learning_rate": 0.01,
    "images_per_second": 9.0,
}

pytestmark = pytest.mark.usefixtures("no_process")


def begun(root: Path, grid: Grid = GRID) -> Sweep:
    engine = LocalEngine(root)
    return open_sweep(root, start_sweep(engine, root, CONFIG, grid))


def finish(folder: RunDir, accuracy: float) -> None:
    folder.append({**RECORD, **FIGURES})
    folder.append({**RECORD, **FIGURES, "step": 16, "epoch": 1.0, "validation_accuracy": accuracy})
    folder.weights_file.write_bytes(serialize(build(CONFIG.network)))
    folder.end("finished", validation_accuracy=accuracy, validation_loss=0.3)


def folders(sweep: Sweep) -> list[RunDir]:
    return [run.folder for run in sweep.runs if run]


def open_sweep_page(go: Go, sweep_id: str) -> AppTest:
    """The page by its address; no view is named, the sweep's own one shows."""
    app = go("train")
    app.get_by_key("training").set_value("Sweep")
    app.query_params["sweep"] = sweep_id
    return app.run()


def ready(go: Go) -> AppTest:
    app = go("train")
    return app.get_by_key("training").set_value("Sweep").run()


def test_start_is_one_click_and_a_second_one_starts_nothing(go: Go, root: Path) -> None:
    app = ready(go)
    assert not app.exception
    assert "**Ready** · Learning rate × optimizer" in words(app)
    assert "8 runs of 3,000 digits, seed 0, each measured on the same 2,000 others" in words(app)
    assert app.button(key="sweep_stop").disabled
    app.button(key="sweep_start").click().run()

    assert not app.exception
    (sweep,) = list_sweeps(root)
    assert (sweep.grid, app.query_params["sweep"]) == (GRID, sweep.id)
    assert [run.config for run in sweep.runs if run] == [point.config(CONFIG) for point in GRID.points()]
    assert "**Waiting** · 0 of 8 runs finished · 8 waiting" in words(app)
    button = app.button(key="sweep_start")
    assert button.disabled
    button.proto.disabled = False  # a second click, sent before the browser knew better
    button.click().run()
    assert len(list_sweeps(root)) == 1

    app.button(key="sweep_stop").click().run()
    assert all(folder.stop_wanted() for folder in folders(sweep))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("0.1, 20", "Learning rate 20, optimizer momentum cannot work: Learning rate must be from"),
        ("fast", "Learning rate takes numbers"),
        ("", "needs values to try"),
        (", ".join(f"0.0{number}" for number in range(10, 23)), "13 × 2 would be 26 runs"),
    ],
)
def test_impossible_values_are_a_sentence(go: Go, root: Path, typed: str, sentence: str) -> None:
    app = ready(go)
    app.text_input(key="sweep_values_0_learning_rate").set_value(typed).run()

    assert not app.exception
    assert [sentence in error.value for error in app.error] == [True]
    assert app.button(key="sweep_start").disabled
    assert run_dir.all_folders(root) == []


def test_other_settings_can_be_tried(go: Go, root: Path) -> None:
    app = ready(go)
    app.selectbox(key="sweep_setting_0").set_value("filters").run()
    app.selectbox(key="sweep_setting_1").set_value("epochs").run()
    app.selectbox(key="sweep_setting_2").set_value("dropout").run()
    assert app.number_input(key="sweep_epochs").disabled
    app.text_input(key="sweep_values_2_dropout").set_value("0, 0.5").run()
    app.button(key="sweep_start").click().run()

    assert not app.exception
    (sweep,) = list_sweeps(root)
    assert sweep.grid == Grid((("filters", (4, 8, 16)), ("epochs", (1, 2, 4)), ("dropout", (0.0, 0.5))))


def test_sweep_while_it_trains(go: Go, root: Path) -> None:
    sweep = begun(root)
    first, second, *_ = folders(sweep)
    finish(first, 0.9)
    with second.held():
        second.begin()
        second.say("running")
        second.append({**RECORD, **FIGURES})
        app = open_sweep_page(go, sweep.id)

        assert not app.exception
        assert "**Training** · 1 of 8 runs finished · 1 training · 6 waiting" in words(app)
        assert app.metric[0].value == "90.0%"
        assert not any(button.key == "sweep_take" for button in app.button)


def test_finished_sweep_names_the_best_and_goes_on_with_it(go: Go, root: Path) -> None:
    sweep = begun(root)
    *others, best, last = folders(sweep)
    for number, folder in enumerate(others):
        finish(folder, 0.8 + number / 100)
    finish(best, 0.95)
    last.end("failed", "The training ran away at step 3.", diverged=True)
    app = open_sweep_page(go, sweep.id)

    assert not app.exception
    assert app.metric[0].value == "95.0%"
    text = words(app)
    assert "**Finished** · 8 of 8 runs finished" in text
    assert "**learning rate 0.003, optimizer Adam**, 95.0% of the 2,000 validation digits" in text
    assert "so the figure flatters it" in text
    assert "± 0.5 points" in text  # sqrt(0.95 * 0.05 / 2000)
    table = app.dataframe[0].value
    assert table["Accuracy"].tolist()[:7] == pytest.approx([95, 85, 84, 83, 82, 81, 80])
    assert table["State"].tolist()[-1] == "ran away"
    assert not any(button.key == "sweep_resume" for button in app.button)

    app.button(key="sweep_take").click().run()
    assert not app.exception
    assert app.number_input(key="setting_learning_rate").value == 0.003
    assert app.selectbox(key="setting_optimizer").value == "adam"
    assert app.select_slider(key="setting_train_size").value == 60_000
    assert not app.button(key="train_start").disabled


def test_a_points_run_opens_like_any_other_and_is_a_model(go: Go, root: Path) -> None:
    sweep = begun(root, Grid((("epochs", (1, 2)),)))
    for folder in folders(sweep):
        finish(folder, 0.9)
    app = open_sweep_page(go, sweep.id)
    app.button(key="sweep_open_run").click().run()

    assert not app.exception
    assert app.query_params["run"] == folders(sweep)[0].id
    assert app.metric[0].value == "90.00%"
    key = f"run:{folders(sweep)[0].id}"
    app.button(key=f"panel_use_{folders(sweep)[0].id}").click().run()
    app.switch_page("pages/filters.py").run()
    assert not app.exception
    assert not app.warning
    assert app.selectbox(key="model_choice").value == key


def test_broken_sweep_goes_on_and_ended_one_is_deleted(go: Go, root: Path) -> None:
    sweep = begun(root, Grid((("epochs", (1, 2)),)))
    first, second = folders(sweep)
    finish(first, 0.9)
    second.write("control", {"command": "go", "time": 0})
    app = open_sweep_page(go, sweep.id)
    assert "Resume goes on" in app.warning[0].value
    app.button(key="sweep_resume").click().run()
    assert not app.exception
    assert second.state() == "queued"

    second.end("stopped")
    app.run()
    app.button(key=f"delete_{sweep.id}").click().run()
    assert not app.exception
    assert run_dir.all_folders(root) == []
    assert "**Ready**" in words(app)


def test_wrong_id_is_one_sentence(go: Go) -> None:
    app = open_sweep_page(go, "../../etc")
    assert not app.exception
    assert ["no such sweep" in warning.value for warning in app.warning] == [True]


def test_program_does_the_same() -> None:
    text = with_imports(program(Choice(CONFIG, GRID)))
    compile(text, "program", "exec")
    names: dict[str, object] = {}
    exec(text.partition("\nfor point")[0], names)
    assert (names["config"], names["grid"]) == (CONFIG, GRID)
