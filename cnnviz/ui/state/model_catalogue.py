"""Models that are not shipped: this machine's runs ("run:ID") and stored ones ("own:DIGEST")."""

from typing import Any

from cnnviz.checkpoints import model_store
from cnnviz.errors import CheckpointError, RunError
from cnnviz.runs import run_dir
from cnnviz.runs.run import history_of_run, list_runs, open_run
from cnnviz.training.history import History
from cnnviz.ui.state.environment import models_root, runs_root

RUN = "run:"  # begins the key of a model that was trained here
OWN = "own:"  # begins the key of a model that was brought here, or tuned


def run_models() -> dict[str, str]:
    """ "run:ID" -> title of every run of this machine that has weights, newest first."""
    return {f"{RUN}{run.id}": run.title for run in list_runs(runs_root()) if run.has_weights}


def is_run_model(key: str) -> bool:
    """Whether this is the key of a run that is here and has weights."""
    try:
        return key.startswith(RUN) and open_run(runs_root(), key.removeprefix(RUN)).has_weights
    except RunError:
        return False


def run_title(key: str) -> str:
    """The title of one run, without looking at all the others."""
    try:
        return open_run(runs_root(), key.removeprefix(RUN)).title
    except RunError:  # deleted a moment ago
        return key


def run_checkpoint(key: str) -> tuple[bytes, dict[str, Any]]:
    """The weights file's bytes and the card of a run. Raises RunError."""
    run = open_run(runs_root(), key.removeprefix(RUN))
    return run.weights(), run.card()


def run_stamp(key: str) -> tuple[int, int, float]:
    """Changes whenever a run has written something down or ended; zeros when it is not here."""
    folder = run_dir.RunDir(runs_root() / key.removeprefix(RUN))
    try:
        written = folder.events_file.stat()
    except OSError:
        return 0, 0, 0.0
    return written.st_mtime_ns, written.st_size, folder.read("end").get("time", 0.0)


def run_history(key: str) -> History | None:
    """The snapshots of a run. Raises RunError."""
    return history_of_run(open_run(runs_root(), key.removeprefix(RUN)))


def stored_keys() -> list[str]:
    """ "own:DIGEST" of every such model, newest first."""
    return [f"{OWN}{model.digest}" for model in model_store.list_stored(models_root())]


def stored_title(key: str) -> str:
    try:
        return model_store.title_of(models_root(), key.removeprefix(OWN))
    except CheckpointError:  # not a name a model can have
        return key


def stored_checkpoint(key: str) -> tuple[bytes, dict[str, Any]]:
    """The weights file's bytes and the card of a brought or tuned model. Raises CheckpointError."""
    return model_store.open_stored(models_root(), key.removeprefix(OWN))
