"""A training run that writes itself down: `train(folder)` is what the worker does.

After every record the run folder holds the figures; about once a second the latest weights;
every few seconds, and with each snapshot, the position from which the run can be taken up.
"""

import json
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import safetensors
import safetensors.torch
import torch

from cnnviz.checkpoints.format import check_state, current_names, fold_temperature, serialize
from cnnviz.errors import CheckpointError, DivergedError
from cnnviz.io.atomic import write_atomically
from cnnviz.networks.network import Network
from cnnviz.runs.controller import Action, RunController
from cnnviz.runs.queue import QueueSlot
from cnnviz.runs.run_dir import RunDir
from cnnviz.runs.task import Task, digits_for, task_of
from cnnviz.training.config import TrainConfig
from cnnviz.training.history import is_planned
from cnnviz.training.loop import Best, Position, Progress, State, fit
from cnnviz.training.model_card import fitted_temperature, make_card
from cnnviz.training.schedule import LearningRateChange, TrainingControl
from cnnviz.training.timer import Timer

RECORDS = 300
TASK_RECORDS = 60  # of a run of several, of which many are on screen at once
SNAPSHOTS = 32
SNAPSHOT_BYTES = 64_000_000  # of all snapshots of a run together
WEIGHTS_SECONDS = 1.0
POSITION_SECONDS = 10.0


def train(folder: RunDir, slot: QueueSlot | None = None) -> None:
    """Train the folder's run from where it stands until it is finished, told to stop, or long paused.

    slot: given back while the run pauses. Raises RunError when the run diverges, OSError when it
    cannot be written.
    """
    torch.set_num_threads(1)  # a second thread's spinning slows everybody on a busy machine
    asked = folder.read("config")
    config = TrainConfig.from_json(asked["config"])
    task = task_of(asked)
    position = load_position(folder)
    start = position.step if position else -1
    folder.cut_events(start)
    controller = RunController(folder, slot, max(start, 0))
    recorder = Recorder(folder, config, start, snapshots=0 if task else SNAPSHOTS)
    if isinstance(slot, RemoteExecutor):  # waiting here for what is computed there is no sleep
        recorder.watch = Timer(computing=time.perf_counter)
    decide: Action = "train"
    if position:
        decide = controller.decide(position.step)
        recorder.watch.reset()
        recorder.keep_from_change(position, controller.changes)
    source = slot.records if isinstance(slot, RemoteExecutor) else local_records
    records = source(config, task, position, controller) if decide == "train" else ()
    recorder.watch.reset()  # fetching the digits is no training
    for progress in records:
        recorder.keep(progress, controller.changes)
        position = progress.position()
        if progress.last:
            break
        controller.look(progress.step)
        if pauses := controller.pauses(progress.step):
            recorder.secure(position)
        decide = controller.decide(progress.step)
        if pauses:
            recorder.watch.reset()
        recorder.keep_from_change(position, controller.changes)
        if decide != "train":
            break
    if decide == "leave":
        return
    assert position is not None
    if task:
        recorder.finish_task(position, decide == "stop")
    else:
        recorder.finish(position, decide == "stop")


@runtime_checkable
class RemoteExecutor(Protocol):
    """A slot that is not on this machine, and brings the records itself."""

    def records(
        self, config: TrainConfig, task: Task | None, resume: Position | None, controller: RunController
    ) -> Iterator[Progress]: ...


def local_records(
    config: TrainConfig, task: Task | None, resume: Position | None, control: TrainingControl
) -> Iterator[Progress]:
    """Train here, on the digits that are for this part if it is one."""
    records = TASK_RECORDS if task else RECORDS
    return fit(config, *digits_for(config, task), records=records, resume=resume, control=control)


