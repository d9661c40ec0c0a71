"""A real Ray cluster on this machine: the same runs, killed on either side, end with the same weights."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cnnviz.errors import RunError
from cnnviz.networks.zoo import NETWORKS
from cnnviz.runs import run_dir
from cnnviz.runs.cross_validation import open_cross_validation, start_cross_validation
from cnnviz.runs.grid import Grid
from cnnviz.runs.ray_engine import RayEngine, RayExecutor
from cnnviz.runs.run import open_run
from cnnviz.runs.run_group import stop_all
from cnnviz.runs.sweep import open_sweep, start_sweep
from cnnviz.training.config import TrainConfig
from cnnviz.training.datasets import load_parts
from cnnviz.training.loop import fit
from tests.support.runs import weights_of_undisturbed_run
from tests.support.waiting import wait_for

SHORT = TrainConfig(network=NETWORKS["eight"], epochs=6, batch_size=20, train_size=1_100, validation_size=100)
LONG = replace(SHORT, epochs=100, train_size=20_000)
CPUS = 2


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a cluster with two processors."""
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))  # the nodes need cnnviz
        context = ray.init(
            num_cpus=CPUS, include_dashboard=False, log_to_driver=False, configure_logging=False
        )
        yield context.address_info["gcs_address"]
        ray.shutdown()


@pytest.fixture
def engine(tmp_path: Path, address: str) -> Iterator[RayEngine]:
    engine = RayEngine(tmp_path / "runs", address=address)
    yield engine
    for folder in run_dir.all_folders(engine.root):
        engine.kill(folder.id)
    wait_for(lambda: not actors())  # the cluster notices that nobody waits for them any more


def actors() -> list[int]:
    """Process numbers of what trains on the cluster."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(b"ray::Trainer"):
                found.append(int(path.parent.name))
        except OSError:  # just ended
            continue
    return found


def test_killed_on_either_side_a_run_ends_with_the_same_weights(engine: RayEngine, tmp_path: Path) -> None:
    folder = run_dir.find(engine.root, engine.submit(SHORT))
    wait_for(lambda: len(folder.events()) > 5)
    (trainer,) = actors()
    os.kill(trainer, signal.SIGKILL)
    seen = len(folder.events())
    wait_for(lambda: len(folder.events()) > seen + 5)  # another one has taken it up
    assert folder.state() == "running"
    assert trainer not in actors()

    engine.kill(folder.id)
    wait_for(lambda: folder.state() == "interrupted")
    wait_for(lambda: not actors())
    engine.resume(folder.id)
    wait_for(lambda: folder.state() == "finished")
    assert folder.weights_file.read_bytes() == weights_of_undisturbed_run(tmp_path / "local", SHORT)
    steps = [event["step"] for event in folder.events()]
    assert steps == sorted(set(steps))
    assert open_run(engine.root, folder.id).test_accuracy is not None


def test_folds_train_side_by_side_and_a_third_run_waits(engine: RayEngine) -> None:
    study_id = start_cross_validation(engine, engine.root, LONG, CPUS, stratified=True)
    folders = [run.folder for run in open_cross_validation(engine.root, study_id).runs if run]
    wait_for(lambda: all(folder.events() for folder in folders))
    wait_for(lambda: len(actors()) == CPUS)
    waiting = run_dir.find(engine.root, engine.submit(LONG))
    wait_for(lambda: waiting.read("worker").get("state") == "queued")
    engine.stop(waiting.id)
    wait_for(lambda: waiting.state() == "stopped")
    assert waiting.events() == []

    stop_all(engine, open_cross_validation(engine.root, study_id))
    wait_for(lambda: open_cross_validation(engine.root, study_id).state == "stopped")
    wait_for(lambda: not actors())


def test_a_sweep_on_the_cluster_ends_as_the_plain_loop(engine: RayEngine) -> None:
    config = replace(SHORT, epochs=1)
    grid = Grid((("learning_rate", (0.001, 0.01)),))
    sweep_id = start_sweep(engine, engine.root, config, grid)
    wait_for(lambda: open_sweep(engine.root, sweep_id).state == "finished")
    outcomes = open_sweep(engine.root, sweep_id).outcomes()
    for outcome in outcomes:
        chosen = outcome.point.config(config)
        *_, last = fit(chosen, *load_parts(chosen))
        assert (outcome.accuracy, outcome.loss) == (last.validation_accuracy, last.validation_loss)


def test_pause_gives_the_processor_back_and_a_single_step_is_one(engine: RayEngine) -> None:
    folder = run_dir.find(engine.root, engine.submit(LONG))
    wait_for(lambda: len(folder.events()) > 3)
    engine.pause(folder.id)
    wait_for(lambda: folder.state() == "paused" and not actors())
    step = folder.events()[-1]["step"]
    engine.step(folder.id)
    wait_for(lambda: folder.events()[-1]["step"] > step and not actors())
    assert folder.events()[-1]["step"] == step + 1

    engine.set_rate(folder.id, rate=0.004)
    engine.go_on(folder.id)
    wait_for(lambda: folder.events()[-1]["step"] > step + 1)
    assert folder.events()[-1]["learning_rate"] == 0.004


def test_what_goes_wrong_on_the_cluster_is_a_sentence(engine: RayEngine) -> None:
    fold = {"number": 0, "folds": 2, "stratified": True}
    impossible = replace(SHORT, keep_best=True).as_json()
    folder = run_dir.create(engine.root, impossible, study="abc", fold=fold)
    engine._start(folder)
    wait_for(lambda: folder.state() == "failed")
    assert "switch both off" in folder.read("end")["reason"]
    assert "\n" not in folder.read("end")["reason"]


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("127.0.0.1:1", "No Ray cluster answers at 127.0.0.1:1"),
        ("127.0.0.1:999999", "No Ray cluster answers"),
        ("ray://somewhere:10001", "is not the address of a Ray cluster"),
        ("nonsense", "is not the address of a Ray cluster"),
        ("", "is not the address of a Ray cluster"),
    ],
)
def test_wrong_address_is_a_sentence_at_once(tmp_path: Path, address: str, sentence: str) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    folder = run_dir.create(tmp_path, SHORT.as_json())
    with folder.held():
        folder.begin()
        with pytest.raises(RunError, match=sentence):
            RayExecutor(folder, 1, address).take()
