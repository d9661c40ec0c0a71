"""The train page: before the first run, while one lives, and after every kind of end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from cnnviz.checkpoints.format import serialize
from cnnviz.networks.network import build
from cnnviz.networks.zoo import NETWORKS
from cnnviz.runs import run_dir
from cnnviz.runs.engine import QUEUE_LIMIT, LocalEngine
from cnnviz.runs.run_dir import RunDir
from cnnviz.training.config import TrainConfig
from cnnviz.training.recipes import RECIPES
from cnnviz.ui.runs.form_state import FIRST
from tests.support.text import menu, words

Go = Callable[..., AppTest]
ROOT = Path(__file__).parents[2]
CONFIG = TrainConfig(network=NETWORKS["eight"], epochs=2, train_size=1_000, validation_size=100)
FIGURES = {"step": 8, "steps": 16, "epoch": 1.0, "loss": 0.7, "accuracy": 0.81, "learning_rate": 1e-3}
RECORDS = [
    {**FIGURES, "step": 0, "epoch": 0.0, "loss": 0.0, "accuracy": 0.0, "images_per_second": 0.0}
    | {"validation_loss": 2.3, "validation_accuracy": 0.1, "seconds": 0.5},
    {
        **FIGURES,
        "images_per_second": 4_000.0,
        "validation_loss": 0.5,
        "validation_accuracy": 0.8765,
        "seconds": 2.5,
    },
]


pytestmark = pytest.mark.usefixtures("no_process")


def learned(root: Path) -> RunDir:
    folder = run_dir.create(root, CONFIG.as_json())
    folder.weights_file.write_bytes(serialize(build(CONFIG.network)))
    for record in RECORDS:
        folder.append(record)
    return folder


@contextmanager
def running(root: Path) -> Iterator[RunDir]:
    folder = learned(root)
    with folder.held():
        folder.begin()
        folder.say("running")
        yield folder


def open_run(go: Go, run_id: str) -> AppTest:
    """The page, then its address with the run in it (AppTest drops the address when it switches)."""
    app = go("train")
    app.query_params["run"] = run_id
    return app.run()


def test_before_the_first_run(go: Go) -> None:
    app = go("train")

    assert not app.exception
    assert "Ready" in words(app)
    assert app.metric[0].value == "–"
    assert not app.button(key="train_start").disabled
    assert app.button(key="train_stop").disabled
    table = app.dataframe[0].value
    assert table["Layer"].iloc[0] == "conv1"
    assert sum(table["Parameters"]) == sum(p.numel() for p in build(RECIPES[FIRST].network).parameters())
    assert not app.subheader


def test_start_shows_the_run_and_its_address(go: Go, root: Path) -> None:
    app = go("train")
    app.button(key="train_start").click().run()

    assert not app.exception
    (folder,) = run_dir.all_folders(root)
    assert app.query_params["run"] == folder.id
    assert TrainConfig.from_json(folder.read("config")["config"]) == RECIPES[FIRST]
    assert "Starting" in words(app)
    assert app.button(key="train_start").disabled
    assert not app.button(key="train_stop").disabled


def test_second_click_starts_nothing(go: Go, root: Path) -> None:
    app = go("train")
    app.button(key="train_start").click().run()
    button = app.button(key="train_start")
    button.proto.disabled = False  # the second click was sent before the browser knew better
    button.click().run()

    assert len(run_dir.all_folders(root)) == 1


def test_full_queue_is_a_sentence(go: Go, root: Path) -> None:
    for _ in range(QUEUE_LIMIT):
        run_dir.create(root, CONFIG.as_json())
    app = go("train")
    app.button(key="train_start").click().run()

    assert not app.exception
    assert any("waiting already" in error.value for error in app.error)
    assert not any("waiting already" in error.value for error in app.run().error)


def test_run_that_waits(go: Go, root: Path) -> None:
    run_dir.create(root, CONFIG.as_json())
    second = run_dir.create(root, CONFIG.as_json())
    app = open_run(go, second.id)

    assert "1 more before it in the queue" in words(app)


def test_run_that_waits_for_one_that_trains(go: Go, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)  # one slot
    with running(root):
        second = run_dir.create(root, CONFIG.as_json())
        assert "1 more before it in the queue" in words(open_run(go, second.id))


def test_running_run(go: Go, root: Path) -> None:
    with running(root) as folder:
        app = open_run(go, folder.id)

        assert not app.exception
        assert app.metric[0].value == "87.65%"
        text = words(app)
        assert "**Training** · step 8 of 16 · epoch 1.0 of 2  \n4 steps/s · 4,000 images/s · 2 s left" in text
        assert app.button(key="train_start").disabled
        assert app.button(key="train_step").disabled
        app.button(key="train_stop").click().run()
        assert folder.stop_wanted()
        assert "**Stopping**" in words(app)
        assert "eight, 2 epochs, running" in text.lower()


@contextmanager
def paused(root: Path) -> Iterator[RunDir]:
    with running(root) as folder:
        folder.ask("pause")
        folder.say("paused")
        yield folder


def test_running_run_is_paused_by_a_click(go: Go, root: Path) -> None:
    with running(root) as folder:
        app = open_run(go, folder.id)
        app.button(key="train_pause").click().run()
        assert folder.wanted() == "pause"
        assert "**Pausing** · step 8 of 16" in words(app)
        assert app.button(key="train_start").disabled


def test_run_that_fetches_its_digits_again_has_no_pace_yet(go: Go, root: Path) -> None:
    with running(root) as folder:
        since = folder.read("worker")["time"]
        folder.append({**RECORDS[1], "step": 9, "time": since - 1})  # by the process before
        app = open_run(go, folder.id)
        assert "**Going on** · step 9 of 16 · epoch 1.0 of 2  \n2 s of training" in words(app)
        folder.append({**RECORDS[1], "step": 10, "seconds": 3.5, "time": since + 1})
        assert "**Training** · step 10 of 16" in words(app.run())


def test_panels_take_each_others_place(go: Go, root: Path) -> None:
    """The browser replaces what stands at the same place; what stood elsewhere stays a moment longer."""
    places = [place_of(go("train"), "train_status")]
    with running(root) as folder:
        app = open_run(go, folder.id)
        places.append(place_of(app, "train_status"))
        app.button(key="train_rate_hold").click().run()  # without a rate: a sentence stands above it
        assert app.error
        places.append(place_of(app, "train_status"))
    folder.end("finished", test_accuracy=0.5)
    places.append(place_of(app.run(), "train_status"))
    app = open_run(go, "nosuchrun")
    places.append(place_of(app, "train_status"))
    assert len(app.warning) == 1

    assert len(set(places)) == 1


def place_of(app: AppTest, key: str) -> tuple[int, ...]:
    """The way down to the container with this key."""

    def below(block: Block, way: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if block.proto is not None and getattr(block.proto, "id", "").endswith(key):
            yield way
        for number, child in block.children.items():
            if isinstance(child, Block):
                yield from below(child, (*way, number))

    (way,) = below(app.main, ())
    return way


@pytest.mark.usefixtures("go")
def test_arriving_at_a_run_one_finds_its_settings(root: Path) -> None:
    config = replace(CONFIG, train_size=700, learning_rate=0.004, keep_best=True)
    folder = run_dir.create(root, config.as_json())
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/train.py")
    app.query_params["run"] = folder.id
    app.run()

    assert not app.exception
    assert app.number_input(key="setting_learning_rate").value == 0.004
    assert app.select_slider(key="setting_train_size").value == 700
    assert app.toggle(key="setting_keep_best").value
    assert menu(app, "selectbox", "train_recipe").value == "own"


def test_paused_run(go: Go, root: Path) -> None:
    """Stepped twice, told to go on; meanwhile another run may be started."""
    with paused(root) as folder:
        app = open_run(go, folder.id)
        assert not app.exception
        assert "**Paused** · step 8 of 16 · epoch 1.0 of 2  \n2 s of training" in words(app)
        assert not app.button(key="train_start").disabled
        app.button(key="train_step").click().run()
        app.button(key="train_step").click().run()
        assert folder.read("control")["until"] == 10
        assert "**Stepping** · step 8" in words(app)
        app.button(key="train_go_on").click().run()
        assert folder.wanted() == "go"
        assert "**Going on** · step 8" in words(app)
        app.button(key="train_start").click().run()
        assert len(run_dir.all_folders(root)) == 2


def test_paused_run_without_a_process(go: Go, root: Path) -> None:
    """After a kill -9 or a restart of the machine: told truly, and a click starts a process."""
    started = []
    with paused(root) as folder:
        pass
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalEngine, "_start", lambda _, folder: started.append(folder))
        app = open_run(go, folder.id)
        assert "**Paused** · step 8 of 16" in words(app)
        app.button(key="train_step").click().run()
    assert started == [folder]
    assert "paused" in words(app)  # in the list


def test_rate_is_changed_while_it_runs(go: Go, root: Path) -> None:
    with running(root) as folder:
        app = open_run(go, folder.id)
        assert "Learning rate **0.001**, as planned" in words(app)
        app.button(key="train_rate_2.0").click().run()
        app.button(key="train_rate_10.0").click().run()
        assert folder.read("control")["rate"] == {"number": 2, "factor": 20.0, "rate": None}
        assert "Learning rate **0.02**, plan × 20" in words(app)
        app.button(key="train_rate_hold").click().run()
        assert any("Type the rate" in error.value for error in app.error)
        app.number_input(key="train_held_rate").set_value(0.5)
        app.button(key="train_rate_hold").click().run()
        assert "Learning rate **0.5**, held" in words(app)
        for _ in range(2):
            app.button(key="train_rate_10.0").click().run()
        assert any("at most 10" in error.value for error in app.error)
        app.button(key="train_rate_plan").click().run()
        assert "Learning rate **0.001**, as planned" in words(app)
        assert folder.wanted() == "go"  # no wish of another kind was lost


def test_pictures_of_a_run(go: Go, root: Path) -> None:
    """Every view has its charts, with and without what older runs do not know."""
    with running(root) as folder:
        app = open_run(go, folder.id)
        for view in ("Gradients", "Confusion"):
            app.segmented_control(key="train_view").set_value(view).run()
            assert not app.exception
        assert "Nothing is held back" in words(app)
        matrix = [[9 if true == read else 0 for read in range(10)] for true in range(10)]
        matrix[4][9] = 3
        for step in (9, 10):
            extra = {"step": step, "confusion": matrix, "gradient_norms": {"conv1": 0.5, "logits": 1.5}}
            folder.append({**RECORDS[1], **extra})
            app.run()
        assert "**Mixed up most often** of 3 misread" in words(app)
        assert app.select_slider(key="train_confusion_step").value == 10
        app.select_slider(key="train_confusion_step").set_value(9).run()
        folder.append({**RECORDS[1], "step": 11, "confusion": matrix})
        app.run()
        assert app.select_slider(key="train_confusion_step").value == 9  # it stays where it was put
        app.select_slider(key="train_confusion_step").set_value(11).run()
        folder.append({**RECORDS[1], "step": 12, "confusion": matrix})
        assert app.run().select_slider(key="train_confusion_step").value == 12  # and follows again


def test_early_end_and_best_weights_are_said(go: Go, root: Path) -> None:
    config = replace(CONFIG, patience=3, keep_best=True)
    folder = run_dir.create(root, config.as_json())
    folder.weights_file.write_bytes(serialize(build(CONFIG.network)))
    folder.append({**RECORDS[1], "step": 5, "validation_accuracy": 0.9})
    folder.append({**RECORDS[1], "ended_early": True, "best_step": 5})
    folder.end("finished", test_accuracy=0.5)
    app = open_run(go, folder.id)

    assert "Ended early: 3 validations brought nothing better." in words(app)
    assert "Its weights are those of step 5, the best validation." in words(app)
    assert app.metric[0].value == "90.00%"


def test_impatience_is_possible_after_a_while(go: Go, root: Path) -> None:
    killed = []
    with running(root) as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalEngine, "kill", lambda _, run_id: killed.append(run_id))
        folder.write("control", {"command": "stop", "time": 0})
        app = open_run(go, folder.id)
        next(button for button in app.button if button.label == "End it at once").click().run()
    assert killed == [folder.id]


def test_finished_run_is_used_everywhere(go: Go, root: Path) -> None:
    folder = learned(root)
    parts = {
        "mnist": {"n": 10_000, "accuracy": 0.9876},
        "pen, writers never trained on": {"n": 9, "accuracy": 0.5},
    }
    folder.write("card", {"test": parts, "seed": 0})
    folder.end("finished", test_accuracy=0.9876)
    app = open_run(go, folder.id)

    assert not app.exception
    text = words(app)
    assert "**Finished** · step 8 of 16" in text
    assert "Reads **98.76%** of MNIST's 10,000 test digits and **50.00%** of 9 pen digits" in text
    assert "Eight, 2 epochs, 98.8% · " in " ".join(app.selectbox(key="model_choice").options)
    app.button(key=f"panel_use_{folder.id}").click().run()
    assert app.selectbox(key="model_choice").value == f"run:{folder.id}"
    app.switch_page("pages/draw.py").run()
    assert not app.exception
    assert app.selectbox(key="model_choice").value == f"run:{folder.id}"
    app.switch_page("pages/train.py").run()
    assert app.query_params["run"] == folder.id  # the visitor's run is still the one on screen


def test_failed_run_says_why_and_can_go_on(go: Go, root: Path) -> None:
    folder = learned(root)
    folder.end("failed", "The disk is full.")
    app = open_run(go, folder.id)

    assert not app.exception
    assert [error.value for error in app.error] == ["The disk is full."]
    app.button(key=f"panel_resume_{folder.id}").click().run()
    assert folder.state() == "queued"
    assert not app.exception


def test_interrupted_run(go: Go, root: Path) -> None:
    folder = learned(root)
    folder.write("control", {"command": "go", "time": 0})
    app = open_run(go, folder.id)

    assert "Resume goes on" in app.warning[0].value
    assert "**Interrupted** · step 8 of 16" in words(app)


def test_damaged_weights_and_events_do_no_harm(go: Go, root: Path) -> None:
    folder = learned(root)
    folder.weights_file.write_bytes(b"nonsense")
    folder.events_file.write_bytes(folder.events_file.read_bytes() + b'{"step": 9, "st\n\xff\n')
    folder.end("stopped")
    app = open_run(go, folder.id)

    assert not app.exception
    assert len(app.error) == 1
    assert "step 8 of 16" in words(app)


@pytest.mark.parametrize("bad", ["nonsense", "../../etc", "abcdefghijkl", "", "%00"])
def test_wrong_id_is_one_sentence(go: Go, bad: str) -> None:
    app = open_run(go, bad)

    assert not app.exception
    assert len(app.warning) == bool(bad)
    assert "Ready" in words(app)


def test_list_opens_and_deletes(go: Go, root: Path) -> None:
    first, second = learned(root), learned(root)
    first.end("stopped", test_accuracy=0.5)
    second.end("finished", test_accuracy=0.75)
    app = go("train")
    assert app.subheader[0].value == "My runs"
    app.button(key=f"open_{first.id}").click().run()
    assert app.query_params["run"] == first.id

    app.button(key=f"delete_{second.id}").click().run()
    assert not app.exception
    assert run_dir.all_folders(root) == [first]
    app.button(key=f"delete_{first.id}").click().run()
    assert not app.exception
    assert not app.warning
    assert run_dir.all_folders(root) == []


def test_long_list_is_folded(go: Go, root: Path) -> None:
    for _ in range(8):
        learned(root).end("finished", test_accuracy=0.5)
    app = go("train")
    assert sum(str(button.key).startswith("open_") for button in app.button) == 6
    app.toggle(key="train_all_runs").set_value(True).run()
    assert sum(str(button.key).startswith("open_") for button in app.button) == 8
