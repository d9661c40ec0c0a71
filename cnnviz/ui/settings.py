"""What the app takes from its surroundings: where this machine's training runs are kept."""

import os
from pathlib import Path
from typing import Any

import platformdirs

from cnnviz import runs
from cnnviz.errors import RunError
from cnnviz.jobs import LocalEngine

RUN = "run:"  # begins the key of a model that was trained here


def home() -> Path:
    """CNNVIZ_HOME, or the user's data folder."""
    return Path(os.environ.get("CNNVIZ_HOME") or platformdirs.user_data_path("cnnviz"))


def runs_root() -> Path:
    return home() / "runs"


def weights_folder() -> Path:
    """Where fetched ImageNet weights are kept."""
    return home() / "weights"


def engine() -> LocalEngine:
    """Where training runs are executed."""
    return LocalEngine(runs_root())


def run_models() -> dict[str, str]:
    """ "run:ID" -> title of every run of this machine that has weights, newest first."""
    return {f"{RUN}{run.id}": run.title for run in runs.list_runs(runs_root()) if run.has_weights}


def run_title(key: str) -> str:
    """The title of one run, without looking at all the others."""
    try:
        return runs.open_run(runs_root(), key.removeprefix(RUN)).title
    except RunError:  # deleted a moment ago
        return key


def run_checkpoint(key: str) -> tuple[bytes, dict[str, Any]]:
    """The weights file's bytes and the card of a run. Raises RunError."""
    run = runs.open_run(runs_root(), key.removeprefix(RUN))
    return run.weights(), run.card()
