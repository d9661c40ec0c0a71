"""What one rerun of a page costs the server, beside an earlier commit that stands in a folder of its own.

    git worktree add ../before COMMIT
    CNNVIZ_BEFORE=../before pytest -n 0 -m benchmark -s tests/benchmarks/test_reruns.py

Two real servers, asked in turn by a visitor without a browser. The cost is processor time of the whole
server process, so that other work on the machine counts little; each side has its own settings.
"""

import base64
import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnviz.data.rasterize import rasterize
from cnnviz.io.images import encode_png
from tests.support import browser
from tests.support.visitor import Visitor, visitor

pytestmark = pytest.mark.benchmark
BEFORE = os.environ.get("CNNVIZ_BEFORE", "")
ROUNDS = 15
HALVED = ("filters", "activations", "network", "train", "evaluate")
MOST = {"draw": 1 / 3, **dict.fromkeys(HALVED, 1 / 2)}
SEVEN = [[70, 60], [200, 60], [120, 230]]


def seven() -> dict[str, Any]:
    """What the browser's canvas sends after a stroke."""
    (start, *rest) = SEVEN
    path = [["M", *start], *(["L", *point] for point in rest)]
    picture = encode_png(rasterize([np.array(SEVEN, np.float32)], 20))
    objects = [{"type": "Path", "strokeWidth": 20, "path": path}]
    data = "data:image/png;base64," + base64.b64encode(picture).decode()
    return {"drawing": {"raw": {"objects": objects}, "data": data}, "backgroundFit": None}


@dataclass
class Side:
    """One of the two servers and what its reruns cost: seconds of processor, seconds, messages."""

    address: str
    process: "subprocess.Popen[bytes]"
    costs: list[tuple[float, float, int]] = field(default_factory=list)

    def processor(self) -> float:
        """Seconds that all threads of the server have used; Linux names the clock by the process."""
        return time.clock_gettime(~self.process.pid << 3 | 2)

    def measure(self, someone: Visitor, **change: Any) -> None:
        used, began = self.processor(), time.perf_counter()
        messages = someone.rerun(**change)
        ended = time.perf_counter()
        time.sleep(0.03)  # the last message is out before the server has put its things away
        self.costs.append((self.processor() - used, ended - began, len(messages)))

    def medians(self) -> tuple[float, float, float]:
        used, taken, messages = zip(*self.costs, strict=True)
        return statistics.median(used), statistics.median(taken), statistics.median(messages)


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    if not BEFORE:
        pytest.skip("CNNVIZ_BEFORE names no checkout of an earlier commit")
    home = tmp_path_factory.mktemp("home")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patched:
        both = []
        for root in (Path(BEFORE), browser.ROOT):
            patched.setattr(browser, "ROOT", root)
            patched.setenv("PYTHONPATH", str(root))
            server = browser.server_process(home, home / f"log{len(both)}")
            both.append(Side(*stack.enter_context(server)))
        yield both[0], both[1]


@pytest.mark.parametrize("page", MOST)
def test_a_rerun_costs_less(sides: tuple[Side, Side], page: str) -> None:
    with ExitStack() as stack:
        people = [stack.enter_context(visitor(side.address)) for side in sides]
        for side, someone in zip(sides, people, strict=True):
            side.costs.clear()
            someone.open(page)
            someone.rerun()  # what only a first run does is no part of it
            if page == "draw":  # with a drawing on screen, its stages and its replay
                someone.rerun(values={"pad2": seven()})
                someone.rerun()
        for _ in range(ROUNDS):  # in turn, so that both meet the same machine
            for side, someone in zip(sides, people, strict=True):
                side.measure(someone)
    (old, old_wall, old_messages), (new, new_wall, new_messages) = (side.medians() for side in sides)
    print(
        f"\n{page}, n = {ROUNDS} each: {old * 1e3:.1f} -> {new * 1e3:.1f} ms of processor, "
        f"ratio {new / old:.2f}; "
        f"{old_wall * 1e3:.0f} -> {new_wall * 1e3:.0f} ms by the clock; "
        f"{old_messages:.0f} -> {new_messages:.0f} messages"
    )

    assert new <= MOST[page] * old
    if page == "draw":
        assert new_messages <= old_messages / 2
