"""A run's history comes back as it was written, and nothing damaged is ever loaded."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from cnnviz.checkpoints.format import Checkpoint, digest, freeze, load_checkpoint, parse_checkpoint, serialize
from cnnviz.errors import CheckpointError
from cnnviz.io.assets import MODELS
from cnnviz.networks.zoo import NETWORKS
from cnnviz.runs import recorder as recorder_module, run_dir
from cnnviz.runs.run import Run, history_of_run, open_run
from cnnviz.training.config import TrainConfig
from cnnviz.training.datasets import load_parts
from cnnviz.training.history import (
    HISTORY_BYTES,
    SNAPSHOTS,
    History,
    SnapshotRecorder,
    is_planned,
    load_history,
    parse_history,
    planned_steps,
)
from cnnviz.training.loop import Progress, fit

CONFIG = TrainConfig(
    network=NETWORKS["eight"], epochs=2, batch_size=50, train_size=1_100, validation_size=100, seed=4
)


@pytest.fixture(scope="module")
def records() -> list[Progress]:
    return list(fit(CONFIG, *load_parts(CONFIG)))


@pytest.fixture(scope="module")
def final(records: list[Progress]) -> Checkpoint:
    network = SnapshotRecorder(CONFIG, load_parts(CONFIG)[1]).network
    network.load_state_dict(records[-1].state)
    content = serialize(network)
    card = {"name": "eight", "seed": 4, "test": {"mnist": {}}, "preparation": {}}
    return Checkpoint(freeze(network), card, digest(content))


@pytest.fixture(scope="module")
def content(records: list[Progress], final: Checkpoint) -> bytes:
    keeper = SnapshotRecorder(CONFIG, load_parts(CONFIG)[1])
    for record in records:
        keeper.offer(record)
    keeper.close(records[-1])
    return keeper.content(final.digest)


def test_the_plan_is_dense_at_the_start_and_ends_at_the_end() -> None:
    steps = planned_steps(11_520, 28)

    assert (steps[0], steps[-1], len(steps)) == (0, 11_520, 29)
    gaps = [after - before for before, after in pairwise(steps)]
    assert gaps == sorted(gaps)
    assert gaps[0] < gaps[-1] / 50


def test_a_short_run_keeps_every_step_once() -> None:
    assert planned_steps(5, 28) == (0, 1, 2, 3, 4, 5)
    assert [is_planned(step - 1, step, 5, 28) for step in range(6)] == [True] * 6


def test_the_plan_does_not_depend_on_where_a_run_was_cut() -> None:
    whole = [step for step in range(0, 300, 7) if is_planned(step - 7, step, 300, 28)]
    second_half = [step for step in range(0, 300, 7) if step > 140 and is_planned(step - 7, step, 300, 28)]

    assert second_half == [step for step in whole if step > 140]


def test_moments_come_back_in_half_precision_and_the_last_exactly(
    content: bytes, final: Checkpoint, records: list[Progress]
) -> None:
    history = parse_history(content, final)

    by_step = {record.step: record for record in records}
    assert history.snapshots[0].step == 0
    assert history.snapshots[-1].step == history.steps == records[-1].step
    assert [snapshot.step for snapshot in history.snapshots] == sorted(
        {snapshot.step for snapshot in history.snapshots}
    )
    for index, snapshot in enumerate(history.snapshots[:-1]):
        loaded = history.checkpoint(index).model.state_dict()
        for name, value in by_step[snapshot.step].state.items():
            torch.testing.assert_close(loaded[name], value, rtol=2**-11, atol=1e-7)
    assert history.checkpoint(history.last) is final
    assert history.network(records[-1].step) is final.model


def test_every_moment_has_a_digest_a_frozen_network_and_only_what_was_true_then(
    content: bytes, final: Checkpoint
) -> None:
    history = parse_history(content, final)
    checkpoints = [history.checkpoint(index) for index in range(len(history.snapshots))]

    assert len({one.digest for one in checkpoints}) == len(checkpoints)
    assert not any(one.model.training for one in checkpoints)
    assert not any(weight.requires_grad for one in checkpoints for weight in one.model.parameters())
    assert checkpoints[0].card == {"name": "eight", "seed": 4}
    assert "test" in checkpoints[-1].card


def test_every_moment_is_measured(content: bytes, final: Checkpoint) -> None:
    snapshots = parse_history(content, final).snapshots

    assert all(snapshot.validation_accuracy is not None for snapshot in snapshots)
    assert snapshots[0].training_accuracy is None
    assert snapshots[-1].validation_accuracy > snapshots[0].validation_accuracy + 0.3  # type: ignore[operator]


def test_steps_are_found(content: bytes, final: Checkpoint) -> None:
    history = parse_history(content, final)
    second, third = history.snapshots[1].step, history.snapshots[2].step

    assert history.index_of(second) == 1
    assert history.index_of(10**9) == history.last
    assert history.index_of(-5) == 0
    with pytest.raises(CheckpointError, match="was not kept; these were: 0, "):
        history.network(10**9)
    assert third > second


def test_the_largest_value_is_that_of_all_moments(content: bytes, final: Checkpoint) -> None:
    history = parse_history(content, final)
    each = [
        float(history.checkpoint(index).model.state_dict()["conv1.weight"].abs().max())
        for index in range(len(history.snapshots))
    ]

    assert history.largest("conv1.weight") == max(each)


@pytest.mark.parametrize("length", [0, 7, 100, 2_000, -1])
def test_cut_off_files_are_refused(content: bytes, final: Checkpoint, length: int) -> None:
    with pytest.raises(CheckpointError):
        parse_history(content[:length], final)


def test_a_history_of_another_training_is_refused(content: bytes, final: Checkpoint) -> None:
    other = replace(final, digest="0123456789abcdef")

    with pytest.raises(CheckpointError, match="another training"):
        parse_history(content, other)


def _changed(content: bytes, change: Any) -> bytes:
    """The file after `change(tensors, metadata, moments)`."""
    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    tensors, snapshots = safetensors.torch.load(content), json.loads(metadata["moments"])
    change(tensors, metadata, snapshots)
    if metadata["moments"] != "damaged":
        metadata["moments"] = json.dumps(snapshots)
    return safetensors.torch.save(tensors, metadata)


def _put(**new: torch.Tensor) -> Any:
    return lambda tensors, _, __: tensors.update({"conv1.bias": new["bias"]})


DAMAGES = {
    "a value that is no number": lambda tensors, _, __: tensors["conv1.bias"][1, 0].fill_(float("nan")),
    "a missing layer": lambda tensors, _, __: tensors.pop("conv1.bias"),
    "another shape": _put(bias=torch.zeros(8, 3)),
    "another type": _put(bias=torch.zeros(8, 8, dtype=torch.int64)),
    "too few states": _put(bias=torch.zeros(7, 8)),
    "a number alone": _put(bias=torch.tensor(1.0)),
    "no list": lambda _, metadata, __: metadata.update(moments="damaged"),
    "a moment too many": lambda _, __, snapshots: snapshots.append({"step": 10**6, "epoch": 3.0}),
    "moments out of order": lambda _, __, snapshots: snapshots.reverse(),
    "an impossible accuracy": lambda _, __, snapshots: snapshots[1].update(validation_accuracy=1.5),
    "a step that is no number": lambda _, __, snapshots: snapshots[1].update(step="1"),
    "an epoch that is no number": lambda _, __, snapshots: snapshots[1].update(epoch=float("nan")),
    "best weights of a later step": lambda _, __, snapshots: snapshots[1].update(best_step=10**6),
    "an unknown figure": lambda _, __, snapshots: snapshots[1].update(color="red"),
    "no moments": lambda _, __, snapshots: snapshots.clear(),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_files_are_refused(content: bytes, final: Checkpoint, damage: Any) -> None:
    assert isinstance(parse_history(_changed(content, lambda *_: None), final), History)

    with pytest.raises(CheckpointError):
        parse_history(_changed(content, damage), final)


def test_default_has_room_for_all_moments_in_three_megabytes() -> None:
    config = TrainConfig(network=NETWORKS["default"])
    keeper = SnapshotRecorder(config, load_parts(CONFIG)[1])

    size = 2 * sum(tensor.numel() for tensor in keeper.network.state_dict().values())
    assert keeper.count == SNAPSHOTS
    assert keeper.count * size < HISTORY_BYTES


def test_a_model_without_a_history_says_so(tmp_path: Path, final: Checkpoint) -> None:
    (tmp_path / "bare.safetensors").write_bytes(serialize(final.model))

    with pytest.raises(CheckpointError, match="bare has no history"):
        load_history("bare", tmp_path)


@pytest.mark.parametrize("file", sorted(MODELS.glob("*.history.safetensors")), ids=lambda file: file.name)
def test_shipped_histories_are_small_and_end_in_their_model(file: Path) -> None:
    name = file.name.partition(".")[0]
    history = load_history(name)

    assert file.stat().st_size <= 1.1 * HISTORY_BYTES
    assert len(history.snapshots) >= 24
    assert history.snapshots[0].step == 0
    assert history.checkpoint(history.last).digest == load_checkpoint(name).digest
    accuracies = [snapshot.validation_accuracy or 0.0 for snapshot in history.snapshots]
    assert accuracies[0] < 0.3
    assert accuracies[-1] > 0.97


def test_the_default_model_ships_its_history() -> None:
    assert load_history("default").steps > 1_000


# ---- of runs ----


def _run(root: Path, progress: list[Progress], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(recorder_module, "WEIGHTS_SECONDS", 0.0)
    folder = run_dir.create(root, CONFIG.as_json())
    recorder = recorder_module.Recorder(folder, CONFIG)
    for record in progress:
        recorder.keep(record)
    return open_run(root, folder.id)


def _ended_run(root: Path, config: TrainConfig, progress: list[Progress], stopped: bool) -> Run:
    """Written down as the worker does, all but its card."""
    folder = run_dir.create(root, config.as_json())
    recorder = recorder_module.Recorder(folder, config)
    for record in progress:
        recorder.keep(record)
    position = progress[-1].position()
    assert position.best is not None
    folder.weights_file.write_bytes(serialize(recorder.network, position.best.state))
    folder.end("stopped" if stopped else "finished", step=position.step)
    return open_run(root, folder.id)


def test_a_run_has_a_history_while_it_is_going(
    tmp_path: Path, records: list[Progress], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _run(tmp_path, records[: len(records) // 2], monkeypatch)

    history = history_of_run(run)

    assert history is not None
    assert history.steps == records[-1].step
    assert history.snapshots[-1].step == records[len(records) // 2 - 1].step
    for index, snapshot in enumerate(history.snapshots):
        by_step = {record.step: record for record in records}
        loaded = history.checkpoint(index)
        assert torch.equal(
            loaded.model.state_dict()["conv1.weight"], by_step[snapshot.step].state["conv1.weight"]
        )
    assert history.checkpoint(history.last).digest == digest(run.weights())


def test_a_run_that_has_hardly_begun_has_none(
    tmp_path: Path, records: list[Progress], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert history_of_run(_run(tmp_path, [], monkeypatch)) is None
    assert history_of_run(_run(tmp_path, records[:1], monkeypatch)) is None


@pytest.mark.parametrize("stopped", [False, True])
def test_a_run_that_ended_with_its_best_weights_ends_in_their_moment(tmp_path: Path, stopped: bool) -> None:
    config = replace(CONFIG, optimizer="momentum", learning_rate=0.6, keep_best=True)  # up and down
    records = list(fit(config, *load_parts(config)))
    best = records[-1].best
    assert best is not None
    after = [record for record in records if record.step > best.step]
    assert after
    run = _ended_run(tmp_path, config, [*records[: -len(after)], after[0]] if stopped else records, stopped)

    history = history_of_run(run)

    assert history is not None
    *_, earlier, last = history.snapshots
    assert (last.best_step, last.validation_accuracy) == (best.step, best.accuracy)
    assert last.step == (after[0] if stopped else records[-1]).step > earlier.step
    assert earlier.best_step is None
    ended_with = history.checkpoint(history.last).model.state_dict()
    assert all(torch.equal(value, best.state[name]) for name, value in ended_with.items())


def test_a_history_that_is_shipped_says_whose_weights_are_best(final: Checkpoint) -> None:
    config = replace(CONFIG, optimizer="momentum", learning_rate=0.6, keep_best=True)
    training, validation = load_parts(config)
    keeper = SnapshotRecorder(config, validation)
    for record in fit(config, training, validation):
        keeper.offer(record)
    keeper.close(record)
    assert record.best is not None

    last = keeper.snapshots[-1]
    assert (last.step, last.best_step) == (record.step, record.best.step)
    assert last.validation_accuracy == record.best.accuracy
    assert parse_history(keeper.content(final.digest), final).snapshots == tuple(keeper.snapshots)


def test_a_snapshot_that_vanished_is_one_sentence(
    tmp_path: Path, records: list[Progress], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _run(tmp_path, records, monkeypatch)
    history = history_of_run(run)
    run.snapshots()[1][1].unlink()

    assert history is not None
    parse_checkpoint(run.weights())
    with pytest.raises(CheckpointError, match="cannot be read"):
        history.checkpoint(1)
