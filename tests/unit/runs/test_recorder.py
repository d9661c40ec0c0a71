"""A run writes itself down, and one that was cut off ends as if nothing had happened."""

import errno
import math
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from cnnviz.checkpoints.format import parse_checkpoint
from cnnviz.data.augmentation import Augmentation
from cnnviz.errors import DivergedError, RunError
from cnnviz.io.atomic import write_atomically
from cnnviz.networks.network import ConvBlock, NetworkConfig, build
from cnnviz.networks.zoo import NETWORKS
from cnnviz.runs import controller, recorder, run_dir
from cnnviz.runs.run import open_run
from cnnviz.runs.run_dir import RunDir
from cnnviz.training.config import TrainConfig
from cnnviz.training.datasets import load_parts
from cnnviz.training.loop import Progress, fit
from cnnviz.training.schedule import LearningRateChange, TrainingControl, learning_rate_at
from cnnviz.training.timer import Timer

# Everything that could spoil a repeat: batch normalization, dropout, augmentation, a schedule.
CONFIG = TrainConfig(
    network=NetworkConfig(
        convs=(ConvBlock(6, kernel=5, batch_norm=True), ConvBlock(8, kernel=5, batch_norm=True)), dropout=0.2
    ),
    epochs=2,
    batch_size=50,
    learning_rate=1e-2,
    optimizer="adamw",
    schedule="one_cycle",
    augmentation=Augmentation(shift=2, rotate=10, elastic=1),
    train_size=1_100,
    validation_size=100,
)
STEPS = 40


class Killed(BaseException):
    """Nothing in the product catches it."""


@pytest.fixture(autouse=True)
def no_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    def card(*_: object) -> dict[str, object]:
        return {"test": {"mnist": {"accuracy": 0.5}}}

    monkeypatch.setattr(recorder, "make_card", card)
    monkeypatch.setattr(recorder, "fitted_temperature", lambda *_: 1.0)


def new_folder(root: Path, config: TrainConfig = CONFIG) -> RunDir:
    return run_dir.create(root, config.as_json())


