"""A model's answers to one of the test sets, worked out once for all pages and visitors."""

import functools
from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from cnnviz.data.mnist import Digits
from cnnviz.data.pen_digits import pen_test_digits
from cnnviz.evaluation.metrics import Report, calibration_error, logits_of, report
from cnnviz.networks.network import Network
from cnnviz.numbers import percent
from cnnviz.ui.state import cache
from cnnviz.ui.state.current_model import CurrentModel, playing

SETS = {"MNIST test": "mnist", "Pen": "pen, writers never trained on"}  # on screen -> in a model's card


@dataclass(frozen=True, eq=False)
class Measured:
    """A model's answers to one set of digits."""

    name: str  # of the set, as in a model's card
    digits: Digits
    logits: Tensor
    report: Report
    positions: Tensor  # of the digits in the whole set
    temperature: float | None  # that its last layer was divided by; None when it was not calibrated

    @functools.cached_property
    def confidences(self) -> Tensor:
        return self.logits.softmax(1)

    @property
    def calibration(self) -> str:
        """The calibration error in words, beside what it was before the temperature was folded in."""
        error = f"**{percent(self.report.calibration_error, 2)}**"
        if self.temperature is None:
            return f"{error}; this model was not calibrated."
        bare = calibration_error((self.logits * self.temperature).softmax(1), self.digits.labels.long())
        return (
            f"{error}; {percent(bare, 2)} before its last layer was divided by {self.temperature:.2f}, the "
            "temperature fitted on validation digits."
        )

    def without(self, wrong: Collection[int]) -> "Measured":
        """The same without the digits at these positions, whose labels are wrong."""
        kept = torch.ones(len(self.digits), dtype=torch.bool)
        kept[list(wrong)] = False
        digits, logits = self.digits[kept], self.logits[kept]
        name = f"{self.name.partition(',')[0]}, without items wrong in the original"
        positions = self.positions[kept]
        return Measured(name, digits, logits, report(logits, digits.labels), positions, self.temperature)


@st.cache_resource(max_entries=96, show_spinner=False)
def _measured(digest: str, name: str, temperature: float | None, _model: Network) -> Measured:  # noqa: ARG001
    digits = digits_of(name)
    logits = logits_of(_model, digits.images)
    figures, positions = report(logits, digits.labels), torch.arange(len(digits))
    return Measured(SETS[name], digits, logits, figures, positions, temperature)


def digits_of(name: str) -> Digits:
    return cache.test_digits() if name == "MNIST test" else pen_test_digits()


def measure(chosen: CurrentModel, name: str) -> Measured:
    """The model's answers to a set, by its name on screen."""
    waiting = nullcontext() if playing() else st.spinner("Reading ten thousand digits")
    with waiting:
        return _measured(chosen.digest, name, chosen.card.get("temperature"), chosen.model)
