"""Figures against scikit-learn and by hand."""

import numpy as np
import pytest
import torch
from sklearn import metrics
from torch import nn

from cnnviz.evaluation.metrics import (
    calibration_error,
    evaluate,
    in_batches,
    mistakes,
    reliability,
    temperature,
)
from cnnviz.networks.network import build
from cnnviz.networks.zoo import NETWORKS

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = (torch.rand(600, 28, 28, generator=GENERATOR) * 255).to(torch.uint8)
LABELS = torch.randint(10, (600,), generator=GENERATOR)


def test_figures_equal_scikit_learns() -> None:
    model = build(NETWORKS["eight"], seed=1).eval()
    with torch.no_grad():
        logits = model(IMAGES.unsqueeze(1).float() / 255)
    truth, predicted = LABELS.numpy(), logits.argmax(1).numpy()

    report = evaluate(model, IMAGES, LABELS)

    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        truth, predicted, labels=range(10), zero_division=0
    )
    assert np.array_equal(report.confusion, metrics.confusion_matrix(truth, predicted, labels=range(10)))
    assert np.allclose(report.precision, precision)
    assert np.allclose(report.recall, recall)
    assert np.allclose(report.f1, f1)
    assert report.accuracy == pytest.approx(metrics.accuracy_score(truth, predicted))
    assert report.loss == pytest.approx(metrics.log_loss(truth, logits.softmax(1).numpy()), rel=1e-4)
    assert report.n == 600


def test_bytes_and_floats_mean_the_same() -> None:
    model = build(NETWORKS["eight"]).eval()

    assert evaluate(model, IMAGES, LABELS).loss == pytest.approx(
        evaluate(model, IMAGES.float() / 255, LABELS).loss
    )


def test_a_training_model_is_measured_in_eval_mode_and_stays_training() -> None:
    model = build(NETWORKS["classic"])
    model.train()

    first, second = evaluate(model, IMAGES, LABELS), evaluate(model, IMAGES, LABELS)

    assert first.loss == second.loss  # no dropout
    assert model.training


@pytest.mark.parametrize("name", ["default", "lenet5", "mlp"])
def test_batches_are_the_plain_pass_and_leave_the_model_as_it_was(name: str) -> None:
    model = build(NETWORKS[name]).eval()
    before = {key: (value.clone(), value.stride()) for key, value in model.state_dict().items()}

    with torch.no_grad():
        plain = model(IMAGES.unsqueeze(1).float() / 255)

    assert torch.allclose(in_batches(model, IMAGES), plain, atol=1e-5)
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key][0])
        assert value.stride() == before[key][1]


def test_calibration_error_by_hand() -> None:
    # Two digits at confidence 0.8, one right: gap 0.3; two at 1.0, both right: gap 0. Mean by share: 0.15.
    probabilities = torch.tensor([[0.8, 0.2], [0.8, 0.2], [1.0, 0.0], [1.0, 0.0]])

    assert calibration_error(probabilities, torch.tensor([0, 1, 0, 0])) == pytest.approx(0.15)
    assert calibration_error(nn.functional.one_hot(LABELS, 10).float(), LABELS) == 0


def test_reliability_bins_hold_every_digit() -> None:
    probabilities = torch.softmax(torch.randn(500, 10, generator=GENERATOR) * 3, 1)
    labels = torch.randint(10, (500,), generator=GENERATOR)

    bins = reliability(probabilities, labels)

    assert sum(one.count for one in bins) == 500
    for one in bins:
        assert one.low < one.confidence <= one.high + 1e-6
    first = bins[0]
    inside = (probabilities.amax(1) > first.low) & (probabilities.amax(1) <= first.high)
    assert first.accuracy == pytest.approx(
        float((probabilities.argmax(1) == labels)[inside].float().mean()), abs=1e-6
    )


def test_mistakes_come_most_confident_first() -> None:
    probabilities = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.05, 0.95]])

    assert mistakes(probabilities, torch.tensor([0, 0, 0, 0])).tolist() == [3, 1, 2]


def test_temperature_undoes_a_known_scaling() -> None:
    """Labels drawn from softmax(logits): sharpened threefold, the temperature that fits best is 3."""
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(20_000, 10, generator=generator) * 2
    labels = torch.multinomial(logits.softmax(1), 1, generator=generator)[:, 0]

    assert temperature(3 * logits, labels) == pytest.approx(3, rel=0.03)


def test_temperature_has_the_least_loss() -> None:
    generator = torch.Generator().manual_seed(2)
    logits = torch.randn(500, 10, generator=generator) * 4
    labels = torch.where(
        torch.rand(500, generator=generator) < 0.7,
        logits.argmax(1),
        torch.randint(10, (500,), generator=generator),
    )

    best = temperature(logits, labels)

    losses = [float(nn.functional.cross_entropy(logits / (best * by), labels)) for by in (0.95, 1, 1.05)]
    assert losses[1] == min(losses)