def test_finished_run_holds_everything(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    recorder.train(folder)

    run = open_run(tmp_path, folder.id)
    assert (run.state, run.test_accuracy) == ("finished", 0.5)
    *_, last = fit(CONFIG, *load_parts(CONFIG))
    events = run.events()
    assert [record["step"] for record in events] == list(range(STEPS + 1))
    assert events[-1]["validation_accuracy"] == last.validation_accuracy
    assert all(before["seconds"] <= after["seconds"] for before, after in pairwise(events))
    network = run.latest_network()
    assert all(torch.equal(value, last.state[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("killed_at", "changed"),
    [
        (0, {}),
        (17, {}),
        (STEPS, {}),
        (1, {"optimizer": "momentum"}),
        (17, {"optimizer": "momentum", "schedule": "cosine"}),
        (17, {"optimizer": "momentum", "schedule": "constant", "learning_rate": 0.1, "keep_best": True}),
        (STEPS, {"keep_best": True}),
        (8, {"patience": 2, "keep_best": True, "learning_rate": 1e-6}),
        (17, {"patience": 2, "learning_rate": 1e-6}),
    ],
)
def test_cut_off_run_ends_with_identical_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int, changed: dict[str, Any]
) -> None:
    config = replace(CONFIG, **changed)
    straight, broken = new_folder(tmp_path, config), new_folder(tmp_path, config)
    recorder.train(straight)

    keep = recorder.Recorder.keep

    def keep_then_die(self: recorder.Recorder, progress: Progress, *changes: Any) -> None:
        keep(self, progress, *changes)
        if progress.step == killed_at or progress.last:
            raise Killed

    monkeypatch.setattr(recorder.Recorder, "keep", keep_then_die)
    with pytest.raises(Killed):
        recorder.train(broken)
    assert broken.state() != "finished"
    monkeypatch.setattr(recorder.Recorder, "keep", keep)
    broken.prepare_resume()
    recorder.train(broken)

    assert broken.weights_file.read_bytes() == straight.weights_file.read_bytes()
    assert broken.resume_file.read_bytes() == straight.resume_file.read_bytes()
    expected, found = open_run(tmp_path, straight.id), open_run(tmp_path, broken.id)
    timing = ("steps_per_second", "images_per_second", "seconds", "time")
    assert [_without(record, timing) for record in found.events()] == [
        _without(record, timing) for record in expected.events()
    ]
    assert [(step, path.read_bytes()) for step, path in found.snapshots()] == [
        (step, path.read_bytes()) for step, path in expected.snapshots()
    ]


def test_stop_keeps_what_was_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = new_folder(tmp_path)
    keep = recorder.Recorder.keep

    def keep_then_stop(self: recorder.Recorder, progress: Progress, *changes: Any) -> None:
        keep(self, progress, *changes)
        if progress.step == 9:
            folder.ask("stop")

    monkeypatch.setattr(recorder.Recorder, "keep", keep_then_stop)
    recorder.train(folder)
    assert folder.state() == "stopped"
    assert folder.read("end")["step"] == folder.events()[-1]["step"] == 9
    state = {p.step: p.state for p in fit(CONFIG, *load_parts(CONFIG)) if p.step <= 9}[9]
    network = parse_checkpoint(folder.weights_file.read_bytes())
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


# What whoever watches does after the record of a step; a pause is held until somebody goes on.
SnapshotRequests = dict[int, Callable[[RunDir], None]]


@pytest.fixture
def train_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[RunDir, SnapshotRequests], None]:
    """train_with(folder, wishes): the run, steered at given steps; it raises Killed at a wish to."""
    keep, wait = recorder.Recorder.keep, controller.RunController._wait

    def train_with(folder: RunDir, wishes: SnapshotRequests) -> None:
        left = dict(wishes)

        def keep_then_ask(self: recorder.Recorder, progress: Progress, *changes: Any) -> None:
            keep(self, progress, *changes)
            if progress.step in left:
                left.pop(progress.step)(folder)

        def ask_then_wait(self: controller.RunController, step: int) -> bool:
            assert folder.state() == "paused"
            left.pop(-step, RunDir.ask_step)(folder)  # a wish in the pause at a step; else the next step
            return wait(self, step)

        monkeypatch.setattr(recorder.Recorder, "keep", keep_then_ask)
        monkeypatch.setattr(controller.RunController, "_wait", ask_then_wait)
        monkeypatch.setattr(controller, "POLL_SECONDS", 0.0)
        with folder.held():
            recorder.train(folder)

    return train_with


def pause(folder: RunDir) -> None:
    folder.ask("pause")


def go(folder: RunDir) -> None:
    folder.ask("go")


def die(_: RunDir) -> None:
    raise Killed


def test_pause_step_and_go_on_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, train_with: Callable[[RunDir, SnapshotRequests], None]
) -> None:
    config = replace(CONFIG, batch_size=5, epochs=1, keep_best=True)  # 200 steps, a record every other
    straight, paused = new_folder(tmp_path, config), new_folder(tmp_path, config)
    monkeypatch.setattr(recorder, "RECORDS", 40)  # one every five steps
    recorder.train(straight)
    train_with(paused, {10: pause, -13: go})
    assert paused.weights_file.read_bytes() == straight.weights_file.read_bytes()
    steps = [record["step"] for record in paused.events()]
    assert steps[:8] == [0, 5, 10, 11, 12, 13, 15, 20]  # every single step has its record
    assert paused.state() == "finished"


@pytest.mark.parametrize("killed_in", [12, -11, 20])
def test_paused_run_survives_its_process(
    tmp_path: Path, train_with: Callable[[RunDir, SnapshotRequests], None], killed_in: int
) -> None:
    """Killed right after a single step, while it waits, and after going on."""
    straight, paused = new_folder(tmp_path), new_folder(tmp_path)
    recorder.train(straight)
    with pytest.raises(Killed):
        train_with(paused, {10: pause, -12: go, killed_in: die})
    assert paused.state() == ("interrupted" if killed_in == 20 else "paused")
    train_with(paused, {-12: go})
    assert paused.weights_file.read_bytes() == straight.weights_file.read_bytes()
    assert [record["step"] for record in paused.events()] == list(range(STEPS + 1))


def test_long_pause_needs_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, train_with: Callable[[RunDir, SnapshotRequests], None]
) -> None:
    straight, paused = new_folder(tmp_path), new_folder(tmp_path)
    recorder.train(straight)
    monkeypatch.setattr(controller, "LINGER_SECONDS", 0.0)
    train_with(paused, {10: pause, -10: pause})
    assert paused.state() == "paused"
    assert paused.read("worker") == {"state": "paused"}
    assert recorder.load_position(paused).step == 10  # type: ignore[union-attr]
    paused.ask("go")
    train_with(paused, {})
    assert paused.weights_file.read_bytes() == straight.weights_file.read_bytes()


