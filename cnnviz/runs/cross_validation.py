"""Cross-validations that go on by themselves: one run a fold, started through an engine.

start_cross_validation(...)        deals the digits out and submits a run for each fold
open_cross_validation(root, id)    how it stands; list_cross_validations(root): all of them
CrossValidationRun                 what it was when it was opened; see also cnnviz.runs.run_group
"""

from dataclasses import dataclass, replace
from pathlib import Path

from cnnviz.errors import ConfigError, RunError
from cnnviz.runs.engine import Engine
from cnnviz.runs.run import open_run
from cnnviz.runs.run_dir import RunDir
from cnnviz.runs.run_group import RunGroup, members, prune, submit_all
from cnnviz.runs.task import Task
from cnnviz.training.config import TrainConfig
from cnnviz.training.cross_validation import Fold, Score, all_folds, check_recipe, fold_counts
from cnnviz.training.cross_validation_examples import Figures


@dataclass(frozen=True)
class CrossValidationRun(RunGroup):
    """A cross-validation as it was when it was opened; open it again for what has happened since."""

    config: TrainConfig
    folds: int
    stratified: bool

    def asked(self) -> list[tuple[TrainConfig, Task]]:
        return [(self.config, fold) for fold in all_folds(self.folds, self.stratified)]

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


def start_cross_validation(
    engine: Engine, root: Path, config: TrainConfig, folds: int, stratified: bool
) -> str:
    """Submit a run for each fold; returns the study's unguessable id. Raises ConfigError, RunError."""
    config = fold_config(config)
    fold_counts(config, folds, stratified)  # raises when these digits cannot be dealt out so
    prune(root, list_cross_validations(root))
    return submit_all(engine, [(config, fold) for fold in all_folds(folds, stratified)])


def fold_config(config: TrainConfig) -> TrainConfig:
    """A recipe as each fold follows it: nothing else held back. Raises ConfigError."""
    check_recipe(config)
    return replace(config, validation_size=0)


def open_cross_validation(root: Path, study_id: str) -> CrossValidationRun:
    """The study called `study_id`. Raises RunError when there is none, or its files are damaged."""
    folders = members(root, Fold.kind).get(study_id)
    if not folders:
        raise RunError("There is no such cross-validation on this machine; it may have been deleted.")
    return _read(study_id, folders)


def list_cross_validations(root: Path) -> list[CrossValidationRun]:
    """All studies, newest first; damaged ones are left out."""
    found = []
    for study_id, folders in members(root, Fold.kind).items():
        try:
            found.append(_read(study_id, folders))
        except RunError:
            continue
    return sorted(found, key=lambda group: -group.created)


def _read(study_id: str, folders: list[RunDir]) -> CrossValidationRun:
    """Raises RunError for files that are damaged."""
    opened = [open_run(folder.path.parent, folder.id) for folder in folders]
    try:
        dealt = [Fold.from_json(folder.read("config")[Fold.kind]) for folder in folders]
    except (KeyError, TypeError, ConfigError) as error:
        raise RunError("This cross-validation's files are damaged.") from error
    by_fold = {fold.number: run for fold, run in zip(dealt, opened, strict=True)}
    return CrossValidationRun(
        study_id,
        opened[0].created,
        tuple(by_fold.get(number) for number in range(dealt[0].folds)),
        opened[0].config,
        dealt[0].folds,
        dealt[0].stratified,
    )
