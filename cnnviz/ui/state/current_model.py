"""The model every page shows, at the chosen moment of its training."""

from dataclasses import dataclass
from typing import Any

import streamlit as st
from torch import Tensor

from cnnviz.networks.network import Network
from cnnviz.networks.tracing import Trace
from cnnviz.training.history import History, Snapshot
from cnnviz.ui.state import cache, model_catalogue
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.model_catalogue import catalogue, is_here, source
from cnnviz.ui.state.script_run import once

_MODEL, _STEP, _PLAYING = "model_choice", "_step", "_playing"


@dataclass(frozen=True, eq=False)
class CurrentModel:
    """The model every page shows. moment: where in its training, None for the trained model itself."""

    key: str  # see cnnviz.ui.state.model_catalogue
    title: str
    model: Network
    digest: str
    card: dict[str, Any]
    snapshot: Snapshot | None = None


# ---- the model ----


def model_keys() -> list[str]:
    """All models one can choose.

    The chosen one is among them also when it is a run that no list shows, such as a sweep's.
    """
    keys, chosen = list(catalogue()), model_key()
    return keys if chosen in keys or not is_here(chosen) else [*keys, chosen]


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
    return once(("model", *_choice()), lambda: model_at(snapshot_index()))


def model_at(index: int) -> CurrentModel:
    """The chosen model at any moment of its history."""
    key, past = model_key(), history()
    if past is None or index == past.last:
        return model_called(key)
    snapshot = past.snapshots[index]
    checkpoint = cache.snapshot(key, past.name, snapshot.step, past)
    title = source(key).title
    return CurrentModel(key, title, checkpoint.model, checkpoint.digest, checkpoint.card, snapshot)


def model_called(key: str) -> CurrentModel:
    """Any model of model_keys(). Raises CheckpointError when its file is damaged or gone."""
    return once(("model", key), lambda: _trained(key))


def _trained(key: str) -> CurrentModel:
    found = source(key)
    checkpoint = found.checkpoint()
    return CurrentModel(key, found.title, checkpoint.model, checkpoint.digest, checkpoint.card)


def current_trace() -> Trace:
    """The current model's pass over the current digit, computed once for all pages."""
    return trace_of(current_model(), current_digit().image)


def trace_of(chosen: CurrentModel, image: Tensor) -> Trace:
    return once(
        ("trace", chosen, image),
        lambda: cache.traced(chosen.digest, image.numpy().tobytes(), chosen.model, image),
    )


def keep(network: Network, name: str, card: dict[str, Any]) -> None:
    """Store a model and show it everywhere; call it from a callback. Raises CheckpointError."""
    select_model(model_catalogue.keep_model(network, name, card))


# ---- the moment of its training ----


def model_key() -> str:
    return st.session_state.get(_MODEL) or "default"


def _choice() -> tuple[str, tuple[str, int | None]]:
    """The chosen model's key, and the step chosen for whichever model."""
    return model_key(), st.session_state.get(_STEP, ("", None))


def history() -> History | None:
    """The chosen model's history; None when it has none. Raises CheckpointError when it is damaged."""
    key = model_key()
    return once(("history", key), lambda: source(key).history())


def snapshot_index() -> int:
    """Which of the history's moments is on screen; the last one unless another was chosen."""
    past, (chosen, (key, step)) = history(), _choice()
    if past is None:
        return 0
    return past.last if key != chosen or step is None else past.index_of(step)


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
