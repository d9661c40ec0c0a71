"""Runs that belong together: the folds of a cross-validation, the points of a sweep.

RunGroup                   what they were at the moment they were opened
submit_all(...)          submits a run for each part through an engine
stop_all, end_all, resume_all, delete_all, prune
members(root, kind)      the folders of every set whose parts are of that kind

A set has no file of its own: it is the runs whose folders name it, so nothing can disagree.
"""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cnnviz.errors import RunError
from cnnviz.runs import run_dir
from cnnviz.runs.engine import Engine
from cnnviz.runs.run import Run, delete_run
from cnnviz.runs.run_dir import RunDir, State
from cnnviz.runs.task import Task
from cnnviz.training.config import TrainConfig

KEPT = 12
_ORDER: tuple[State, ...] = (
    "running",
    "queued",
    "paused",
    "failed",
    "interrupted",
    "stopped",
    "finished",
)


@dataclass(frozen=True)
class RunGroup(ABC):
    """As it was when it was opened; open it again for what has happened since."""

    id: str
    created: float  # seconds since 1970
    runs: tuple[Run | None, ...]  # one a part, in order; None: not begun, because the server ended

    @abstractmethod
    def asked(self) -> list[tuple[TrainConfig, Task]]:
        """What each run is to train, in order."""

    def settled(self, run: Run) -> bool:
        """Whether a run has ended with an answer, so that there is nothing to take up."""
        return run.state == "finished"

    @property
    def states(self) -> list[State]:
        """Of each run; finished once it is settled."""
        return [
            "interrupted" if run is None else "finished" if self.settled(run) else run.state
            for run in self.runs
        ]

    @property
    def state(self) -> State:
        """Running as long as any run is, finished when all are; else what stands in the way."""
        return next(state for state in _ORDER if state in self.states)

    @property
    def alive(self) -> bool:
        return any(run and run.alive for run in self.runs)

    @property
    def resumable(self) -> bool:
        return not self.alive and any(state in ("stopped", "interrupted", "failed") for state in self.states)

    @property
    def reason(self) -> str:
        """Why a run failed; empty when none did."""
        states = zip(self.runs, self.states, strict=True)
        return next((run.reason for run, state in states if run and state == "failed"), "")


def submit_all(engine: Engine, asked: Sequence[tuple[TrainConfig, Task]]) -> str:
    """Submit every run; returns the set's unguessable id. Raises RunError."""
    group_id = secrets.token_urlsafe(9)
    for config, task in asked:
        engine.submit(config, group_id, task)
    return group_id


def stop_all(engine: Engine, chosen: RunGroup) -> None:
    """Have every run save what it learned and end; the waiting ones first, so that none begins."""
    _for_all(chosen, engine.stop)


def end_all(engine: Engine, chosen: RunGroup) -> None:
    """End every run at once; they keep what they saved last."""
    _for_all(chosen, engine.kill)


def resume_all(engine: Engine, chosen: RunGroup) -> None:
    """Take up every run that was stopped or cut off, begin those that never were. Raises RunError."""
    for (config, task), run in zip(chosen.asked(), chosen.runs, strict=True):
        if run is None:
            engine.submit(config, chosen.id, task)
        elif run.resumable and not chosen.settled(run):
            engine.resume(run.id)


def delete_all(root: Path, chosen: RunGroup) -> None:
    """Remove all its runs. Raises RunError while one is alive."""
    if chosen.alive:
        raise RunError("Some of its runs are still going; stop them before deleting it.")
    for run in chosen.runs:
        if run:
            delete_run(root, run.id)


def prune(root: Path, listed: Sequence[RunGroup], kept: int = KEPT) -> None:
    """Delete the last ended ones of a list until fewer than `kept` are left."""
    for chosen in reversed(listed[kept - 1 :]):
        if not chosen.alive:
            delete_all(root, chosen)


def members(root: Path, kind: str) -> dict[str, list[RunDir]]:
    """The folders of each set whose parts are of this kind, oldest first."""
    found: dict[str, list[RunDir]] = {}
    for folder in reversed(run_dir.all_folders(root)):
        record = folder.read("config")
        if record.get("study") and record.get(kind):
            found.setdefault(str(record["study"]), []).append(folder)
    return found


def _for_all(chosen: RunGroup, act: Callable[[str], None]) -> None:
    for run in reversed(chosen.runs):
        if run and run.alive:
            act(run.id)
