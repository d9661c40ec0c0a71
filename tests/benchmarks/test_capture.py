"""Keeping everything a forward pass computes costs at most twice the bare pass."""

import statistics
import time
from collections.abc import Callable

import pytest
import torch

from cnnviz.checkpoints.format import load_model
from cnnviz.networks.tracing import trace

pytestmark = pytest.mark.benchmark
ROUNDS, REPEATS = 40, 20


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    for _ in range(REPEATS):
        action()
    return (time.perf_counter() - start) / REPEATS


@pytest.mark.parametrize("name", ["default", "classic", "lenet5", "mlp"])
def test_capture_costs_at_most_twice_the_bare_pass(name: str) -> None:
    model = load_model(name)
    image = torch.rand(28, 28, generator=torch.Generator().manual_seed(0))

    def bare() -> None:
        with torch.no_grad():
            model(image[None, None])

    pairs = [(seconds(bare), seconds(lambda: trace(model, image))) for _ in range(ROUNDS)]  # in turn
    ratio = statistics.median(captured / plain for plain, captured in pairs)
    plain = statistics.median(plain for plain, _ in pairs)
    print(f"\n{name}: bare pass {plain * 1e6:.0f} us, with everything kept x {ratio:.2f}")

    assert ratio <= 2
