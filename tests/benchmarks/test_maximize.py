"""All filters of the second layer at once, against one pixel climb a filter.

The one-by-one side is sampled: every filter's pixel climb is run in one batch for its objective
(the unit tests prove that a batch gives what its pictures give one by one), and six of them are
run alone for the time, which is then taken times the number of filters.
"""

import statistics
import time

import pytest
import torch

from cnnviz.ascent import Frame, last, maximize
from cnnviz.checkpoints import load_model
from cnnviz.image_parameters import Pixels
from cnnviz.objectives import channel
from cnnviz.recipes import SHARP, climb

pytestmark = pytest.mark.benchmark
STEPS, FILTERS, SAMPLE, ROUNDS = 512, 64, (3, 14, 25, 36, 47, 58), 3


def pixel_climb(channels: int | list[int]) -> Frame:
    wish = channel("conv2", channels)
    return last(maximize(load_model(), wish, images=Pixels(), steps=STEPS, every=STEPS))


def timed(channels: list[int], all_at_once: bool) -> tuple[float, Frame]:
    start = time.perf_counter()
    if all_at_once:
        frame = last(climb(load_model(), channel("conv2", channels), SHARP, every=SHARP.steps))
    else:
        frame = pixel_climb(channels[0])
    return time.perf_counter() - start, frame


@pytest.mark.parametrize("threads", [1, 2])
def test_all_filters_at_once_are_twenty_times_faster_and_reach_as_much(threads: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        everything = list(range(FILTERS))
        timed(everything, True)  # warms up
        together, alone = [], []
        for first, second in zip(SAMPLE[::2], SAMPLE[1::2], strict=True):  # in turn, in one run
            together.append(timed(everything, True))
            alone += [timed([unit], False)[0] for unit in (first, second)]
        goal = pixel_climb(everything)
    finally:
        torch.set_num_threads(before)

    seconds = statistics.median(each for each, _ in together)
    one_by_one = statistics.median(alone) * FILTERS
    frame = together[0][1]
    share = frame.values / goal.values
    start = last(maximize(load_model(), channel("conv2", everything), images=Pixels(), steps=0))
    climbed = (frame.values - start.values) / (goal.values - start.values)
    fastest, slowest = min(each for each, _ in together), max(each for each, _ in together)
    print(
        f"\n{threads} thread(s): {FILTERS} filters together {seconds:.2f} s ({fastest:.2f} to {slowest:.2f}), "
        f"one by one {one_by_one:.1f} s (from {len(alone)} filters): x {one_by_one / seconds:.1f}; "
        f"objective {float(share.median()):.3f} of the pixel climbs' in the middle, "
        f"{float(share.min()):.3f} at worst; of the rise {float(climbed.min()):.3f} at worst"
    )
    assert goal.values.min() > 0  # else a share of it would mean nothing
    assert share.min() >= 0.93
    assert one_by_one / seconds >= 20
