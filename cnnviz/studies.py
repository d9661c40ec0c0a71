"""Cross-validations that go on by themselves: one run a fold, started through an engine.

start_study(...)        deals the digits out and submits a run for each fold
open_study(root, id)    how it stands; list_studies(root): all of them
stop_study, resume_study, end_study, delete_study
Study                   what a study was at the moment it was opened

A study has no file of its own: it is the runs whose folders name it, so nothing can disagree.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from cnnviz import run_folder, runs
from cnnviz.cross_validation import Score
from cnnviz.errors import ConfigError, RunError
from cnnviz.example_study import Figures
from cnnviz.folds import Fold, all_folds, check_recipe, fold_counts
from cnnviz.jobs import Engine
from cnnviz.run_folder import RunFolder, State
from cnnviz.runs import Run
from cnnviz.train_config import TrainConfig

KEPT = 12


@dataclass(frozen=True)
class Study:
    """A cross-validation as it was when it was opened; open it again for what has happened since."""

    id: str
    config: TrainConfig
    folds: int
    stratified: bool
    created: float  # seconds since 1970
    runs: tuple[Run | None, ...]  # one a fold, in order; None: not begun, because the server ended

    @property
    def state(self) -> State:
        """Running as long as any fold runs, finished when all are; else what stands in the way."""
        states = [run.state if run else "interrupted" for run in self.runs]
        order: tuple[State, ...] = (
            "running",
            "queued",
            "paused",
            "failed",
            "interrupted",
            "stopped",
            "finished",
        )
        return next(state for state in order if state in states)

    @property
    def alive(self) -> bool:
        return any(run and run.alive for run in self.runs)

    @property
    def resumable(self) -> bool:
        return not self.alive and any(run is None or run.resumable for run in self.runs)

    @property
    def reason(self) -> str:
        """Why a fold failed; empty when none did."""
        return next((run.reason for run in self.runs if run and run.state == "failed"), "")

    def _scores(self) -> list[Score]:
        ends = [(number, run.folder.read("end")) for number, run in enumerate(self.runs) if run]
        return [
            Score(number, end["validation_accuracy"], end["validation_loss"])
            for number, end in ends
            if end.get("state") == "finished" and "validation_accuracy" in end
        ]

    def figures(self, events: bool = True) -> Figures:
        """What there is to show of it; without the records, which take longest to read, on request."""
        records = tuple(run.events() if run and events else [] for run in self.runs)
        return Figures(self.config, self.folds, self.stratified, tuple(self._scores()), records)


def start_study(engine: Engine, root: Path, config: TrainConfig, folds: int, stratified: bool) -> str:
    """Submit a run for each fold; returns the study's unguessable id. Raises ConfigError, RunError."""
    config = fold_config(config)
    fold_counts(config, folds, stratified)  # raises when these digits cannot be dealt out so
    prune(root)
    study_id = secrets.token_urlsafe(9)
    for fold in all_folds(folds, stratified):
        engine.submit(config, study_id, fold)
    return study_id


def fold_config(config: TrainConfig) -> TrainConfig:
    """A recipe as each fold follows it: nothing else held back. Raises ConfigError."""
    check_recipe(config)
    return replace(config, validation_size=0)


def open_study(root: Path, study_id: str) -> Study:
    """The study called `study_id`. Raises RunError when there is none, or its files are damaged."""
    folders = _members(root).get(study_id)
    if not folders:
        raise RunError("There is no such cross-validation on this machine; it may have been deleted.")
    return _read(study_id, folders)


def list_studies(root: Path) -> list[Study]:
    """All studies, newest first; damaged ones are left out."""
    found = []
    for study_id, folders in _members(root).items():
        try:
            found.append(_read(study_id, folders))
        except RunError:
            continue
    return sorted(found, key=lambda study: -study.created)


def stop_study(engine: Engine, study: Study) -> None:
    """Have every fold save what it learnt and end; the waiting ones first, so that none begins."""
    _for_all(study, engine.stop)


def end_study(engine: Engine, study: Study) -> None:
    """End every fold at once; they keep what they saved last."""
    _for_all(study, engine.kill)


def resume_study(engine: Engine, study: Study) -> None:
    """Take up every fold that was stopped or cut off, begin those that never were. Raises RunError."""
    for fold, run in zip(all_folds(study.folds, study.stratified), study.runs, strict=True):
        if run is None:
            engine.submit(study.config, study.id, fold)
        elif run.resumable:
            engine.resume(run.id)


def delete_study(root: Path, study: Study) -> None:
    """Remove all its runs. Raises RunError while one is alive."""
    if study.alive:
        raise RunError("This cross-validation is still going; stop it before deleting it.")
    for run in study.runs:
        if run:
            runs.delete_run(root, run.id)


def prune(root: Path, kept: int = KEPT) -> None:
    """Delete the oldest ended studies until fewer than `kept` are left."""
    studies = list_studies(root)
    for study in reversed(studies[kept - 1 :]):
        if not study.alive:
            delete_study(root, study)


def _for_all(study: Study, act: Callable[[str], None]) -> None:
    for run in reversed(study.runs):
        if run and run.alive:
            act(run.id)


def _members(root: Path) -> dict[str, list[RunFolder]]:
    """The folders of each study, oldest first."""
    found: dict[str, list[RunFolder]] = {}
    for folder in reversed(run_folder.all_folders(root)):
        if folder.study:
            found.setdefault(folder.study, []).append(folder)
    return found


def _read(study_id: str, folders: list[RunFolder]) -> Study:
    """Raises RunError for files that are damaged."""
    opened = [runs.open_run(folder.path.parent, folder.id) for folder in folders]
    try:
        dealt = [Fold.from_json(folder.read("config")["fold"]) for folder in folders]
    except (KeyError, TypeError, ConfigError) as error:
        raise RunError("This cross-validation's files are damaged.") from error
    by_fold = {fold.number: run for fold, run in zip(dealt, opened, strict=True)}
    return Study(
        study_id,
        opened[0].config,
        dealt[0].folds,
        dealt[0].stratified,
        opened[0].created,
        tuple(by_fold.get(number) for number in range(dealt[0].folds)),
    )
