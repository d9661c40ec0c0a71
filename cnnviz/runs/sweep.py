"""Sweeps: the same training tried with every combination of a grid, one run a combination.

start_sweep(...)        submits a run for each point through an engine
open_sweep(root, id)    how it stands; list_sweeps(root): all of them
Sweep                   what a sweep was at the moment it was opened; see also cnnviz.runs.run_group
Outcome                 what became of one point
best(outcomes)          the point that reads its validation digits best

All points begin with the same seed, learn from the same digits and are measured on the same
validation digits; the test digits are never looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnviz.errors import ConfigError, RunError
from cnnviz.runs.engine import Engine
from cnnviz.runs.grid import Grid, Point
from cnnviz.runs.run import Run, open_run
from cnnviz.runs.run_dir import RunDir, State
from cnnviz.runs.run_group import RunGroup, members, prune, submit_all
from cnnviz.runs.task import Task
from cnnviz.training.config import TrainConfig


@dataclass(frozen=True)
class Outcome:
    """What became of one point so far."""

    point: Point
    run: Run | None  # None: not begun, because the server ended
    state: State
    diverged: bool  # its numbers grew without bound, which is an answer too
    accuracy: float | None  # of the validation digits, once the run is finished
    loss: float | None  # mean cross-entropy, nats
    events: Sequence[dict[str, Any]]  # as Run.events() gives them


@dataclass(frozen=True)
class Sweep(RunGroup):
    """A sweep as it was when it was opened; open it again for what has happened since."""

    config: TrainConfig  # of one of its runs; the points' values replace those it has
    grid: Grid

    def asked(self) -> list[tuple[TrainConfig, Task]]:
        return [(point.config(self.config), point) for point in self.grid.points()]

    def settled(self, run: Run) -> bool:
        return super().settled(run) or _diverged(run)

    def outcomes(self, events: bool = True) -> list[Outcome]:
        """Of every point in order; without the records, which take longest to read, on request."""
        found = []
        for point, run, state in zip(self.grid.points(), self.runs, self.states, strict=True):
            end = run.folder.read("end") if run and run.state == "finished" else {}
            found.append(
                Outcome(
                    point,
                    run,
                    state,
                    run is not None and _diverged(run),
                    end.get("validation_accuracy"),
                    end.get("validation_loss"),
                    run.events() if run and events else [],
                )
            )
        return found


def best(outcomes: Sequence[Outcome]) -> Outcome | None:
    """The most accurate finished one; of equals the one with the lowest loss. None before the first."""
    finished = [outcome for outcome in outcomes if outcome.accuracy is not None]
    return max(finished, key=lambda outcome: (outcome.accuracy, -(outcome.loss or 0.0)), default=None)


def start_sweep(engine: Engine, root: Path, config: TrainConfig, grid: Grid) -> str:
    """Submit a run for each point; returns the sweep's unguessable id. Raises ConfigError, RunError."""
    grid.check(config)
    prune(root, list_sweeps(root))
    return submit_all(engine, [(point.config(config), point) for point in grid.points()])


def open_sweep(root: Path, sweep_id: str) -> Sweep:
    """The sweep called `sweep_id`. Raises RunError when there is none, or its files are damaged."""
    folders = members(root, Point.kind).get(sweep_id)
    if not folders:
        raise RunError("There is no such sweep on this machine; it may have been deleted.")
    return _read(sweep_id, folders)


def list_sweeps(root: Path) -> list[Sweep]:
    """All sweeps, newest first; damaged ones are left out."""
    found = []
    for sweep_id, folders in members(root, Point.kind).items():
        try:
            found.append(_read(sweep_id, folders))
        except RunError:
            continue
    return sorted(found, key=lambda sweep: -sweep.created)


def _diverged(run: Run) -> bool:
    return run.state == "failed" and bool(run.folder.read("end").get("diverged"))


def _read(sweep_id: str, folders: list[RunDir]) -> Sweep:
    """Raises RunError for files that are damaged."""
    opened = [open_run(folder.path.parent, folder.id) for folder in folders]
    try:
        points = [Point.from_json(folder.read("config")[Point.kind]) for folder in folders]
    except (KeyError, TypeError, ConfigError) as error:
        raise RunError("This sweep's files are damaged.") from error
    grid = points[0].grid
    by_number = {point.number: run for point, run in zip(points, opened, strict=True)}
    return Sweep(
        sweep_id,
        opened[0].created,
        tuple(by_number.get(number) for number in range(grid.size)),
        opened[0].config,
        grid,
    )
