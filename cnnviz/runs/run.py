"""The training runs of a machine, for whoever looks at them: pages, the model picker, scripts.

list_runs(root)         the newest runs
open_run(root, id)      one of them
Run                     what a run was at the moment it was opened
delete_run, prune       make room
"""

import datetime
import functools
import itertools
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnviz.checkpoints.format import SIZE_LIMIT, Checkpoint, read_checkpoint
from cnnviz.errors import CheckpointError, CnnvizError, RunError
from cnnviz.networks.network import Network, shape_title
from cnnviz.networks.zoo import NETWORKS, TITLES
from cnnviz.numbers import percent
from cnnviz.runs import run_dir
from cnnviz.runs.run_dir import ALIVE, RunDir, State
from cnnviz.training.config import TrainConfig
from cnnviz.training.history import History, earlier_card, ended_with, snapshot_of
from cnnviz.training.recipes import PRESETS, RECIPES

LISTED = 20
KEPT = 50
KEPT_BYTES = 500_000_000


@dataclass(frozen=True)
class Run:
    """A run as it was when it was opened; open it again for what has happened since."""

    folder: RunDir
    config: TrainConfig
    created: float  # seconds since 1970
    state: State
    reason: str  # one sentence, when there is something to say about how it ended
    test_accuracy: float | None  # on MNIST's 10,000 test digits, measured when the run ended

    @property
    def id(self) -> str:
        return self.folder.id

    @property
    def title(self) -> str:
        """For a menu: network, epochs, how good or how far, when."""
        epochs = f"{self.config.epochs} epoch" + "s" * (self.config.epochs != 1)
        worth = self.state if self.test_accuracy is None else percent(self.test_accuracy)
        return f"{network_title(self.config)}, {epochs}, {worth} · {_clock(self.created)}"

    @property
    def alive(self) -> bool:
        return self.state in ALIVE

    @property
    def busy(self) -> bool:
        """Alive and not paused: it trains, or waits for its turn."""
        return self.alive and self.state != "paused"

    @property
    def has_weights(self) -> bool:
        return self.folder.weights_file.exists()

    @property
    def resumable(self) -> bool:
        return self.state in ("stopped", "interrupted", "failed")

    def events(self) -> list[dict[str, Any]]:
        """The figures of every record (Progress.figures() and `seconds`), in order."""
        return self.folder.events()

    def best_step(self, events: Sequence[dict[str, Any]]) -> int | None:
        """After which step its weights were taken, once it has ended with those of its best validation."""
        if not events or not self.config.keep_best:
            return None
        last = events[-1]
        trained = last.get("ended_early") or last["step"] == last.get("steps")
        over = trained or self.state in ("finished", "stopped")
        return last.get("best_step") if over else None

    def weights(self) -> bytes:
        """The latest weights: a safetensors file. Raises RunError when there are none yet."""
        try:
            with self.folder.weights_file.open("rb") as file:
                return file.read(SIZE_LIMIT + 1)
        except OSError as error:
            raise RunError("This run has no weights yet; wait until its first step is done.") from error

    def latest_network(self) -> Network:
        """The network with its latest weights, frozen. Raises RunError, CheckpointError."""
        return read_checkpoint(self.weights(), self.card()).model

    def card(self) -> dict[str, Any]:
        """The card of the model a run ended with; before that, and once it goes on, what was asked for."""
        return (self.folder.read("end") and self.folder.read("card")) or {
            "name": "run",
            "seed": self.config.seed,
            "training": self.config.as_json(),
        }

    def snapshots(self) -> list[tuple[int, Path]]:
        """(step, checkpoint file) of the run's history, in order."""
        files = sorted(self.folder.snapshot_folder.glob("step-*.safetensors"))
        return sorted((int(file.stem.removeprefix("step-")), file) for file in files)


def open_run(root: Path, run_id: str) -> Run:
    """The run called `run_id`. Raises RunError when there is none, or its files are damaged."""
    return _read(run_dir.find(root, run_id))


