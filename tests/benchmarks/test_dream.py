"""A dream runs only as much of the network as it needs, starts at once, and stays within 2 GB."""

import statistics
import subprocess
import sys
import time

import pytest
import torch
import torch.nn.functional as F

from cnnviz.feature_visualization.activation_maximization import last
from cnnviz.feature_visualization.deepdream import dream
from cnnviz.feature_visualization.objectives import features, layer
from cnnviz.io.photos import load_photo
from cnnviz.networks.imagenet import load_imagenet

pytestmark = pytest.mark.benchmark
ROUNDS = 3


def square() -> torch.Tensor:
    """A photograph of 384 × 384 pixels."""
    return F.interpolate(load_photo("forest")[None], (384, 384), mode="bilinear", antialias=True)[0].clamp(
        0, 1
    )


def seconds(name: str, steps: int = 10) -> tuple[float, float]:
    """To the first frame after the start, and to the last, of four octaves."""
    start, first = time.perf_counter(), 0.0
    for frame in dream(load_imagenet(), square(), layer(name), steps=steps, every=5):
        if frame.step and not first:
            first = time.perf_counter() - start
    return first, time.perf_counter() - start


def test_a_middle_layer_is_dreamed_quickly() -> None:
    """Printed for the record; asserted is a ratio: a middle layer costs less than the whole network."""
    load_imagenet()
    seconds("stem", 1)
    runs = [(seconds("block6"), seconds("block11"), seconds("head")) for _ in range(ROUNDS)]
    for name, column in zip(("block6", "block11", "head"), zip(*runs, strict=True), strict=True):
        firsts, totals = zip(*column, strict=True)
        print(
            f"\n{name}: first frame {statistics.median(firsts):.2f} s, all {statistics.median(totals):.2f} s"
        )

    assert statistics.median(middle[1] / whole[1] for middle, _, whole in runs) < 0.85
    assert statistics.median(middle[0] / middle[1] for middle, _, _ in runs) < 0.2


def test_memory_of_a_dream_stays_within_two_gigabytes() -> None:
    program = (
        "import resource, torch; torch.set_num_threads(1)\n"
        "from tests.benchmarks.test_dream import *\n"
        "last(dream(load_imagenet(), square(), layer('block15'), octaves=1, steps=2))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    gigabytes = float(result.stdout)
    print(f"\nlargest memory of the whole process: {gigabytes:.2f} GB")

    assert gigabytes <= 2


def test_a_step_costs_little_more_than_forward_and_backward() -> None:
    """Octave of 384 × 384: jitter, blur, normalization and frames against the network alone."""
    network, image = load_imagenet(), square()

    def bare() -> None:
        leaf = image[None].clone().requires_grad_()
        value = features(network, leaf, ["block11"])["block11"].square().mean()
        torch.autograd.grad(value, leaf)

    def stepped() -> None:
        last(dream(network, image, layer("block11"), octaves=1, steps=4, every=4))

    bare()
    pairs = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(4):
            bare()
        middle = time.perf_counter()
        stepped()
        pairs.append((time.perf_counter() - middle) / (middle - start))
    print(f"\nfour steps of a dream: x {statistics.median(pairs):.2f} of forward and backward alone")

    assert statistics.median(pairs) < 1.8
