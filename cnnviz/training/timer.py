"""Time spent at work: a closed lid or a stopped process does not count."""

import time
from collections.abc import Callable

ASLEEP_SECONDS = 10.0  # only a lap longer than this can be a sleep
ASLEEP_SHARE = 0.05  # of a lap in which the process computed; below, it was not running at all

Clock = Callable[[], float]


class Timer:
    """Laps of wall time. A long lap in which this process hardly computed counts as computing time."""

    def __init__(self, wall: Clock = time.perf_counter, computing: Clock = time.process_time):
        self._clocks = wall, computing
        self.reset()

    def lap(self) -> float:
        """Seconds since the last lap or reset."""
        before = self._last
        self.reset()
        wall, computing = (now - then for now, then in zip(self._last, before, strict=True))
        return computing if wall > ASLEEP_SECONDS and computing < ASLEEP_SHARE * wall else wall

    def reset(self) -> None:
        """Begin a lap."""
        wall, computing = self._clocks
        self._last = wall(), computing()