def test_pause_is_no_training_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, train_with: Callable[[RunDir, SnapshotRequests], None]
) -> None:
    """On a clock that only pauses and records move on; also for a run that is taken up in its pause."""
    now = [0.0]

    def clock() -> float:
        return now[0]

    def later(seconds: float, request: Callable[[RunDir], None]) -> Callable[[RunDir], None]:
        def wait_and_wish(folder: RunDir) -> None:
            now[0] += seconds
            request(folder)

        return wait_and_wish

    monkeypatch.setattr(recorder, "Timer", lambda: Timer(clock, clock))
    folder = new_folder(tmp_path)
    with pytest.raises(Killed):
        train_with(folder, {9: later(2, pause), -9: later(1_000, RunDir.ask_step), -10: die})
    train_with(folder, {-10: later(1_000, go), 20: later(3, lambda _: None)})
    assert folder.state() == "finished"
    assert folder.events()[-1]["seconds"] == 3  # from the record of step 20 to the next


def test_fetching_the_digits_is_no_training_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    fetch = recorder.digits_for

    def slow(*wanted: Any) -> Any:
        now[0] += 60
        return fetch(*wanted)

    monkeypatch.setattr(recorder, "Timer", lambda: Timer(lambda: now[0], lambda: now[0]))
    monkeypatch.setattr(recorder, "digits_for", slow)
    folder = new_folder(tmp_path)
    before = time.time()
    recorder.train(folder)

    assert now[0] == 60
    assert {record["seconds"] for record in folder.events()} == {0.0}
    assert before - 1 < folder.events()[0]["time"] <= folder.events()[-1]["time"] < time.time() + 1


def test_stop_in_a_pause(tmp_path: Path, train_with: Callable[[RunDir, SnapshotRequests], None]) -> None:
    folder = new_folder(tmp_path)
    train_with(folder, {10: pause, -11: lambda folder: folder.ask("stop")})
    assert folder.state() == "stopped"
    assert folder.read("end")["step"] == 11


def lower(folder: RunDir) -> None:
    folder.ask_rate(factor=0.1)


def hold(folder: RunDir) -> None:
    folder.ask_rate(rate=1e-3)


@pytest.mark.parametrize("killed_at", [8, 13, 25])
def test_changed_rate_is_repeated_by_a_run_taken_up_again(
    tmp_path: Path, train_with: Callable[[RunDir, SnapshotRequests], None], killed_at: int
) -> None:
    """Whether it is killed before, between or after the changes; the position may be older than they."""
    straight, broken, plain = (new_folder(tmp_path) for _ in range(3))
    train_with(straight, {7: lower, 12: hold})
    with pytest.raises(Killed):
        train_with(broken, {7: lower, 12: hold, killed_at: die})
    assert not broken.worker_lives()
    train_with(broken, {12: hold} if killed_at == 8 else {})
    assert broken.weights_file.read_bytes() == straight.weights_file.read_bytes()
    assert broken.read("changes")["changes"] == straight.read("changes")["changes"]

    rates = {record["step"]: record["learning_rate"] for record in broken.events()}
    planned = {step: learning_rate_at(CONFIG, step, STEPS) for step in range(STEPS + 1)}
    assert rates[6] == planned[6]
    assert rates[10] == pytest.approx(planned[10] / 10)
    assert [rates[step] for step in (13, 30, 40)] == [1e-3] * 3

    change_list = [LearningRateChange(**change) for change in broken.read("changes")["changes"]]
    *_, last = fit(CONFIG, *load_parts(CONFIG), control=TrainingControl(change_list))
    state = parse_checkpoint(broken.weights_file.read_bytes()).state_dict()
    assert all(torch.equal(last.state[name], value) for name, value in state.items())
    recorder.train(plain)
    assert plain.weights_file.read_bytes() != broken.weights_file.read_bytes()


def test_new_wish_replaces_what_was_recorded_for_later(
    tmp_path: Path, train_with: Callable[[RunDir, SnapshotRequests], None]
) -> None:
    folder = new_folder(tmp_path)
    with pytest.raises(Killed):
        train_with(folder, {3: lower, 36: hold, 37: die})
    position = recorder.load_position(folder)
    assert position is not None
    assert position.step == 35
    hold(folder)
    train_with(folder, {})
    steps = [change["step"] for change in folder.read("changes")["changes"]]
    assert steps == [3, position.step]


def test_run_driven_away_goes_back_to_the_schedule(
    tmp_path: Path, train_with: Callable[[RunDir, SnapshotRequests], None]
) -> None:
    config = replace(CONFIG, network=NETWORKS["wide"], optimizer="momentum")
    folder = new_folder(tmp_path, config)
    with pytest.raises(DivergedError, match="Resume goes back to step 9, before the rate was changed"):
        train_with(folder, {9: lambda folder: folder.ask_rate(rate=10.0)})
    folder.end("failed", "It ran away.", diverged=True)
    folder.prepare_resume()
    train_with(folder, {})
    assert folder.state() == "finished"
    assert folder.read("changes")["changes"] == [{"step": 9, "factor": 1.0, "rate": None}]
    straight = new_folder(tmp_path, config)
    recorder.train(straight)
    assert folder.weights_file.read_bytes() == straight.weights_file.read_bytes()


