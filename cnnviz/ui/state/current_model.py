"""The model every page shows, at the chosen moment of its training."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from torch import Tensor

from cnnviz.checkpoints import model_store
from cnnviz.checkpoints.format import digest, shipped_models
from cnnviz.io.assets import MODELS
from cnnviz.networks.network import Network
from cnnviz.networks.tracing import Trace
from cnnviz.networks.zoo import TITLES
from cnnviz.training.history import History, Snapshot, history_file, parse_history
from cnnviz.ui.state import cache
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.environment import models_root
from cnnviz.ui.state.model_catalogue import (
    OWN,
    RUN,
    is_run_model,
    run_checkpoint,
    run_history,
    run_models,
    run_stamp,
    run_title,
    stored_checkpoint,
    stored_keys,
    stored_title,
)

_MODEL, _STEP, _PLAYING = "model_choice", "_step", "_playing"


@dataclass(frozen=True, eq=False)
class CurrentModel:
    """The model every page shows. moment: where in its training, None for the trained model itself."""

    key: str  # a shipped model's name, "run:ID" or "own:DIGEST"
    title: str
    model: Network
    digest: str
    card: dict[str, Any]
    snapshot: Snapshot | None = None


# ---- the model ----


def model_keys() -> list[str]:
    """All models one can choose: shipped ones, then this machine's own and its runs, newest first.

    The chosen one is among them also when it is a run that no list shows, such as a sweep's.
    """
    keys = [*shipped_models(), *stored_keys(), *run_models()]
    chosen = st.session_state.get(_MODEL, "")
    return [*keys, chosen] if chosen not in keys and is_run_model(chosen) else keys


def model_title(key: str) -> str:
    if key.startswith(OWN):
        return stored_title(key)
    return run_title(key) if key.startswith(RUN) else TITLES.get(key, key)


def select_model(key: str) -> None:
    """Show this model everywhere; call it from a callback, before the picker is drawn."""
    st.session_state[_MODEL] = key


def check_model() -> None:
    """Fall back to the default model, and say so, when the chosen one is not (or no longer) here."""
    chosen = st.session_state.get(_MODEL)
    if chosen not in model_keys():
        if chosen:
            st.warning(f"The model “{chosen[:40]}” is not here; showing the default one.")
        select_model("default")


def current_model() -> CurrentModel:
    """The chosen model, at the chosen moment. Raises CheckpointError when its file is damaged or gone."""
    return model_at(snapshot_index())


def model_at(index: int) -> CurrentModel:
    """The chosen model at any moment of its history."""
    key, past = model_key(), history()
    if past is None or index == past.last:
        return model_called(key)
    snapshot = past.snapshots[index]
    checkpoint = cache.snapshot(key, past.name, snapshot.step, past)
    return CurrentModel(key, model_title(key), checkpoint.model, checkpoint.digest, checkpoint.card, snapshot)


def model_called(key: str) -> CurrentModel:
    """Any model of model_keys(). Raises CheckpointError when its file is damaged or gone."""
    if key.startswith((RUN, OWN)):
        read = run_checkpoint if key.startswith(RUN) else stored_checkpoint
        content, card = read(key)
        name = digest(content)
        return CurrentModel(key, model_title(key), cache.parsed(name, content), name, card)
    path = MODELS / f"{Path(key).name}.safetensors"
    changed = path.stat().st_mtime if path.exists() else 0.0
    checkpoint = cache.shipped(key, changed)
    return CurrentModel(key, model_title(key), checkpoint.model, checkpoint.digest, checkpoint.card)


def current_trace() -> Trace:
    """The current model's pass over the current digit, computed once for all pages."""
    chosen = current_model()
    return trace_of(chosen, current_digit().image)


def trace_of(chosen: CurrentModel, image: Tensor) -> Trace:
    return cache.traced(chosen.digest, image.numpy().tobytes(), chosen.model, image)


def keep(network: Network, name: str, card: dict[str, Any]) -> None:
    """Put a model on the shelf and show it everywhere; call it from a callback. Raises CheckpointError."""
    kept = model_store.keep_model(models_root(), network, name, card)
    select_model(f"{OWN}{kept.digest}")


# ---- the moment of its training ----


def model_key() -> str:
    return st.session_state.get(_MODEL) or "default"


def history() -> History | None:
    """The chosen model's history; None when it has none. Raises CheckpointError when it is damaged."""
    key = model_key()
    if key.startswith(RUN):
        return cache.history(key, run_stamp(key), lambda: run_history(key))
    path = MODELS / f"{Path(key).name}.safetensors"
    file = history_file(path)
    if not file.exists():
        return None
    changed = path.stat().st_mtime
    return cache.history(
        key,
        (changed, file.stat().st_mtime),
        lambda: parse_history(file.read_bytes(), cache.shipped(key, changed)),
    )


def snapshot_index() -> int:
    """Which of the history's moments is on screen; the last one unless another was chosen."""
    past, (key, step) = history(), st.session_state.get(_STEP, ("", None))
    if past is None:
        return 0
    return past.last if key != model_key() or step is None else past.index_of(step)


def show_snapshot(index: int, playing: bool = False) -> None:
    """Show the network as it was at this moment everywhere; call it from a callback."""
    past = history()
    if past is None or not 0 <= index < past.last:
        show_final()
        return
    st.session_state[_STEP] = (model_key(), past.snapshots[index].step)
    st.session_state[_PLAYING] = playing


def playing() -> bool:
    """Whether the moments follow each other as a film: no time for what is slow and beside the point."""
    return bool(st.session_state.get(_PLAYING))


def show_final() -> None:
    """Back to the trained model."""
    st.session_state.pop(_STEP, None)
    st.session_state.pop(_PLAYING, None)
