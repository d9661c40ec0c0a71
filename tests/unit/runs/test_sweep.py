"""Sweeps as runs: started, killed, taken up again, and each point equal to the same training alone."""

import os
import signal
from dataclasses import replace

import pytest

from cnnviz.errors import ConfigError, RunError
from cnnviz.networks.zoo import NETWORKS
from cnnviz.runs import recorder, run_dir
from cnnviz.runs.cross_validation import list_cross_validations, open_cross_validation, start_cross_validation
from cnnviz.runs.engine import LocalEngine
from cnnviz.runs.grid import Grid
from cnnviz.runs.run import delete_run, list_runs
from cnnviz.runs.run_dir import RunDir
from cnnviz.runs.run_group import delete_all, resume_all, stop_all
from cnnviz.runs.sweep import Sweep, best, list_sweeps, open_sweep, start_sweep
from cnnviz.training.config import TrainConfig
from cnnviz.training.datasets import load_parts
from cnnviz.training.loop import fit
from tests.support.waiting import wait_for

CONFIG = TrainConfig(network=NETWORKS["eight"], epochs=3, batch_size=20, train_size=400, validation_size=100)
GRID = Grid((("learning_rate", (0.0003, 0.003)), ("optimizer", ("adam", "momentum"))))


def folders(sweep: Sweep) -> list[RunDir]:
    return [run.folder for run in sweep.runs if run]


def figures(sweep: Sweep) -> list[tuple[float | None, float | None]]:
    return [(outcome.accuracy, outcome.loss) for outcome in sweep.outcomes()]


def by_hand(config: TrainConfig, grid: Grid) -> list[tuple[float | None, float | None]]:
    """What fit() arrives at, point after point."""
    found = []
    for point in grid.points():
        chosen = point.config(config)
        *_, last = fit(chosen, *load_parts(chosen))
        found.append((last.validation_accuracy, last.validation_loss))
    return found


def test_killed_sweep_ends_as_the_plain_loop(engine: LocalEngine) -> None:
    config, grid = replace(CONFIG, epochs=20), Grid((("learning_rate", (0.0003, 0.003)),))
    sweep_id = start_sweep(engine, engine.root, config, grid)
    first, second = folders(open_sweep(engine.root, sweep_id))
    wait_for(lambda: len(first.events()) > 5)
    os.kill(first.read("worker")["pid"], signal.SIGKILL)
    wait_for(lambda: first.state() == "interrupted" and second.state() == "finished")
    sweep = open_sweep(engine.root, sweep_id)
    assert (sweep.state, sweep.resumable) == ("interrupted", True)
    assert [outcome.accuracy is None for outcome in sweep.outcomes()] == [True, False]

    resume_all(engine, sweep)
    wait_for(lambda: open_sweep(engine.root, sweep_id).state == "finished")
    sweep = open_sweep(engine.root, sweep_id)
    assert figures(sweep) == by_hand(config, grid)
    assert not sweep.resumable


def test_every_point_is_an_ordinary_run_without_test_digits(still: LocalEngine) -> None:
    sweep = open_sweep(still.root, start_sweep(still, still.root, CONFIG, GRID))
    assert (len(sweep.id), sweep.state, sweep.alive, sweep.grid) == (12, "queued", True, GRID)
    assert best(sweep.outcomes()) is None
    for folder in folders(sweep):
        recorder.train(folder)
    sweep = open_sweep(still.root, sweep.id)

    assert figures(sweep) == by_hand(CONFIG, GRID)
    found = best(sweep.outcomes(events=False))
    assert found
    assert found.accuracy == max(outcome.accuracy or 0 for outcome in sweep.outcomes())
    assert found.run
    assert found.run.config == found.point.config(CONFIG)
    assert found.run.latest_network().config == CONFIG.network
    for folder in folders(sweep):
        assert folder.read("card") == {}  # no test digit was looked at
        assert not folder.snapshot_folder.exists()
        assert not folder.resume_file.exists()
    assert list_runs(still.root) == []  # tried, not kept
    assert list_cross_validations(still.root) == []


def test_a_point_that_runs_away_is_an_answer(still: LocalEngine) -> None:
    sweep = open_sweep(still.root, start_sweep(still, still.root, CONFIG, GRID))
    first, *others = folders(sweep)
    first.end("failed", "The training ran away at step 3.", diverged=True)
    for number, folder in enumerate(others):
        folder.end("finished", validation_accuracy=0.9, validation_loss=0.4 - number / 10)
    sweep = open_sweep(still.root, sweep.id)

    assert (sweep.state, sweep.resumable, sweep.reason) == ("finished", False, "")
    outcomes = sweep.outcomes()
    assert [outcome.diverged for outcome in outcomes] == [True, False, False, False]
    assert best(outcomes) == outcomes[3]  # as accurate as the others, with the lowest loss


def test_points_that_failed_or_never_began_are_taken_up(still: LocalEngine) -> None:
    """The server was killed while it submitted; then the disk was full."""
    sweep = open_sweep(still.root, start_sweep(still, still.root, CONFIG, GRID))
    first, second, third, fourth = folders(sweep)
    first.end("finished", validation_accuracy=0.5, validation_loss=1.5)
    second.end("failed", "The disk is full.")
    third.end("stopped")
    fourth.end("stopped")
    delete_run(still.root, third.id)
    sweep = open_sweep(still.root, sweep.id)
    assert (sweep.states, sweep.state, sweep.reason) == (
        ["finished", "failed", "interrupted", "stopped"],
        "failed",
        "The disk is full.",
    )

    resume_all(still, sweep)
    sweep = open_sweep(still.root, sweep.id)
    assert sweep.states == ["finished", "queued", "queued", "queued"]
    assert sweep.runs[2]
    assert sweep.runs[2].config == GRID.points()[2].config(CONFIG)


def test_impossible_sweeps_start_nothing(still: LocalEngine) -> None:
    with pytest.raises(ConfigError, match="Learning rate 11 cannot work"):
        start_sweep(still, still.root, CONFIG, Grid((("learning_rate", (0.1, 11.0)),)))
    assert run_dir.all_folders(still.root) == []


def test_stop_delete_and_forget(still: LocalEngine) -> None:
    sweep = open_sweep(still.root, start_sweep(still, still.root, CONFIG, GRID))
    with pytest.raises(RunError, match="still going"):
        delete_all(still.root, sweep)
    stop_all(still, sweep)
    assert all(folder.stop_wanted() for folder in folders(sweep))
    for folder in folders(sweep):
        folder.end("stopped", "Stopped before it began.")
    study_id = start_cross_validation(still, still.root, CONFIG, 2, stratified=True)
    assert [other.id for other in list_sweeps(still.root)] == [sweep.id]
    with pytest.raises(RunError, match="no such cross-validation"):
        open_cross_validation(still.root, sweep.id)
    with pytest.raises(RunError, match="no such sweep"):
        open_sweep(still.root, study_id)

    delete_all(still.root, open_sweep(still.root, sweep.id))
    assert list_sweeps(still.root) == []
    assert len(run_dir.all_folders(still.root)) == 2


def test_damaged_sweeps_are_left_out(still: LocalEngine) -> None:
    sweep_id = start_sweep(still, still.root, CONFIG, GRID)
    for folder in run_dir.all_folders(still.root):
        folder.write("config", {**folder.read("config"), "point": {"number": 0, "axes": "?"}})
    assert list_sweeps(still.root) == []
    with pytest.raises(RunError, match="damaged"):
        open_sweep(still.root, sweep_id)
