"""A training run that writes itself down: `train(folder)` is what the worker does.

After every record the run folder holds the figures; about once a second the latest weights;
every few seconds, and with each snapshot, the position from which the run can be taken up.
"""

import math
import time

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from cnnviz.cards import make_card
from cnnviz.checkpoints import check_state, serialize
from cnnviz.errors import CheckpointError, RunError
from cnnviz.files import write_atomically
from cnnviz.history import is_planned
from cnnviz.networks import Network
from cnnviz.run_folder import RunFolder
from cnnviz.train_config import TrainConfig
from cnnviz.training import Position, Progress, fit, load_parts

SNAPSHOTS = 32
SNAPSHOT_BYTES = 64_000_000  # of all snapshots of a run together
WEIGHTS_SECONDS = 1.0
POSITION_SECONDS = 10.0


def train(folder: RunFolder) -> None:
    """Train the folder's run from where it stands until it is finished or told to stop.

    Raises RunError when the run diverges, OSError when it cannot be written.
    """
    torch.set_num_threads(1)  # a second thread's spinning slows everybody on a busy machine
    config = TrainConfig.from_json(folder.read("config")["config"])
    position = load_position(folder)
    start = position.step if position else -1
    folder.cut_events(start)
    recorder = Recorder(folder, config, start)
    stopped = False
    for progress in fit(config, *load_parts(config), resume=position):
        recorder.keep(progress)
        position = progress.position()
        if stopped := folder.stop_wanted() and progress.step < progress.steps:
            break
    assert position is not None
    recorder.finish(position, stopped)


class Recorder:
    """Writes a run's records, weights and snapshots into its folder."""

    def __init__(self, folder: RunFolder, config: TrainConfig, start: int = -1):
        """start: the step of the last record already written; -1 when there is none."""
        self.folder = folder
        self.config = config
        self.network = Network(config.network)
        self.step = start
        events = folder.events()
        self.seconds = events[-1].get("seconds", 0.0) if events else 0.0  # of training, pauses left out
        self.since = time.perf_counter()
        self.weights_at = self.position_at = -math.inf

    def keep(self, progress: Progress) -> None:
        """Write one record down. Raises RunError when the numbers left the range of sense."""
        self._check(progress)
        now = time.perf_counter()
        self.seconds, self.since = self.seconds + now - self.since, now
        self.folder.append({**progress.figures(), "seconds": round(self.seconds, 2)})
        position, snapshot = progress.position(), self._is_snapshot(progress)
        self.step = progress.step
        if snapshot or now - self.weights_at > WEIGHTS_SECONDS:
            self._save_weights(position, snapshot)
        if snapshot or now - self.position_at > POSITION_SECONDS:
            self._save_position(position)

    def finish(self, position: Position, stopped: bool) -> None:
        """Save what was learnt, measure it once on the test sets, and say that the run has ended."""
        self._save_weights(position)
        self._save_position(position)
        self.network.load_state_dict(position.state)
        card = make_card("run", self.network.eval(), self.config, self.seconds)
        card["steps"] = position.step
        card["rebuild"] = (
            "fit(TrainConfig.from_json(card['training']), ...) on the same machine, for `steps` steps"
        )
        self.folder.write("card", card)
        accuracy = card["test"]["mnist"]["accuracy"]
        self.folder.end("stopped" if stopped else "finished", step=position.step, test_accuracy=accuracy)

    def _save_weights(self, position: Position, snapshot: bool = False) -> None:
        content = serialize(self.network, position.state)
        if snapshot:
            write_atomically(self.folder.snapshot_folder / f"step-{position.step:05d}.safetensors", content)
        write_atomically(self.folder.weights_file, content)
        self.weights_at = time.perf_counter()

    def _save_position(self, position: Position) -> None:
        tensors = {f"state:{name}": value.contiguous() for name, value in position.state.items()}
        tensors |= {f"optimizer:{name}": value.contiguous() for name, value in position.optimizer.items()}
        content = safetensors.torch.save(tensors, {"step": str(position.step)})
        write_atomically(self.folder.resume_file, content)
        self.position_at = time.perf_counter()

    def _check(self, progress: Progress) -> None:
        try:
            if not math.isfinite(progress.loss):
                raise CheckpointError("The loss is no longer a number.")
            check_state(self.network, progress.state)
        except CheckpointError as error:
            raise RunError(
                f"The training ran away at step {progress.step:,}: its numbers grew without bound. "
                f"Choose a learning rate below {self.config.learning_rate:g}."
            ) from error

    def _is_snapshot(self, progress: Progress) -> bool:
        """Whether the plan wants one between the record before this one and this one."""
        size = sum(value.nbytes for value in progress.state.values())
        count = max(8, min(SNAPSHOTS, SNAPSHOT_BYTES // size))
        return is_planned(self.step, progress.step, progress.steps, count)


def load_position(folder: RunFolder) -> Position | None:
    """Where the run can be taken up; None when it has not come that far or the file is damaged."""
    try:
        with safetensors.safe_open(folder.resume_file, "pt") as file:
            step = int(file.metadata()["step"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, safetensors.SafetensorError, TypeError, KeyError, ValueError):
        return None
    parts: dict[str, dict[str, Tensor]] = {"state": {}, "optimizer": {}}
    for key, value in tensors.items():
        part, _, name = key.partition(":")
        parts[part][name] = value
    return Position(step, parts["state"], parts["optimizer"])