def list_runs(root: Path, limit: int = LISTED) -> list[Run]:
    """The newest runs, newest first; damaged ones and the parts of studies are left out."""
    runs = []
    alone = (folder for folder in run_dir.all_folders(root) if not folder.group)
    for folder in itertools.islice(alone, limit):
        try:
            runs.append(_read(folder))
        except RunError:
            continue
    return runs


def delete_run(root: Path, run_id: str) -> None:
    """Remove a run and all its files. Raises RunError while it is alive."""
    folder = run_dir.find(root, run_id)
    if folder.state() in ALIVE:
        raise RunError("This run is still going; stop it before deleting it.")
    shutil.rmtree(folder.path, ignore_errors=True)


def prune(root: Path, kept: int = KEPT, kept_bytes: int = KEPT_BYTES) -> None:
    """Delete the oldest ended runs until at most `kept` and `kept_bytes` are left; studies stay."""
    folders = [folder for folder in run_dir.all_folders(root) if not folder.group]
    sizes = {folder.id: _size(folder.path) for folder in folders}
    for folder in reversed(folders):
        if len(sizes) <= kept and sum(sizes.values()) <= kept_bytes:
            return
        if folder.state() not in ALIVE:
            shutil.rmtree(folder.path, ignore_errors=True)
            del sizes[folder.id]


def history_of_run(run: Run) -> History | None:
    """The snapshots of a run, ending in its latest weights; None before there are two moments."""
    events = run.events()
    figures = {record["step"]: record for record in events}
    files = [(step, path) for step, path in run.snapshots() if step in figures]
    if not files:
        return None
    latest = max(figures)
    snapshots = [snapshot_of(figures[step]) for step, _ in files]
    if latest > snapshots[-1].step:
        snapshots.append(snapshot_of(figures[latest]))
    best = run.best_step(events)
    if best is not None and best in figures:
        snapshots[-1] = ended_with(snapshots[-1], best, figures[best]["validation_accuracy"])
    if len(snapshots) < 2:
        return None

    def load(index: int) -> Checkpoint:
        card = run.card()
        if index == len(snapshots) - 1:
            return read_checkpoint(run.weights(), card)
        return read_checkpoint(_content(files[index][1]), earlier_card(card), card.get("temperature"))

    return History(run.id, tuple(snapshots), int(figures[latest]["steps"]), load)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"The snapshot {path.name} cannot be read: {error.strerror}.") from error


def network_title(config: TrainConfig) -> str:
    """The network's short name if it has one, else its filters and units."""
    names = [TITLES[name] for name, network in NETWORKS.items() if network == config.network]
    names += [preset.title for name, preset in PRESETS.items() if RECIPES[name].network == config.network]
    return names[0].split(" · ")[0] if names else f"Own network · {shape_title(config.network)}"


def _read(folder: RunDir) -> Run:
    record, end = folder.read("config"), folder.read("end")
    accuracy = end.get("test_accuracy")
    try:
        config = _config(json.dumps(record["config"]))
        created = float(record["created"])
        datetime.datetime.fromtimestamp(created)
        if accuracy is not None:
            accuracy = float(accuracy)
    except (KeyError, TypeError, ValueError, ArithmeticError, OSError, AttributeError, CnnvizError) as error:
        raise RunError("This run's files are damaged.") from error
    return Run(folder, config, created, folder.state(), str(end.get("reason", "")), accuracy)


@functools.lru_cache(maxsize=2 * KEPT)
def _config(content: str) -> TrainConfig:
    """Cached, because checking the network's shapes takes longer than all the rest of a listing."""
    return TrainConfig.from_json(json.loads(content))


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:  # replaced while we looked
            continue
    return total


def _clock(created: float) -> str:
    """14:05, with the day when it was not today; in the machine's time zone."""
    then, now = datetime.datetime.fromtimestamp(created), datetime.datetime.now()
    return f"{then:%H:%M}" if then.date() == now.date() else f"{then.day} {then:%b %H:%M}"
