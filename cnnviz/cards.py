"""The card of a trained model: what it is, how it was made, how good it is, how to rebuild it."""

import platform
from typing import Any

import torch

from cnnviz.data import SHA256, load_mnist
from cnnviz.evaluation import evaluate
from cnnviz.networks import Network, parameter_count
from cnnviz.pen import accuracy_without, pen_test_digits
from cnnviz.train_config import TrainConfig


def make_card(name: str, network: Network, config: TrainConfig, seconds: float) -> dict[str, Any]:
    """Measure the network once on both test sets and write everything down, ready for JSON."""
    return {
        "name": name,
        "parameters": parameter_count(network),
        "test": test_figures(network),
        "seed": config.seed,
        "training": config.as_json(),
        "data": SHA256,
        "seconds": round(seconds, 1),
        "machine": f"{platform.machine()}, torch {torch.__version__}, {torch.get_num_threads()} threads",
        "rebuild": f"python -m cnnviz train {name} --seed {config.seed}",
    }


def test_figures(network: Network) -> dict[str, Any]:
    """Accuracy, loss and calibration on MNIST's test digits and on the held-back pen writers."""
    parts = {
        "mnist": load_mnist().test,
        "pen, writers never trained on": pen_test_digits(),
        "pen, without items wrong in the original": pen_test_digits(with_wrong=False),
    }
    return {name: _figures(network, digits.images, digits.labels) for name, digits in parts.items()}


def preparation_figures(network: Network, count: int = 1_000) -> dict[str, Any]:
    """What leaving out each stage of preparing a drawing costs, on digits drawn anywhere."""
    accuracies = accuracy_without(network, count)
    return {"n": count, **{stage or "all stages": round(value, 4) for stage, value in accuracies.items()}}


def _figures(network: Network, images: torch.Tensor, labels: torch.Tensor) -> dict[str, Any]:
    report = evaluate(network, images, labels)
    return {
        "n": report.n,
        "accuracy": round(report.accuracy, 5),
        "recall": [round(value, 4) for value in report.recall.tolist()],  # of each digit
        "loss": round(report.loss, 5),
        "calibration_error": round(report.calibration_error, 5),
    }