class Recorder:
    """Writes a run's records, weights and snapshots into its folder."""

    def __init__(self, folder: RunDir, config: TrainConfig, start: int = -1, snapshots: int = SNAPSHOTS):
        """start: the step of the last record already written; -1 when there is none."""
        self.folder = folder
        self.config = config
        self.network = Network(config.network)
        self.step = start
        self.snapshots = snapshots
        events = folder.events()
        self.seconds = events[-1].get("seconds", 0.0) if events else 0.0  # of training, pauses left out
        self.watch = Timer()
        self.weights_at = self.position_at = -math.inf

    def keep(self, progress: Progress, changes: Sequence[LearningRateChange] = ()) -> None:
        """Write one record down; `changes`: of the rate, so far. Raises DivergedError."""
        self._check(progress, changes)
        lap = self.watch.lap()
        self.seconds += lap if progress.step else 0.0  # before the first step nothing is trained
        now = time.perf_counter()
        times = {"seconds": round(self.seconds, 2), "time": round(time.time(), 2)}
        self.folder.append({**progress.figures(), **times})
        position, snapshot = progress.position(), self._is_snapshot(progress)
        self.step = progress.step
        if snapshot or now - self.weights_at > WEIGHTS_SECONDS:
            ended_best = progress.last and self.config.keep_best and progress.best
            self._save_weights(ended_best.step if ended_best else progress.step, progress.state, snapshot)
        if snapshot or now - self.position_at > POSITION_SECONDS:
            self._save_position(position)

    def secure(self, position: Position) -> None:
        """Save everything before a pause, in which the process may end in any way."""
        self._save_weights(position.step, position.state)
        self._save_position(position)

    def keep_from_change(self, position: Position, changes: Sequence[LearningRateChange]) -> None:
        """Before training on at a changed rate: what to go back to, should the run run away."""
        if changes and changes[-1].step == position.step:
            self._save_position(position, self.folder.before_file)

    def finish(self, position: Position, stopped: bool) -> None:
        """Save what was learned, measure it once on the test sets, and say that the run has ended."""
        self._save_position(position)
        step, state = position.step, position.state
        if self.config.keep_best and position.best:
            step, state = position.best.step, position.best.state
        self.network.load_state_dict(state)
        temperature = fitted_temperature(self.network.eval(), self.config)
        state = fold_temperature(state, temperature)
        self.network.load_state_dict(state)
        self._save_weights(step, state)
        card = make_card("run", self.network, self.config, self.seconds, temperature)
        card["steps"] = step
        card["rebuild"] = (
            "fit(TrainConfig.from_json(card['training']), ...) on the same machine, for `steps` steps"
        )
        self.folder.write("card", card)
        accuracy = card["test"]["mnist"]["accuracy"]
        self.folder.end("stopped" if stopped else "finished", step=position.step, test_accuracy=accuracy)

    def finish_task(self, position: Position, stopped: bool) -> None:
        """Save what was learned; the last record has the validation figures, no test digit is read."""
        self._save_position(position)
        self._save_weights(position.step, position.state)
        last = self.folder.events()[-1]
        figures = {name: last[name] for name in ("validation_accuracy", "validation_loss")}
        self.folder.end("stopped" if stopped else "finished", step=position.step, **figures)
        if not stopped:
            self.folder.resume_file.unlink(missing_ok=True)

    def _save_weights(self, step: int, state: State, snapshot: bool = False) -> None:
        content = serialize(self.network, state)
        if snapshot:
            write_atomically(self.folder.snapshot_folder / f"step-{step:05d}.safetensors", content)
        write_atomically(self.folder.weights_file, content)
        self.weights_at = time.perf_counter()

    def _save_position(self, position: Position, file: Path | None = None) -> None:
        tensors = {f"state:{name}": value.contiguous() for name, value in position.state.items()}
        tensors |= {f"optimizer:{name}": value.contiguous() for name, value in position.optimizer.items()}
        figures: dict[str, Any] = {"step": position.step}
        if best := position.best:
            figures["best"] = [best.step, best.accuracy, best.waited]
            tensors |= {f"best:{name}": value.contiguous() for name, value in best.state.items()}
        content = safetensors.torch.save(tensors, {"position": json.dumps(figures)})
        write_atomically(file or self.folder.resume_file, content)
        if not file:
            self.position_at = time.perf_counter()

    def _check(self, progress: Progress, changes: Sequence[LearningRateChange]) -> None:
        try:
            if not math.isfinite(progress.loss):
                raise CheckpointError("The loss is no longer a number.")
            check_state(self.network, progress.state)
        except CheckpointError as error:
            cure = f"Choose a learning rate below {self.config.learning_rate:g}."
            if changes and changes[-1].step < progress.step:
                cure = f"Resume goes back to step {changes[-1].step:,}, before the rate was changed."
            raise DivergedError(
                f"The training ran away at step {progress.step:,}: its numbers grew without bound. {cure}"
            ) from error

    def _is_snapshot(self, progress: Progress) -> bool:
        """Whether the plan wants one between the record before this one and this one."""
        if not self.snapshots:
            return False
        size = sum(value.nbytes for value in progress.state.values())
        count = max(8, min(self.snapshots, SNAPSHOT_BYTES // size))
        return is_planned(self.step, progress.step, progress.steps, count)


def load_position(folder: RunDir) -> Position | None:
    """Where the run can be taken up; None when it has not come that far or the file is damaged."""
    try:
        with safetensors.safe_open(folder.resume_file, "pt") as file:
            figures = json.loads(file.metadata()["position"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        groups: dict[str, State] = {"state": {}, "optimizer": {}, "best": {}}
        for key, value in current_names(tensors).items():
            task, _, name = key.partition(":")
            groups[task][name] = value
        best = None
        if "best" in figures:
            step, accuracy, waited = figures["best"]
            best = Best(step, accuracy, waited, groups["best"])
        return Position(int(figures["step"]), groups["state"], groups["optimizer"], best)
    except (OSError, safetensors.SafetensorError, TypeError, KeyError, ValueError):
        return None
