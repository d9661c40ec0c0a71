"""Our recipes against the loop most tutorials write, side by side in one process on one thread.

The mean accuracies of both sides, and of the plain one after each epoch, stand in
cnnviz/assets/presets.json (see tests/benchmarks/presets.py).
"""

import json
import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from cnnviz.checkpoints.format import load_model
from cnnviz.data.mnist import load_mnist
from cnnviz.evaluation.metrics import evaluate
from cnnviz.training.datasets import load_parts
from cnnviz.training.loop import fit
from cnnviz.training.recipes import FILE, RECIPES, measurements
from cnnviz.training.step import multiplies_bfloat16
from tests.benchmarks.plain_loop import compare, evaluate_plainly, processor_seconds

pytestmark = pytest.mark.benchmark
CLASSIC_EPOCHS = 15


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_99_percent_fifteen_times_sooner_than_the_plain_32_64_128() -> None:
    plain, fast = json.loads(FILE.read_text())["plain_wide"], measurements()["fast"]
    means = plain["mean_accuracy_by_epoch"]
    epochs = plain["epochs_to_99"] or len(means)  # at least: not there yet when its source stops
    found = compare("fast", "wide", epochs)

    print(f"\nfast {found}; {fast.accuracy:.2%} in the mean, plain {means[epochs - 1]:.2%} ({epochs} epochs)")
    assert fast.accuracy >= 0.99
    assert found.ratio >= 15


def test_99_and_a_half_percent_in_a_fifth_of_the_time_of_the_34826_parameters() -> None:
    found, balanced = compare("balanced", "classic", CLASSIC_EPOCHS), measurements()["balanced"]

    print(f"\nbalanced {found}; {balanced.accuracy:.2%} in the mean")
    assert balanced.accuracy >= 0.995
    assert found.ratio >= 5


@pytest.mark.skipif(not multiplies_bfloat16(), reason="this processor has no instructions for bfloat16")
def test_mixed_precision_trains_the_best_faster() -> None:
    config = replace(RECIPES["best"], data="mnist", train_size=12_000, validation_size=0, epochs=1)
    digits, nothing = load_parts(config)
    runs = [fit(replace(config, precision=kind), digits, nothing, 1) for kind in ("float32", "bfloat16")]
    for run in runs:
        next(run)
    plain, mixed = (processor_seconds(lambda run=run: list(run)) for run in runs)

    print(f"\n{len(digits):,} digits: {mixed:.1f} s in bfloat16 against {plain:.1f} s: x {plain / mixed:.2f}")
    assert plain / mixed >= 1.2


def test_evaluation_of_the_test_digits_is_eight_times_faster() -> None:
    network, test = load_model("classic"), load_mnist().test
    sides = (
        lambda: evaluate_plainly(network, test),
        lambda: evaluate(network, test.images, test.labels),
    )
    rounds = [tuple(processor_seconds(side) for side in sides) for _ in range(9)]
    plain, ours = (min(side) for side in zip(*rounds, strict=True))  # other work only adds time
    print(
        f"\n10,000 digits through the 34,826 parameters: {ours:.2f} s against {plain:.2f} s: "
        f"x {plain / ours:.1f}; load {os.getloadavg()[0]:.1f}"
    )
    assert plain / ours >= 8