def test_best_weights_are_kept_and_named(tmp_path: Path) -> None:
    config = replace(CONFIG, optimizer="momentum", schedule="constant", learning_rate=0.1, keep_best=True)
    folder = new_folder(tmp_path, config)
    recorder.train(folder)
    run = open_run(tmp_path, folder.id)
    validated = [record for record in run.events() if record["validation_accuracy"] is not None]
    best = max(validated, key=lambda record: record["validation_accuracy"])
    assert run.events()[-1]["best_step"] == best["step"] == run.card()["steps"] < STEPS
    *_, (step, snapshot) = [pair for pair in run.snapshots() if pair[0] <= best["step"]]
    assert step == best["step"]
    assert snapshot.read_bytes() == folder.weights_file.read_bytes()


def test_snapshots_are_dense_at_the_start(tmp_path: Path) -> None:
    config = TrainConfig(
        network=NETWORKS["eight"], epochs=3, batch_size=8, train_size=1_300, validation_size=100
    )
    folder = new_folder(tmp_path, config)
    recorder.train(folder)
    steps = [step for step, _ in open_run(tmp_path, folder.id).snapshots()]
    assert 20 <= len(steps) <= 40
    assert (steps[0], steps[-1]) == (0, 450)
    gaps = [after - before for before, after in pairwise(steps)]
    assert gaps[0] <= 2
    assert gaps[-1] > 20


def test_large_networks_keep_fewer_snapshots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = sum(value.nbytes for value in build(CONFIG.network).state_dict().values())
    monkeypatch.setattr(recorder, "SNAPSHOT_BYTES", 10 * size)
    folder = new_folder(tmp_path)
    recorder.train(folder)
    assert 8 <= len(open_run(tmp_path, folder.id).snapshots()) <= 11


def test_diverging_run_says_so_and_keeps_the_last_good_weights(tmp_path: Path) -> None:
    config = replace(
        CONFIG, network=NETWORKS["wide"], optimizer="momentum", schedule="constant", learning_rate=10.0
    )
    folder = new_folder(tmp_path, config)
    with pytest.raises(RunError, match=r"ran away.*learning rate below 10\."):
        recorder.train(folder)
    network = parse_checkpoint(folder.weights_file.read_bytes())  # refuses numbers that are none
    assert all(value.isfinite().all() for value in network.state_dict().values())
    assert all(math.isfinite(record["loss"]) for record in folder.events())


@pytest.mark.parametrize("writes", [1, 2, 3, 5, 8])
def test_full_disk_keeps_the_last_good_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    folder = new_folder(tmp_path)
    left = [writes]
    real = recorder.write_atomically

    def run_full(path: Path, content: bytes) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, content)

    monkeypatch.setattr(recorder, "write_atomically", run_full)
    with pytest.raises(OSError, match="space"):
        recorder.train(folder)
    if folder.weights_file.exists():
        parse_checkpoint(folder.weights_file.read_bytes())
    monkeypatch.setattr(recorder, "write_atomically", real)
    recorder.train(folder)  # somebody made room
    assert folder.state() == "finished"
    assert [record["step"] for record in folder.events()] == list(range(STEPS + 1))


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"\x10" + b"\0" * 7 + b"{}" + b" " * 14])
def test_damaged_position_begins_again(tmp_path: Path, damage: bytes) -> None:
    folder = new_folder(tmp_path)
    assert recorder.load_position(folder) is None
    folder.resume_file.write_bytes(damage)
    assert recorder.load_position(folder) is None


@pytest.mark.parametrize(("pause", "between_snapshots"), [(math.inf, False), (0.0, True)])
def test_latest_weights_are_written_between_snapshots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pause: float, between_snapshots: bool
) -> None:
    written = []

    def note(path: Path, content: bytes) -> None:
        written.append(path.name)
        write_atomically(path, content)

    monkeypatch.setattr(recorder, "write_atomically", note)
    monkeypatch.setattr(recorder, "WEIGHTS_SECONDS", pause)
    folder = new_folder(tmp_path)
    recorder.train(folder)
    snapshots = len(open_run(tmp_path, folder.id).snapshots())
    expected = STEPS + 1 if between_snapshots else snapshots
    assert snapshots < STEPS
    assert written.count("weights.safetensors") == expected + 1  # and once at the end


def _without(record: dict[str, object], names: tuple[str, ...]) -> dict[str, object]:
    return {name: value for name, value in record.items() if name not in names}
