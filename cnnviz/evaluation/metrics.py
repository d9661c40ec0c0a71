"""How good a model is, and where it is wrong."""

import copy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.data.checks import check_images, check_labels
from cnnviz.io.pixels import to_floats
from cnnviz.networks.network import SIZE, Network, evaluated, pool_first, taking

CALIBRATION_BINS = 15
BATCH = 50


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


@dataclass(frozen=True)
class Bin:
    """Digits whose confidence lies in (low, high]: how many, how confident, how often right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def evaluate(model: Network, images: Tensor, labels: Tensor) -> Report:
    """Measure a model on images (N, 28, 28), uint8 or floats in [0, 1], with labels (N,).

    In evaluation mode, and without a change of the model. Raises ImageError for other images,
    DataError for labels that are too few, too many or none of the classes, NetworkError for no model.
    """
    images = check_images(images).reshape(-1, SIZE, SIZE)  # (N, 28, 28)
    logits = logits_of(model, images)
    return report(logits, check_labels(labels, *logits.shape))


def report(logits: Tensor, labels: Tensor) -> Report:
    """The figures of logits (N, classes) against labels (N,)."""
    labels, classes = labels.long(), logits.shape[1]
    probabilities = logits.softmax(1)
    predicted = logits.argmax(1)
    confusion = torch.bincount(labels * classes + predicted, minlength=classes**2).view(classes, classes)
    right = confusion.diagonal().float()
    precision = right / confusion.sum(0).clamp(min=1)
    recall = right / confusion.sum(1).clamp(min=1)
    return Report(
        n=len(labels),
        accuracy=accuracy(logits, labels),
        loss=float(F.cross_entropy(logits, labels)),
        confusion=confusion,
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / (precision + recall).clamp(min=1e-12),
        calibration_error=calibration_error(probabilities, labels),
    )


def accuracy(scores: Tensor, labels: Tensor) -> float:
    """The share of the rows of scores (N, classes) whose largest is their label's, labels (N,)."""
    return float((scores.argmax(1) == labels).float().mean())


def logits_of(model: Network, images: Tensor) -> Tensor:
    """Logits (N, 10) in eval mode, whatever mode the model is in."""
    return in_batches(evaluated(model, nn.Sequential), images)


def features(model: Network, images: Tensor) -> Tensor:
    """What the last layer decides from, (N, units), for images (N, 28, 28)."""
    return in_batches(nn.Sequential(*list(evaluated(model, nn.Sequential))[:-1]), images)


def in_batches(layers: nn.Sequential, images: Tensor) -> Tensor:
    """The layers' output for images (N, 28, 28), in batches small enough for the processor's cache.

    On a copy whose weights lie channels last: pictures of one channel fit either order, so that
    the weights decide in which of the two all maps are computed, and this one is far quicker.
    """
    ordered = pool_first(copy.deepcopy(layers)).to(memory_format=torch.channels_last)
    quick = nn.Sequential(*map(_quick_pool, ordered))
    with torch.no_grad(), taking(images):
        return torch.cat([quick(_as_input(part)) for part in images.split(BATCH)])


class _MaxOfFour(nn.Module):
    """MaxPool2d(2) without the winners' places, which nobody asks for here: three times as quick."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
        x = x[:, :, :height, :width]
        rows = torch.maximum(x[:, :, ::2], x[:, :, 1::2])  # (N, C, H / 2, W)
        return torch.maximum(rows[..., ::2], rows[..., 1::2])  # (N, C, H / 2, W / 2)


def _quick_pool(layer: nn.Module) -> nn.Module:
    if not isinstance(layer, nn.MaxPool2d):
        return layer
    window = layer.kernel_size, layer.stride, layer.padding, layer.dilation, layer.ceil_mode
    return _MaxOfFour() if window == (2, 2, 0, 1, False) else layer


def calibration_error(probabilities: Tensor, labels: Tensor) -> float:
    """Expected calibration error: mean |confidence - accuracy| over confidence bins, by their share."""
    bins = reliability(probabilities, labels)
    return sum(one.count * abs(one.confidence - one.accuracy) for one in bins) / len(labels)


def reliability(probabilities: Tensor, labels: Tensor) -> list[Bin]:
    """Confidence against accuracy in 15 equal-width bins; empty ones are left out."""
    confidence, predicted = probabilities.max(1)
    number = (confidence * CALIBRATION_BINS).ceil().long().clamp(1, CALIBRATION_BINS) - 1
    right = (predicted == labels).float()
    bins = []
    for index in number.unique().tolist():
        inside = number == index
        low, high = index / CALIBRATION_BINS, (index + 1) / CALIBRATION_BINS
        values = float(confidence[inside].mean()), float(right[inside].mean())
        bins.append(Bin(low, high, int(inside.sum()), *values))
    return bins


def temperature(logits: Tensor, labels: Tensor) -> float:
    """The T for which softmax(logits / T) gives these labels the highest likelihood (Guo et al. 2017).

    Fit it on digits that were neither trained on nor tested with. The mean log-likelihood is
    concave in 1 / T, so halving the interval where its slope changes sign finds the maximum.
    """
    truth = logits.gather(1, labels.long()[:, None])[:, 0]  # (N,)
    low, high = 0.1, 10.0  # of 1 / T
    for _ in range(50):
        middle = (low * high) ** 0.5
        expected = ((logits * middle).softmax(1) * logits).sum(1)  # (N,)
        low, high = (middle, high) if float((truth - expected).mean()) > 0 else (low, middle)
    return 1 / low


def mistakes(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Positions (M,) of the misread digits, the most confident mistake first."""
    confidence, predicted = probabilities.max(1)
    wrong = torch.nonzero(predicted != labels).flatten()
    return wrong[confidence[wrong].argsort(descending=True)]


def _as_input(images: Tensor) -> Tensor:
    """(N, 28, 28), bytes or floats -> float32 (N, 1, 28, 28) in [0, 1], channels last."""
    return to_floats(images).unsqueeze(1).contiguous(memory_format=torch.channels_last)
