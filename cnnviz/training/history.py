"""The history of a training run: the network at a few snapshots, dense at the start.

is_planned(...)                  when a run takes a snapshot
SnapshotRecorder, save_history   collect a run's snapshots and write them: NAME.history.safetensors
load_history(name_or_path)       the history beside a saved model

The file holds, under each name of the network's state, all moments stacked: (S, ...), as float16,
exact to half a per mille, as they were trained; when they are read, the model's temperature is folded
into each of them (cnnviz.checkpoints.format). The last moment is the model itself and is not in the file.
"""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from cnnviz.checkpoints.format import (
    Checkpoint,
    check_state,
    current_names,
    digest,
    fold_temperature,
    freeze,
    load_checkpoint,
    read_header,
)
from cnnviz.data.mnist import Digits
from cnnviz.errors import CheckpointError
from cnnviz.evaluation.metrics import evaluate
from cnnviz.io.assets import MODELS
from cnnviz.io.atomic import write_atomically
from cnnviz.networks.network import Network
from cnnviz.training.config import TrainConfig
from cnnviz.training.loop import Progress


@dataclass(frozen=True)
class Snapshot:
    """Where a run stood. epoch: passes over its digits; accuracies in [0, 1], None when not measured.

    The last moment of a run that ended with its best weights has those, and their accuracy.
    """

    step: int
    epoch: float
    validation_accuracy: float | None = None
    training_accuracy: float | None = None  # over the last few batches
    best_step: int | None = None  # after which the weights were taken, when that was not this one

    def when(self, steps: int) -> str:
        """ "step 120 of 11,520 · epoch 0.31", or whose weights the run ended with."""
        if self.best_step is not None:
            return f"best weights, of step {self.best_step:,} of {steps:,}"
        return f"step {self.step:,} of {steps:,} · epoch {self.epoch:.2f}"


def snapshot_of(figures: dict[str, Any]) -> Snapshot:
    """Before its first step a run has trained on no batch, so that its accuracy there says nothing."""
    step = figures["step"]
    return Snapshot(
        step,
        float(figures["epoch"]),
        figures.get("validation_accuracy"),
        figures.get("accuracy") if step else None,
    )


def ended_with(last: Snapshot, best: int, accuracy: float) -> Snapshot:
    """The last moment with the weights of the best validation, which was after step `best`."""
    if best == last.step:
        return last
    return replace(last, validation_accuracy=accuracy, training_accuracy=None, best_step=best)


def read_snapshots(text: str) -> tuple[Snapshot, ...]:
    """The moments in order. Raises CheckpointError."""
    try:
        snapshots = tuple(Snapshot(**record) for record in json.loads(text))
        for snapshot in snapshots:
            accuracies = (snapshot.validation_accuracy, snapshot.training_accuracy)
            sane = type(snapshot.step) is int and math.isfinite(snapshot.epoch) and snapshot.epoch >= 0
            best = snapshot.best_step
            sane = sane and (best is None or (type(best) is int and 0 <= best < snapshot.step))
            if not sane or any(value is not None and not 0 <= value <= 1 for value in accuracies):
                raise ValueError("a moment's figures make no sense")
        steps = [snapshot.step for snapshot in snapshots]
        if len(steps) < 2 or steps != sorted(set(steps)) or steps[0] < 0:
            raise ValueError("the moments are not in order")
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"The history's list of moments is damaged: {error}.") from error
    return snapshots


SNAPSHOTS = 28  # of a shipped model's history, besides the model itself
FEWEST = 8
HISTORY_BYTES = 3_000_000  # of a history file; a large network keeps fewer moments, but FEWEST


class History:
    """The moments of one model's training, first to last; the last is the model itself.

    name: of the training; with a moment's step it names that moment in caches. steps: of the whole
    run, also while it is going. `load` returns a moment's checkpoint by index.
    """

    def __init__(
        self, name: str, snapshots: tuple[Snapshot, ...], steps: int, load: Callable[[int], Checkpoint]
    ):
        self.name = name
        self.snapshots = snapshots
        self.steps = steps
        self.checkpoint = load
        self._largest: dict[str, float] = {}

    @property
    def last(self) -> int:
        return len(self.snapshots) - 1

    def index_of(self, step: int) -> int:
        """The moment nearest to a step."""
        return min(range(len(self.snapshots)), key=lambda index: abs(self.snapshots[index].step - step))

    def network(self, step: int) -> Network:
        """The network as it was after `step`, frozen. Raises CheckpointError for a step not kept."""
        index = self.index_of(step)
        if self.snapshots[index].step != step:
            kept = ", ".join(str(snapshot.step) for snapshot in self.snapshots)
            raise CheckpointError(f"Step {step:,} was not kept; these were: {kept}.")
        return self.checkpoint(index).model

    def largest(self, name: str) -> float:
        """The largest |value| of one part of the state ("conv1.weight") at any moment."""
        if name not in self._largest:
            states = (self.checkpoint(index).model.state_dict() for index in range(len(self.snapshots)))
            self._largest[name] = max(float(state[name].abs().max()) for state in states)
        return self._largest[name]


# ---- when to take a snapshot ----


def planned_steps(steps: int, count: int) -> tuple[int, ...]:
    """At most count + 1 steps from 0 to `steps`, quadratic in time: a network changes most at the start."""
    return tuple(sorted({round(steps * (number / count) ** 2) for number in range(count + 1)}))


