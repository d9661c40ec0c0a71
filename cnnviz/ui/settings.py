"""What the app takes from its surroundings: where this machine's training runs are kept."""

import os
from pathlib import Path
from typing import Any

import platformdirs

from cnnviz import own_models, run_folder, runs
from cnnviz.errors import CheckpointError, RunError
from cnnviz.history import History, history_of_run
from cnnviz.jobs import Engine, LocalEngine
from cnnviz.ray_engine import RayEngine

RUN = "run:"  # begins the key of a model that was trained here
OWN = "own:"  # begins the key of a model that was brought here, or tuned


def home() -> Path:
    """CNNVIZ_HOME, or the user's data folder."""
    return Path(os.environ.get("CNNVIZ_HOME") or platformdirs.user_data_path("cnnviz"))


def runs_root() -> Path:
    return home() / "runs"


def weights_folder() -> Path:
    """Where fetched ImageNet weights are kept."""
    return home() / "weights"


def ray_address() -> str:
    """CNNVIZ_RAY_ADDRESS: the Ray cluster that trains; empty for this machine alone."""
    return os.environ.get("CNNVIZ_RAY_ADDRESS", "").strip()


def engine() -> Engine:
    """Where training runs are executed."""
    address = ray_address()
    return RayEngine(runs_root(), address=address) if address else LocalEngine(runs_root())


def run_models() -> dict[str, str]:
    """ "run:ID" -> title of every run of this machine that has weights, newest first."""
    return {f"{RUN}{run.id}": run.title for run in runs.list_runs(runs_root()) if run.has_weights}


def is_run_model(key: str) -> bool:
    """Whether this is the key of a run that is here and has weights."""
    try:
        return key.startswith(RUN) and runs.open_run(runs_root(), key.removeprefix(RUN)).has_weights
    except RunError:
        return False


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


def run_stamp(key: str) -> tuple[int, int, float]:
    """Changes whenever a run has written something down or ended; zeros when it is not here."""
    folder = run_folder.RunFolder(runs_root() / key.removeprefix(RUN))
    try:
        written = folder.events_file.stat()
    except OSError:
        return 0, 0, 0.0
    return written.st_mtime_ns, written.st_size, folder.read("end").get("time", 0.0)


def run_history(key: str) -> History | None:
    """The snapshots of a run. Raises RunError."""
    return history_of_run(runs.open_run(runs_root(), key.removeprefix(RUN)))


def models_root() -> Path:
    """Where models that were brought or tuned are kept."""
    return home() / "models"


def own_keys() -> list[str]:
    """ "own:DIGEST" of every such model, newest first."""
    return [f"{OWN}{model.digest}" for model in own_models.list_own(models_root())]


def own_title(key: str) -> str:
    try:
        return own_models.title_of(models_root(), key.removeprefix(OWN))
    except CheckpointError:  # not a name a model can have
        return key


def own_checkpoint(key: str) -> tuple[bytes, dict[str, Any]]:
    """The weights file's bytes and the card of a brought or tuned model. Raises CheckpointError."""
    return own_models.open_own(models_root(), key.removeprefix(OWN))
