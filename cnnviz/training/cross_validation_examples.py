"""Two cross-validations made beforehand, so that there is something to look at before the first own one.

QUICK           recipes short enough to watch five folds of them
Figures         what is shown of any cross-validation, made beforehand or running
examples()      the figures that were made by `python -m cnnviz cross-validate NAME --save`
measure(...)    makes such figures
"""

import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from cnnviz.data.augmentation import Augmentation
from cnnviz.io.assets import ASSETS
from cnnviz.training.config import TrainConfig
from cnnviz.training.cross_validation import FoldProgress, Score, cross_validate
from cnnviz.training.recipes import RECIPES

FILE = ASSETS / "studies.json"
_SHOWN = ("step", "steps", "epoch", "loss", "accuracy", "validation_loss", "validation_accuracy")

_QUICK = replace(RECIPES["fast"], epochs=3, train_size=6_000, validation_size=0)
QUICK = {
    "quick": _QUICK,
    "moved": replace(_QUICK, augmentation=Augmentation(shift=1, rotate=8, scale=0.08)),
}


@dataclass(frozen=True)
class Figures:
    """A cross-validation's records and scores."""

    config: TrainConfig
    folds: int
    stratified: bool
    scores: tuple[Score, ...]  # of the folds that are finished, in order
    events: tuple[Sequence[dict[str, Any]], ...]  # of every fold, as Run.events() gives them

    @property
    def accuracies(self) -> list[float]:
        return [score.accuracy for score in self.scores]

    @property
    def complete(self) -> bool:
        return len(self.scores) == self.folds

    def pairs_with(self, other: "Figures") -> bool:
        """Whether both are complete and held out the very same digits, fold by fold."""

        def dealt(figures: Figures) -> tuple[object, ...]:
            return figures.folds, figures.stratified, figures.config.train_size, figures.config.seed

        return self.complete and other.complete and dealt(self) == dealt(other)


def measure(config: TrainConfig, folds: int, stratified: bool) -> Iterator[tuple[FoldProgress, Figures]]:
    """Cross-validate in this process; with every record the figures so far. Raises ConfigError."""
    scores: list[Score] = []
    events: list[list[dict[str, Any]]] = [[] for _ in range(folds)]
    for record in cross_validate(config, folds, stratified):
        number, progress = record.fold.number, record.progress
        figures = progress.figures()
        events[number].append({name: figures[name] for name in _SHOWN})
        if progress.last:
            assert progress.validation_accuracy is not None
            assert progress.validation_loss is not None
            scores.append(Score(number, progress.validation_accuracy, progress.validation_loss))
        yield record, Figures(config, folds, stratified, tuple(scores), tuple(map(tuple, events)))


@functools.lru_cache(maxsize=1)
def examples() -> dict[str, Figures]:
    """Name in QUICK -> its figures."""
    return {name: _from_json(record) for name, record in json.loads(FILE.read_text()).items()}


def save(name: str, figures: Figures) -> None:
    """Keep figures as the example called `name`."""
    kept = json.loads(FILE.read_text()) if FILE.exists() else {}
    kept[name] = {
        "config": figures.config.as_json(),
        "folds": figures.folds,
        "stratified": figures.stratified,
        "scores": [asdict(score) for score in figures.scores],
        "events": [[_rounded(event) for event in events] for events in figures.events],
    }
    FILE.write_text(json.dumps(kept, separators=(",", ":")) + "\n")


def _from_json(record: dict[str, Any]) -> Figures:
    return Figures(
        TrainConfig.from_json(record["config"]),
        record["folds"],
        record["stratified"],
        tuple(Score(**score) for score in record["scores"]),
        tuple(map(tuple, record["events"])),
    )


def _rounded(event: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 5) if isinstance(value, float) else value for name, value in event.items()}
