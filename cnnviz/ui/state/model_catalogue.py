"""Every model one can choose, by its key: a shipped one's name, "run:ID" or "own:DIGEST".

    catalogue()    all sources by key: shipped, then this machine's own and its runs, newest first
    source(key)    one of them, or one that no list shows, such as a sweep's run
    split(key)     what the key says, whether or not the model is here

Keys stand in addresses and in the session; only here are they taken apart.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import streamlit as st

from cnnviz.checkpoints import model_store
from cnnviz.checkpoints.format import Checkpoint, load_checkpoint, read_checkpoint, shipped_models
from cnnviz.errors import CheckpointError, CnnvizError
from cnnviz.io.assets import MODELS
from cnnviz.networks.network import Network
from cnnviz.networks.zoo import TITLES
from cnnviz.runs.run import Run, history_of_run, list_runs, open_run
from cnnviz.training.history import History, history_file, parse_history
from cnnviz.ui.state.environment import models_root, runs_root
from cnnviz.ui.state.script_run import forget, known, once


class Origin(Enum):
    """Where a model comes from; the value begins its key."""

    RUN = "run:"  # trained here
    STORED = "own:"  # brought here, or tuned
    SHIPPED = ""  # last: every key begins so


@dataclass(frozen=True, eq=False)
class ModelSource:
    """One model's files: read anew when they have changed, else shared by all visitors.

    read, read_history: may raise CheckpointError, RunError.
    """

    key: str
    origin: Origin
    title: str
    files: tuple[Path, Path]  # weights and card
    read: Callable[[], Checkpoint]
    history_files: tuple[Path, ...] = ()
    read_history: Callable[[], History | None] = lambda: None

    def checkpoint(self) -> Checkpoint:
        """The trained model, or what a run has come to. Raises CheckpointError, RunError."""
        return _checkpoint(self.key, stamp(*self.files), self)

    def history(self) -> History | None:
        """The moments of its training; None when it has none. Raises CheckpointError, RunError."""
        if not self.history_files or not self.history_files[0].exists():
            return None
        return _history(self.key, stamp(*self.files, *self.history_files), self)


def split(key: str) -> tuple[Origin, str]:
    """The origin, and a shipped model's name, a run's id or a stored model's digest."""
    origin = next(origin for origin in Origin if key.startswith(origin.value))
    return origin, key.removeprefix(origin.value)


def key_of(origin: Origin, name: str) -> str:
    return origin.value + name


def catalogue() -> dict[str, ModelSource]:
    """All models by key, in the order of a menu."""
    return once("catalogue", _catalogue)


def source(key: str) -> ModelSource:
    """The source of any key. Raises CheckpointError or RunError when there is no such model."""
    listed = known("catalogue") or {}
    return listed.get(key) or once(("source", key), lambda: _resolve(*split(key)))


def model_title(key: str) -> str:
    """For a menu; the key itself for a model that is not here."""
    try:
        return source(key).title
    except CnnvizError:
        return key


def is_here(key: str) -> bool:
    """Whether there is a model of this key."""
    try:
        return source(key).files[0].exists()
    except CnnvizError:
        return False


def run_of(key: str) -> Run | None:
    """The run this is the model of; None when it is none, or was deleted a moment ago."""
    origin, name = split(key)
    try:
        return open_run(runs_root(), name) if origin is Origin.RUN else None
    except CnnvizError:
        return None


def keep_model(network: Network, name: str, card: dict[str, Any]) -> str:
    """Store a model; its key. Raises CheckpointError."""
    stored = model_store.keep_model(models_root(), network, name, card)
    forget()
    return key_of(Origin.STORED, stored.digest)


def delete_model(key: str) -> None:
    """Remove a stored model."""
    model_store.delete_stored(models_root(), split(key)[1])
    forget()


# ---- shared by all visitors ----


def stamp(*files: Path) -> tuple[tuple[int, int, int] | None, ...]:
    """Changes whenever one of the files does: each is replaced, or appended to."""
    return tuple(map(_stamp, files))


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@st.cache_resource(max_entries=48, show_spinner="Loading the model")
def _checkpoint(key: str, stamp: object, _source: ModelSource) -> Checkpoint:  # noqa: ARG001 - the key
    return _source.read()


@st.cache_resource(max_entries=16, show_spinner=False)
def _history(key: str, stamp: object, _source: ModelSource) -> History | None:  # noqa: ARG001 - the key
    return _source.read_history()


# ---- the three kinds ----


def _catalogue() -> dict[str, ModelSource]:
    runs = (run for run in list_runs(runs_root()) if run.has_weights)
    found = [
        *map(_shipped, shipped_models()),
        *map(_stored, model_store.list_stored(models_root())),
        *map(_of_run, runs),
    ]
    return {model.key: replace(model, title=title) for model, title in zip(found, _apart(found), strict=True)}


def _apart(models: list[ModelSource]) -> Iterator[str]:
    """Their titles, numbered where several are alike: the browser names a choice by its title."""
    seen: Counter[str] = Counter()
    for model in models:
        seen[model.title] += 1
        yield model.title if seen[model.title] == 1 else f"{model.title} ({seen[model.title]})"


def _resolve(origin: Origin, name: str) -> ModelSource:
    if origin is Origin.RUN:
        return _of_run(open_run(runs_root(), name))
    if origin is Origin.STORED:
        return _stored(model_store.find_stored(models_root(), name))
    if name not in shipped_models():
        raise CheckpointError("There is no such model.")
    return _shipped(name)


def _shipped(name: str) -> ModelSource:
    weights = MODELS / f"{name}.safetensors"
    past = history_file(weights)
    return ModelSource(
        name,
        Origin.SHIPPED,
        TITLES.get(name, name),
        (weights, weights.with_suffix(".json")),
        lambda: load_checkpoint(name),
        (past,),
        lambda: parse_history(past.read_bytes(), source(name).checkpoint()),
    )


def _stored(model: model_store.StoredModel) -> ModelSource:
    weights = models_root() / f"{model.digest}.safetensors"
    key, files = key_of(Origin.STORED, model.digest), (weights, weights.with_suffix(".json"))
    return ModelSource(
        key,
        Origin.STORED,
        model.title,
        files,
        lambda: read_checkpoint(*model_store.open_stored(models_root(), model.digest)),
    )


def _of_run(run: Run) -> ModelSource:
    folder = run.folder
    return ModelSource(
        key_of(Origin.RUN, run.id),
        Origin.RUN,
        run.title,
        (folder.weights_file, folder.path / "card.json"),
        lambda: read_checkpoint(run.weights(), run.card()),
        (folder.events_file, folder.path / "end.json"),
        lambda: history_of_run(run),
    )
