"""How good a model is, and where it is wrong."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.data import Digits
from cnnviz.networks import CLASSES, Network

CALIBRATION_BINS = 15


@dataclass(frozen=True, eq=False)
class Report:
    """Figures over n digits. confusion[true, predicted] counts; per-class tensors have shape (10,)."""

    n: int
    accuracy: float
    loss: float  # mean cross-entropy, nats
    confusion: Tensor  # int64 (10, 10)
    precision: Tensor
    recall: Tensor
    f1: Tensor
    calibration_error: float  # expected calibration error, 15 equal-width bins (Guo et al. 2017)


def evaluate(model: Network, images: Tensor, labels: Tensor) -> Report:
    """Measure a model on images (N, 28, 28), uint8 or floats in [0, 1], with labels (N,)."""
    logits = logits_of(model, images)
    labels = labels.long()
    probabilities = logits.softmax(1)
    predicted = logits.argmax(1)
    confusion = torch.bincount(labels * CLASSES + predicted, minlength=CLASSES**2).view(CLASSES, CLASSES)
    right = confusion.diagonal().float()
    precision = right / confusion.sum(0).clamp(min=1)
    recall = right / confusion.sum(1).clamp(min=1)
    return Report(
        n=len(labels),
        accuracy=float((predicted == labels).float().mean()),
        loss=float(F.cross_entropy(logits, labels)),
        confusion=confusion,
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / (precision + recall).clamp(min=1e-12),
        calibration_error=calibration_error(probabilities, labels),
    )


def logits_of(model: Network, images: Tensor) -> Tensor:
    """Logits (N, 10), in batches small enough for the processor's cache."""
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            parts = [model(_as_input(part)) for part in images.split(250)]
    finally:
        model.train(was_training)
    return torch.cat(parts)


def accuracy_of(model: Network, digits: Digits) -> float:
    return float((logits_of(model, digits.images).argmax(1) == digits.labels).float().mean())


def calibration_error(probabilities: Tensor, labels: Tensor) -> float:
    """Expected calibration error: mean |confidence - accuracy| over confidence bins, by their share."""
    confidence, predicted = probabilities.max(1)
    bins = (confidence * CALIBRATION_BINS).ceil().long().clamp(1, CALIBRATION_BINS) - 1
    right = (predicted == labels).float()
    gaps = torch.zeros(CALIBRATION_BINS).index_add_(0, bins, confidence - right)
    return float(gaps.abs().sum() / len(labels))


def _as_input(images: Tensor) -> Tensor:
    """(N, 28, 28), bytes or floats -> float32 (N, 1, 28, 28) in [0, 1], channels last."""
    values = images.float() / 255 if images.dtype == torch.uint8 else images
    return values.unsqueeze(1).contiguous(memory_format=torch.channels_last)
