"""Moments in words, and what a run that ended with its best weights says of its last one."""

import json
from dataclasses import asdict

from cnnviz.training.history import Snapshot, ended_with, read_snapshots, snapshot_of

LAST = Snapshot(9, 2.0, 0.9, 0.95)


def test_a_moment_in_words() -> None:
    assert Snapshot(1_204, 3.136).when(11_520) == "step 1,204 of 11,520 · epoch 3.14"
    assert ended_with(LAST, 7, 0.92).when(9) == "best weights, of step 7 of 9"


def test_the_best_weights_bring_their_own_accuracy() -> None:
    assert ended_with(LAST, 7, 0.92) == Snapshot(9, 2.0, 0.92, None, best_step=7)
    assert ended_with(LAST, 9, 0.9) == LAST


def test_before_its_first_step_a_run_has_read_no_batch() -> None:
    figures = {"epoch": 0.0, "accuracy": 0.0, "validation_accuracy": 0.1}
    assert snapshot_of({**figures, "step": 0}) == Snapshot(0, 0.0, 0.1, None)
    assert snapshot_of({**figures, "step": 1}) == Snapshot(1, 0.0, 0.1, 0.0)


def test_written_and_read() -> None:
    snapshots = (Snapshot(0, 0.0), ended_with(LAST, 7, 0.92))
    assert read_snapshots(json.dumps([asdict(snapshot) for snapshot in snapshots])) == snapshots
