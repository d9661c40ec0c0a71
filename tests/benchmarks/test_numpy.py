"""The fast NumPy network against the readable one, and what both learn."""

import statistics
import time

import numpy as np
import pytest

from cnnviz.data.mnist import load_mnist
from cnnviz.labs.numpy_cnn.readable import initial_parameters
from cnnviz.labs.numpy_cnn.training import NumpyConfig, Stepper, as_floats, fit_numpy, start, training_digits

pytestmark = pytest.mark.benchmark
ROUNDS, STEPS, BATCH = 7, 6, 64


def test_fast_trains_at_least_8_times_the_samples_per_second() -> None:
    """Both take the same steps in turn; the readable one is strided patches and einsum."""
    digits = training_digits()[: STEPS * BATCH]
    images, labels = as_floats(digits), digits.labels.numpy().astype(np.int64)
    parameters = initial_parameters(0)
    fast, readable = start("fast", parameters), start("readable", parameters)

    def seconds(network: Stepper) -> float:
        before = time.perf_counter()
        for first in range(0, len(labels), BATCH):
            network.step(images[first : first + BATCH], labels[first : first + BATCH], 1e-3)
        return time.perf_counter() - before

    seconds(fast), seconds(readable)  # buffers and libraries warm
    pairs = [(seconds(readable), seconds(fast)) for _ in range(ROUNDS)]
    ratios = [slow / quick for slow, quick in pairs]
    micro = [1e6 * statistics.median(column) / len(labels) for column in zip(*pairs, strict=True)]
    print(
        f"\nreadable {micro[0]:.0f} us a sample, fast {micro[1]:.0f} us: x {statistics.median(ratios):.1f}"
        f" ({min(ratios):.1f} to {max(ratios):.1f}, batch {BATCH})"
    )
    assert statistics.median(ratios) >= 8


def test_ten_epochs_of_12_000_reach_97_5_percent() -> None:
    found = []
    for seed in range(5):
        before = time.perf_counter()
        *_, last = fit_numpy(NumpyConfig(seed=seed), training_digits(), load_mnist().test)
        assert last.test_accuracy is not None
        found.append(last.test_accuracy)
        print(
            f"\nseed {seed}: {last.test_accuracy:.2%} of 10,000 in {time.perf_counter() - before:.1f} s",
            end="",
        )
    print(f"\nmean {statistics.mean(found):.2%}, lowest {min(found):.2%}")
    assert statistics.mean(found) >= 0.975
