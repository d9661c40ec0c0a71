"""All filters of the second layer at once, against one pixel climb a filter, the usual way.

The one-by-one side is sampled: six filters are climbed alone for the time, which is then taken
times the number of filters. What those climbs reach is known for every filter from one batch
(the unit tests prove that a batch gives what its pictures give one by one).
"""

import time
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from cnnviz.checkpoints.format import load_model
from cnnviz.feature_visualization.activation_maximization import last, maximize
from cnnviz.feature_visualization.objectives import channel
from cnnviz.feature_visualization.parameterization import Pixels
from cnnviz.feature_visualization.presets import SHARP, optimize

pytestmark = pytest.mark.benchmark
STEPS, FILTERS, SAMPLE = 512, 64, (3, 14, 25, 36, 47, 58)
MODEL = load_model()
ALL = channel("conv2", range(FILTERS))
STARTS = last(maximize(MODEL, ALL, images=Pixels(), steps=0)).images


def pixel_climb(unit: int) -> float:
    """The loop as one would write it: 512 steps of Adam on the pixels of one picture.

    It begins with the same loud enough noise: from even gray it would stand still in this network.
    """
    pixels = STARTS[unit : unit + 1].logit().requires_grad_()
    optimizer = torch.optim.Adam([pixels], lr=0.05)
    front = torch.nn.Sequential(*list(MODEL)[: list(dict(MODEL.named_children())).index("norm2") + 1])
    for _ in range(STEPS):
        optimizer.zero_grad()
        (-front(pixels.sigmoid())[0, unit].mean()).backward()
        optimizer.step()
    with torch.no_grad():
        return float(front(pixels.sigmoid())[0, unit].mean())


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def sharp_climb() -> Tensor:
    return last(optimize(MODEL, ALL, SHARP, every=SHARP.steps)).values


def test_all_filters_at_once_are_twenty_times_faster_and_reach_as_much() -> None:
    """One core for both sides, in turn; of each the fastest round, because other work only adds time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        reached = sharp_climb()  # warms up, too
        rounds = [(seconds(sharp_climb), seconds(lambda unit=unit: pixel_climb(unit))) for unit in SAMPLE]  # type: ignore[misc]
        goal = last(maximize(MODEL, ALL, images=Pixels(), steps=STEPS, every=STEPS)).values
        start = last(maximize(MODEL, ALL, images=Pixels(), steps=0)).values
        alone = [pixel_climb(unit) for unit in SAMPLE[:2]]
    finally:
        torch.set_num_threads(before)

    together, one_by_one = (min(side) for side in zip(*rounds, strict=True))
    ratio = FILTERS * one_by_one / together
    share, climbed = reached / goal, (reached - start) / (goal - start)
    print(
        f"\n{FILTERS} filters together {together:.2f} s, one by one {FILTERS * one_by_one:.1f} s (from "
        f"{len(SAMPLE)} filters): x {ratio:.1f}; objective {float(share.median()):.3f} of the pixel climbs' "
        f"in the middle, {float(share.min()):.3f} at worst; of the rise {float(climbed.min()):.3f} at worst"
    )
    assert alone == pytest.approx(goal[list(SAMPLE[:2])].tolist(), rel=0.02)
    assert goal.min() > 0  # else a share of it would mean nothing
    assert share.min() >= 0.93
    assert ratio >= 20
