"""Our recipes against the loop most tutorials write, side by side in one process on one thread.

Both sides take turns, a few steps each; what counts is the middle of the rounds, in processor
seconds, so that other work on the machine disturbs less. A run's time is its steps times that.
How many epochs the plain loop needs to a mean of 99.0 % over five seeds stands in
cnnviz/assets/presets.json, as do the accuracies (see tests/benchmarks/presets.py).
"""

import json
import os
import statistics
import time
from collections.abc import Callable, Iterator

import pytest
import torch

from cnnviz.checkpoints import load_model
from cnnviz.data import load_mnist
from cnnviz.evaluation import evaluate
from cnnviz.presets import FILE, measurements
from cnnviz.train_config import RECIPES, TrainConfig
from cnnviz.training import fit, load_parts
from tests.benchmarks.plain_loop import evaluate_plainly, train_plainly

pytestmark = pytest.mark.benchmark
MNIST = load_mnist()
ROUNDS, STEPS = 15, 4  # steps a round, of each side
PLAIN_BATCH = {"wide": 64, "classic": 128}
CLASSIC_EPOCHS = 15


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def plain(name: str) -> Callable[[], None]:
    """Some steps of the plain loop on a network of ours."""
    steps = train_plainly(RECIPES[name].network, MNIST.train, PLAIN_BATCH[name])
    return lambda: [next(steps) for _ in range(STEPS)] and None


def ours(config: TrainConfig) -> Callable[[], None]:
    """Some steps of fit(), without the validation that the plain loop has not, either."""
    training, validation = load_parts(config)
    per_epoch = -(-len(training) // config.batch_size)
    records = fit(config, training, validation[:0], records=per_epoch * config.epochs // STEPS)
    next(records)
    return lambda: next(records) and None


def compare(plain_name: str, plain_epochs: int, preset: str) -> tuple[float, str]:
    """How often our whole run fits into the plain one, and the words for it."""
    config = RECIPES[preset]
    sides = (plain(plain_name), ours(config))
    for side in sides:
        side()  # warms up
    rounds = [tuple(seconds(side) for side in sides) for _ in range(ROUNDS)]
    plain_step, our_step = (statistics.median(side) / STEPS for side in zip(*rounds, strict=True))
    plain_run = plain_step * plain_epochs * -(-len(MNIST.train) // PLAIN_BATCH[plain_name])
    per_epoch = -(-(config.train_size - config.validation_size) // config.batch_size)
    our_run = our_step * per_epoch * config.epochs
    words = (
        f"{preset}: {our_run:.1f} s ({1000 * our_step:.1f} ms a step) against {plain_epochs} plain epochs of "
        f"{plain_name}: {plain_run:.1f} s ({1000 * plain_step:.1f} ms a step); load {os.getloadavg()[0]:.1f}"
    )
    return plain_run / our_run, words


def test_99_percent() -> None:
    epochs = json.loads(FILE.read_text())["plain_wide"]["epochs_to_99"]
    ratio, words = compare("wide", epochs, "fast")

    print(f"\n{words}: x {ratio:.1f}; mean of five seeds {measurements()['fast'].accuracy:.2%}")
    assert measurements()["fast"].accuracy >= 0.99
    assert ratio >= 15


def test_99_and_a_half_percent_in_a_fifth_of_the_time_of_the_34826_parameters() -> None:
    ratio, words = compare("classic", CLASSIC_EPOCHS, "balanced")

    print(f"\n{words}: x {ratio:.1f}; mean of five seeds {measurements()['balanced'].accuracy:.2%}")
    assert measurements()["balanced"].accuracy >= 0.995
    assert ratio >= 5


def test_evaluation_of_the_test_digits() -> None:
    network, test = load_model("classic"), MNIST.test
    sides = (
        lambda: evaluate_plainly(network, test),
        lambda: evaluate(network, test.images, test.labels),
    )
    rounds = [tuple(seconds(side) for side in sides) for _ in range(3)]
    plain_side, our_side = (statistics.median(side) for side in zip(*rounds, strict=True))
    print(
        f"\n10,000 digits through the 34,826 parameters: {our_side:.2f} s against {plain_side:.2f} s: "
        f"x {plain_side / our_side:.1f}; load {os.getloadavg()[0]:.1f}"
    )
    assert plain_side / our_side >= 8
