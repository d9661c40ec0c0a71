"""Cross-validations as runs: started, stopped, killed, taken up again, and equal to the plain loop."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from cnnviz.errors import ConfigError, RunError
from cnnviz.networks.zoo import NETWORKS
from cnnviz.runs import recorder, run_dir, run_group
from cnnviz.runs.cross_validation import list_cross_validations, open_cross_validation, start_cross_validation
from cnnviz.runs.engine import QUEUE_LIMIT, LocalEngine
from cnnviz.runs.run import delete_run, list_runs, prune
from cnnviz.runs.run_dir import RunDir
from cnnviz.runs.run_group import delete_all, resume_all, stop_all
from cnnviz.training.config import TrainConfig
from cnnviz.training.cross_validation import Score, cross_validate
from tests.support.waiting import wait_for

CONFIG = TrainConfig(network=NETWORKS["mlp"], epochs=3, batch_size=20, train_size=400, validation_size=40)


def final(config: TrainConfig, folds: int, stratified: bool) -> tuple[Score, ...]:
    """What the plain loop arrives at."""
    last = {
        record.fold.number: record.progress
        for record in cross_validate(replace(config, validation_size=0), folds, stratified)
    }
    return tuple(
        Score(number, progress.validation_accuracy or 0.0, progress.validation_loss or 0.0)
        for number, progress in last.items()
    )


def test_killed_study_ends_as_the_plain_loop(engine: LocalEngine) -> None:
    config = replace(CONFIG, epochs=40)
    study_id = start_cross_validation(engine, engine.root, config, 2, stratified=False)
    first, second = (run.folder for run in open_cross_validation(engine.root, study_id).runs if run)
    wait_for(lambda: len(first.events()) > 5 and len(second.events()) > 5)  # in parallel
    os.kill(first.read("worker")["pid"], signal.SIGKILL)
    wait_for(lambda: first.state() == "interrupted" and second.state() == "finished")
    study = open_cross_validation(engine.root, study_id)
    assert (study.state, study.resumable, [score.fold for score in study.figures().scores]) == (
        "interrupted",
        True,
        [1],
    )

    resume_all(engine, study)
    wait_for(lambda: open_cross_validation(engine.root, study_id).state == "finished")
    study = open_cross_validation(engine.root, study_id)
    assert study.figures().scores == final(config, 2, False)
    assert not study.resumable
    assert not first.resume_file.exists()
    assert not first.snapshot_folder.exists()
    assert first.read("card") == {}  # no test digit was looked at


def test_a_fold_in_this_process(still: LocalEngine) -> None:
    study_id = start_cross_validation(still, still.root, CONFIG, 3, stratified=True)
    for run in open_cross_validation(still.root, study_id).runs:
        assert run
        recorder.train(run.folder)
    study = open_cross_validation(still.root, study_id)
    assert study.figures().scores == final(CONFIG, 3, True)
    assert [len(events) for events in study.figures().events] == [len(study.figures().events[0])] * 3


def test_new_study(still: LocalEngine) -> None:
    study_id = start_cross_validation(still, still.root, CONFIG, 5, stratified=True)
    study = open_cross_validation(still.root, study_id)

    assert len(study_id) == 12
    assert (study.folds, study.stratified, study.state, study.alive) == (5, True, "queued", True)
    assert study.config == replace(CONFIG, validation_size=0)
    assert study.figures().scores == ()
    assert [run.folder.read("config")["fold"]["number"] for run in study.runs if run] == [0, 1, 2, 3, 4]
    assert list_runs(still.root) == []  # a fold is no model to draw for
    assert [other.id for other in list_cross_validations(still.root)] == [study_id]


def test_a_study_waits_as_one(still: LocalEngine) -> None:
    for _ in range(QUEUE_LIMIT):
        start_cross_validation(still, still.root, CONFIG, 10, stratified=True)
    with pytest.raises(RunError, match="waiting already"):
        start_cross_validation(still, still.root, CONFIG, 2, stratified=True)
    assert len(list_cross_validations(still.root)) == QUEUE_LIMIT


def test_stop_asks_the_waiting_folds_first(still: LocalEngine) -> None:
    study = open_cross_validation(
        still.root, start_cross_validation(still, still.root, CONFIG, 3, stratified=True)
    )
    stop_all(still, study)
    times = [run.folder.submitted() for run in study.runs if run]
    assert all(run.folder.stop_wanted() for run in study.runs if run)
    assert times == sorted(times, reverse=True)


def test_folds_that_never_began_are_begun(still: LocalEngine) -> None:
    """The server was killed while it submitted."""
    study_id = start_cross_validation(still, still.root, CONFIG, 3, stratified=False)
    first, second, third = (run.folder for run in open_cross_validation(still.root, study_id).runs if run)
    first.end("finished", step=60, validation_accuracy=0.5, validation_loss=1.5)
    runs_before = {first.id, third.id}
    second.end("stopped")
    delete_run(still.root, second.id)
    third.end("stopped")
    study = open_cross_validation(still.root, study_id)
    assert (study.runs[1], study.state, study.resumable) == (None, "interrupted", True)
    assert study.figures().scores == (Score(0, 0.5, 1.5),)

    resume_all(still, study)
    study = open_cross_validation(still.root, study_id)
    assert [run.state for run in study.runs if run] == ["finished", "queued", "queued"]
    assert runs_before < {run.id for run in study.runs if run}
    assert study.runs[1]
    assert study.runs[1].folder.read("config")["fold"] == {"number": 1, "folds": 3, "stratified": False}


@pytest.mark.parametrize(
    ("ends", "state"),
    [
        (["finished", "finished"], "finished"),
        (["finished", "stopped"], "stopped"),
        (["failed", "stopped"], "failed"),
        ([None, "failed"], "queued"),
    ],
)
def test_state_of_the_whole(still: LocalEngine, ends: list[run_dir.State | None], state: str) -> None:
    study_id = start_cross_validation(still, still.root, CONFIG, 2, stratified=True)
    for run, end in zip(open_cross_validation(still.root, study_id).runs, ends, strict=True):
        if run and end:
            run.folder.end(end, "because" if end == "failed" else "")
    study = open_cross_validation(still.root, study_id)
    assert (study.state, study.alive) == (state, state == "queued")
    assert study.reason == ("because" if "failed" in ends else "")


def test_delete_and_prune(still: LocalEngine) -> None:
    made = []
    for number in range(4):
        study = open_cross_validation(
            still.root, start_cross_validation(still, still.root, CONFIG, 2, stratified=True)
        )
        with pytest.raises(RunError, match="still going"):
            delete_all(still.root, study)
        if number != 1:
            for run in study.runs:
                assert run
                run.folder.end("finished")
        made.append(study.id)
    run_group.prune(still.root, list_cross_validations(still.root), kept=2)
    assert [study.id for study in list_cross_validations(still.root)] == [made[3], made[1]]  # 1 is alive

    delete_all(still.root, open_cross_validation(still.root, made[3]))
    with pytest.raises(RunError, match="no such cross-validation"):
        open_cross_validation(still.root, made[3])


def test_pruning_runs_leaves_studies_alone(still: LocalEngine) -> None:
    study = open_cross_validation(
        still.root, start_cross_validation(still, still.root, CONFIG, 2, stratified=True)
    )
    for run in study.runs:
        assert run
        run.folder.end("finished")
    prune(still.root, kept=0)
    assert open_cross_validation(still.root, study.id).state == "finished"


@pytest.mark.parametrize(
    ("change", "folds", "sentence"),
    [
        ({"keep_best": True}, 5, "switch both off"),
        ({}, 11, "from 2 to 10 folds"),
        ({"train_size": 100}, 10, "take more digits or fewer folds"),
    ],
)
def test_impossible_studies_start_nothing(
    still: LocalEngine, change: dict[str, int], folds: int, sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        start_cross_validation(still, still.root, replace(CONFIG, **change), folds, stratified=True)
    assert run_dir.all_folders(still.root) == []


@pytest.mark.parametrize("damage", ['{"created": 1, "config": {}, "study": "%s", "fold": null}', "{"])
def test_damaged_studies_are_left_out(still: LocalEngine, damage: str) -> None:
    study_id = start_cross_validation(still, still.root, CONFIG, 2, stratified=True)
    for folder in run_dir.all_folders(still.root):
        (folder.path / "config.json").write_text(damage % study_id if "%s" in damage else damage)
    assert list_cross_validations(still.root) == []
    with pytest.raises(RunError, match=r"damaged|no such"):
        open_cross_validation(still.root, study_id)


@pytest.mark.parametrize("bad", ["", "../x", "abcdefghijkl"])
def test_unknown_study(tmp_path: Path, bad: str) -> None:
    RunDir(tmp_path)
    with pytest.raises(RunError, match="no such cross-validation"):
        open_cross_validation(tmp_path, bad)
