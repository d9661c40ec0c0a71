"""How far a reading is to be trusted: calibrated confidence, and whether it is a digit at all.

The rule on every page: where the app says what it reads and how sure it is, the percentage is
calibrated; where ten probabilities stand together, they are the network's softmax.
"""

import streamlit as st
from torch import Tensor

from cnnviz.likeness import Likeness
from cnnviz.networks import Network
from cnnviz.reading import Reading, read
from cnnviz.ui import session


def current_reading() -> Reading:
    """The current model's answer on the current digit. Raises CheckpointError."""
    return reading_of(session.current_trace().probabilities, is_strange())


def reading_of(probabilities: Tensor, strange: bool = False) -> Reading:
    """The current model's softmax (10,) on any picture in words. Raises CheckpointError."""
    return read(probabilities, _temperature() or 1.0, strange)


def confidence(reading: Reading) -> str:
    """Its percentage, named for what it is: "97.3% calibrated"."""
    return f"{percent(reading.probability)}{' calibrated' if _temperature() else ''}"


def two_percentages() -> str:
    """Why the same answer has two percentages; both of them for the current digit."""
    temperature, probabilities = _temperature(), session.current_trace().probabilities
    if not temperature:
        return "The softmax of the network's ten outputs; it was not calibrated for this model."
    calibrated, softmax = reading_of(probabilities).probability, float(probabilities.max())
    return (
        f"{percent(calibrated)}, calibrated, is how often such an answer is right; it stands wherever the "
        f"app says what it reads. {percent(softmax)} is the network's own softmax; it stands where ten "
        "probabilities stand together. The first is the softmax of the ten outputs divided by "
        f"{temperature:.2f}, the temperature, fitted on digits this model had never seen."
    )


def percent(probability: float) -> str:
    """With one decimal; never 100%, which no network can know."""
    return ">99.9%" if probability > 0.9995 else f"{probability:.1%}"


def _temperature() -> float | None:
    """The current model's; None when it was not calibrated."""
    return session.current_model().card.get("temperature")


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
