"""The card of a trained model: what it is, how it was made, how good it is, how to rebuild it."""

import platform
import statistics
import time
from typing import Any

import torch

from cnnviz.checkpoints.format import serialize
from cnnviz.data.mnist import Digits, cleaned_test_digits, load_mnist, split
from cnnviz.data.non_digits import KINDS, non_digits
from cnnviz.data.pen_digits import pen_test_digits, pen_validation_digits
from cnnviz.evaluation.metrics import calibration_error, logits_of, report, temperature
from cnnviz.evaluation.ood import OodDetector
from cnnviz.evaluation.pen_writers import accuracy_without, style_figures
from cnnviz.io.assets import SHA256
from cnnviz.networks.network import Network, parameter_count
from cnnviz.networks.tracing import predict
from cnnviz.training.config import TrainConfig

DRAWINGS, DRAWINGS_SEED = 100, 1  # of each kind that is no digit; others than the references


def make_card(
    name: str, network: Network, config: TrainConfig, seconds: float, temperature: float
) -> dict[str, Any]:
    """Measure the network once on both test sets and write everything down, ready for JSON.

    temperature: fitted_temperature() of the trained network, which this network holds already.
    """
    return {
        "name": name,
        "parameters": parameter_count(network),
        "bytes": len(serialize(network)),  # of the weights file
        "temperature": temperature,
        "folded": True,  # into the last layer, see cnnviz.checkpoints.format
        "test": test_figures(network),
        "seed": config.seed,
        "training": config.as_json(),
        "data": SHA256,
        "seconds": round(seconds, 1),
        "machine": _machine(),
        "rebuild": f"python -m cnnviz train {name} --seed {config.seed} --epochs {config.epochs}",
    }


def fitted_temperature(network: Network, config: TrainConfig) -> float:
    """Fitted on the run's MNIST validation digits and the pen digits of the validation writers.

    1 where the temperature of one half of them does not lower the other half's calibration error.
    """
    chosen, _ = split(load_mnist().train, 60_000 - config.train_size, config.seed)
    _, mnist = split(chosen, config.validation_size, config.seed + 1)
    pen = pen_validation_digits()
    logits = logits_of(network, torch.cat([mnist.images, pen.images]))
    labels = torch.cat([mnist.labels, pen.labels]).long()
    half = temperature(logits[::2], labels[::2])
    before, after = (calibration_error((logits[1::2] / by).softmax(1), labels[1::2]) for by in (1, half))
    return round(temperature(logits, labels), 3) if after < before else 1.0


def test_figures(network: Network) -> dict[str, Any]:
    """Accuracy, loss and calibration on MNIST's test digits and on the held-back pen writers."""
    parts = {
        "mnist": load_mnist().test,
        "mnist, without items wrong in the original": cleaned_test_digits(),
        "pen, writers never trained on": pen_test_digits(),
        "pen, without items wrong in the original": pen_test_digits(with_wrong=False),
    }
    return {name: _figures(network, digits) for name, digits in parts.items()}


def shipped_figures(network: Network) -> dict[str, Any]:
    """What the cards of shipped models say beyond a run's: minutes of measuring."""
    return {
        "preparation": preparation_figures(network),
        "habits": style_figures(network),
        "no digit": ood_figures(network),
        "latency": {"median_ms": latency(network), "of": "one prediction", "machine": _machine()},
    }


def preparation_figures(network: Network, count: int = 1_000) -> dict[str, Any]:
    """What leaving out each stage of preparing a drawing costs, on digits drawn anywhere."""
    accuracies = accuracy_without(network, count)
    return {"n": count, **{stage or "all stages": round(value, 4) for stage, value in accuracies.items()}}


def ood_figures(network: Network) -> dict[str, Any]:
    """False alarms on test digits, and drawings by code found to be no digits, of each kind.

    "unknown": found by a model that has no reference drawings of that kind.
    """
    known = OodDetector.of(network)
    drawings = non_digits(DRAWINGS, DRAWINGS_SEED)
    return {
        "threshold": round(known.threshold, 4),
        "false alarms": {
            "mnist": _share(known, load_mnist().test.images),
            "pen": _share(known, pen_test_digits(with_wrong=False).images),
        },
        "drawings of each kind": DRAWINGS,
        "found": {kind: _share(known, drawings[kind]) for kind in KINDS},
        "unknown": {kind: _share(OodDetector.of(network, kind), drawings[kind]) for kind in KINDS},
    }


def latency(network: Network, times: int = 300) -> float:
    """Median milliseconds of predict() on one digit, checks and softmax included."""
    image, seconds = load_mnist().test[:1].pixels(), []
    for _ in range(times):
        start = time.perf_counter()
        predict(network, image)
        seconds.append(time.perf_counter() - start)
    return round(1e3 * statistics.median(seconds), 3)


def seed_figures(cards: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean test accuracies of models that differ in their seed only."""
    accuracies = {name: [card["test"][name]["accuracy"] for card in cards] for name in cards[0]["test"]}
    means = {name: round(statistics.mean(values), 5) for name, values in accuracies.items()}
    return {"seeds": [card["seed"] for card in cards], "mean": means, "each": accuracies}


def _share(ood_detector: OodDetector, images: torch.Tensor) -> float:
    """The share of the pictures called no digit."""
    return round(float((ood_detector.ood_scores(images) > ood_detector.threshold).float().mean()), 4)


def _machine() -> str:
    return f"{platform.machine()}, torch {torch.__version__}, {torch.get_num_threads()} threads"


def _figures(network: Network, digits: Digits) -> dict[str, Any]:
    figures = report(logits_of(network, digits.images), digits.labels)
    return {
        "n": figures.n,
        "accuracy": round(figures.accuracy, 5),
        "recall": [round(value, 4) for value in figures.recall.tolist()],  # of each digit
        "loss": round(figures.loss, 5),
        "calibration_error": round(figures.calibration_error, 5),
    }
