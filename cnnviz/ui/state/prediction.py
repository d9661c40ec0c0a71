"""How far a prediction is to be trusted: its probability in words, and whether it is a digit at all.

One answer has one percentage on every page: the softmax of the logits, which is calibrated because the
temperature is part of the weights (cnnviz.checkpoints.format).
"""

from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from cnnviz.evaluation.ood import OodDetector
from cnnviz.networks.network import Network
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import CurrentModel, current_model, current_trace

SURE, LIKELY = 0.95, 0.75  # the one scale of words: sure, likely, unsure


@dataclass(frozen=True)
class Prediction:
    """The digit read, how sure it is, and a sentence on how far to trust it."""

    digit: int
    probability: float
    words: str
    ood: bool = False  # it looks like no digit; the one named is only the nearest


def read(probabilities: Tensor, ood: bool = False) -> Prediction:
    """Put ten probabilities (10,) into words. ood: it looks like no digit, see cnnviz.evaluation.ood."""
    values, digits = probabilities.topk(2)
    first, second = (int(digit) for digit in digits)
    best = float(values[0])
    if ood:
        words = "does not look like a digit"
    elif best >= SURE:
        words = "sure"
    elif best >= LIKELY:
        words = "likely"
    else:
        words = f"unsure: {first} or {second}?"
    return Prediction(first, best, words, ood)


def current_prediction() -> Prediction:
    """The current model's answer on the current digit. Raises CheckpointError."""
    return read(current_trace().probabilities, is_ood())


def is_ood() -> bool:
    """Whether the visitor's picture looks like no digit to the current model.

    Test digits are digits. A moment of a training is not asked: each would need its own
    reference pictures, a second's work, while the slider moves.
    """
    digit, chosen = current_digit(), current_model()
    if digit.source in ("default", "test", "set") or chosen.snapshot is not None:
        return False
    return _is_ood(chosen.digest, digit.image.numpy().tobytes(), chosen, digit.image)


def ood_detector(chosen: CurrentModel) -> OodDetector:
    """The model's sense of what a digit looks like, worked out once a server."""
    detector: OodDetector = _ood_detector(chosen.digest, chosen.model)
    return detector


def ood_scores(chosen: CurrentModel, name: str, images: Tensor) -> Tensor:
    """Of the digits (N, 28, 28) of the set called `name`: (N,)."""
    return _ood_scores(chosen.digest, name, chosen, images)


@st.cache_resource(max_entries=6, show_spinner="Learning what digits look like to this model")
def _ood_detector(digest: str, _model: Network) -> OodDetector:  # noqa: ARG001 - the key
    return OodDetector.of(_model)


@st.cache_data(max_entries=256, show_spinner=False)
def _is_ood(digest: str, image: bytes, _chosen: CurrentModel, _image: Tensor) -> bool:  # noqa: ARG001
    return ood_detector(_chosen).is_ood(_image)


@st.cache_resource(max_entries=12, show_spinner="Looking for odd digits")
def _ood_scores(digest: str, name: str, _chosen: CurrentModel, _images: Tensor) -> Tensor:  # noqa: ARG001
    return ood_detector(_chosen).ood_scores(_images)
