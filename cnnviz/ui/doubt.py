"""How far the current reading is to be trusted: calibrated confidence, and whether it is a digit at all."""

import streamlit as st
from torch import Tensor

from cnnviz.likeness import Likeness
from cnnviz.networks import Network
from cnnviz.reading import Reading, read
from cnnviz.ui import session


def current_reading() -> Reading:
    """The current model's answer on the current digit. Raises CheckpointError."""
    temperature = session.current_model().card.get("temperature", 1.0)
    return read(session.current_trace().probabilities, temperature, is_strange())


def is_strange() -> bool:
    """Whether the visitor's picture looks like no digit to the current model.

    Test digits are digits. A moment of a training is not asked: each would need its own
    reference pictures, a second's work, while the slider moves.
    """
    digit, chosen = session.current_digit(), session.current_model()
    if digit.source in ("default", "test") or chosen.moment is not None:
        return False
    return likeness(chosen).is_strange(digit.image)


def likeness(chosen: session.CurrentModel) -> Likeness:
    """The model's sense of what a digit looks like, worked out once a server."""
    return _likeness(chosen.digest, chosen.model)


def strangeness(chosen: session.CurrentModel, name: str, images: Tensor) -> Tensor:
    """Of the digits (N, 28, 28) of the set called `name`: (N,)."""
    return _strangeness(chosen.digest, name, chosen, images)


@st.cache_resource(max_entries=6, show_spinner="Learning what digits look like to this model")
def _likeness(digest: str, _model: Network) -> Likeness:  # noqa: ARG001 - the key
    return Likeness.of(_model)


@st.cache_resource(max_entries=12, show_spinner="Looking for odd digits")
def _strangeness(digest: str, name: str, _chosen: session.CurrentModel, _images: Tensor) -> Tensor:  # noqa: ARG001
    return likeness(_chosen).strangeness(_images)