def is_planned(before: int, step: int, steps: int, count: int) -> bool:
    """Whether a planned step lies after the record `before` and not after the record `step`.

    It depends on nothing else, so that a run taken up again keeps the same snapshots.
    """
    return any(before < planned <= step for planned in planned_steps(steps, count))


# ---- writing ----


class SnapshotRecorder:
    """Collects a run's moments in half precision while it is trained."""

    def __init__(self, config: TrainConfig, validation: Digits):
        """validation: by which the moments are measured that the run itself does not measure."""
        self.config = config
        self.network = Network(config.network).eval()
        self.validation = validation
        size = 2 * sum(tensor.numel() for tensor in self.network.state_dict().values())
        self.count = max(FEWEST, min(SNAPSHOTS, HISTORY_BYTES // size))
        self.snapshots: list[Snapshot] = []
        self._states: list[dict[str, Tensor]] = []

    def offer(self, progress: Progress) -> None:
        """Keep this record if the plan wants one here. Raises CheckpointError for unusable weights."""
        before = self.snapshots[-1].step if self.snapshots else -1
        if is_planned(before, progress.step, progress.steps, self.count):
            self._keep(progress)

    def close(self, progress: Progress) -> None:
        """The run's last record is kept in any case."""
        if self.snapshots and self.snapshots[-1].step >= progress.step:
            self.snapshots.pop()
            self._states.pop()
        self._keep(progress)
        if self.config.keep_best and progress.best:
            self.snapshots[-1] = ended_with(self.snapshots[-1], progress.best.step, progress.best.accuracy)

    def _keep(self, progress: Progress) -> None:
        check_state(self.network, progress.state)
        self.network.load_state_dict(progress.state)
        accuracy = progress.validation_accuracy
        if accuracy is None and len(self.validation):
            accuracy = evaluate(self.network, self.validation.images, self.validation.labels).accuracy
        self.snapshots.append(snapshot_of({**progress.figures(), "validation_accuracy": accuracy}))
        self._states.append({name: _halved(tensor) for name, tensor in progress.state.items()})

    def content(self, model_digest: str) -> bytes:
        """The history file of the model with this digest, which is the last moment kept."""
        stacked = {
            name: torch.stack([state[name] for state in self._states[:-1]]).contiguous()  # (S, ...)
            for name in self._states[0]
        }
        metadata = {
            "network": json.dumps(self.network.config.as_json()),
            "model": model_digest,
            "moments": json.dumps([asdict(snapshot) for snapshot in self.snapshots]),
        }
        return safetensors.torch.save(stacked, metadata)


def save_history(model_file: Path, history: SnapshotRecorder) -> None:
    """Write the history beside a saved model; the old one stays whole if the disk is full."""
    try:
        content = history.content(digest(model_file.read_bytes()))
        write_atomically(history_file(model_file), content)
    except OSError as error:
        raise CheckpointError(f"The history could not be saved: {error.strerror}.") from error


# ---- reading ----


def history_file(model_file: Path) -> Path:
    """Where the history of a saved model lies: NAME.history.safetensors."""
    return model_file.with_suffix(".history.safetensors")


def load_history(name_or_path: str | Path = "default", folder: Path = MODELS) -> History:
    """The history beside a shipped model or a checkpoint file. Raises CheckpointError."""
    final = load_checkpoint(name_or_path, folder)
    path = Path(name_or_path)
    if path.suffix != ".safetensors":
        path = folder / f"{name_or_path}.safetensors"
    try:
        content = history_file(path).read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path.stem} has no history: {error.strerror}.") from error
    return parse_history(content, final)


def parse_history(content: bytes, final: Checkpoint) -> History:
    """The history in a file's bytes, ending in `final`. Raises CheckpointError; all is checked first."""
    metadata = read_header(content).get("__metadata__", {})
    if metadata.get("model") != final.digest:
        raise CheckpointError("The history belongs to another training of this model.")
    snapshots = read_snapshots(metadata.get("moments", ""))
    try:
        stacked = current_names(safetensors.torch.load(content))
    except safetensors.SafetensorError as error:
        raise CheckpointError(f"The history is damaged or cut off: {error}.") from error
    if {len(tensor) if tensor.ndim else -1 for tensor in stacked.values()} != {len(snapshots) - 1}:
        raise CheckpointError("The history does not hold as many states as moments.")
    for index in range(len(snapshots) - 1):
        check_state(final.model, _state(stacked, index))

    def load(index: int) -> Checkpoint:
        if index == len(snapshots) - 1:
            return final
        network = Network(final.model.config)
        state = fold_temperature(_state(stacked, index), final.card.get("temperature", 1.0))
        network.load_state_dict(state)
        return Checkpoint(
            freeze(network), earlier_card(final.card), f"{final.digest}-{snapshots[index].step}"
        )

    return History(final.digest, snapshots, snapshots[-1].step, load)


def earlier_card(card: dict[str, Any]) -> dict[str, Any]:
    """What a model's card says that was true before its training ended, too."""
    return {name: card[name] for name in ("name", "parameters", "seed", "training", "data") if name in card}


def _state(stacked: dict[str, Tensor], index: int) -> dict[str, Tensor]:
    return {
        name: tensor[index].float() if tensor.is_floating_point() else tensor[index]
        for name, tensor in stacked.items()
    }


def _halved(tensor: Tensor) -> Tensor:
    return tensor.half() if tensor.is_floating_point() else tensor.clone()
