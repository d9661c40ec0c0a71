"""While a run trains, a drawing is read at most twice as slowly as on an idle machine.

In Chromium: from lifting the pen until the new 28 x 28 picture is painted. One run is paused and
goes on in turn, so that both sides meet the same machine, server and page.
"""

import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cnnviz.runs import run_dir
from cnnviz.runs.engine import LocalEngine
from cnnviz.runs.run_dir import State
from cnnviz.training.recipes import RECIPES
from tests.support.browser import running_browser, running_server, settle
from tests.support.drawing import pen

pytestmark = pytest.mark.benchmark
ROUNDS, DRAWINGS = 5, 6
LONG = replace(RECIPES["classic"], epochs=100)

FROM_PEN_UP_TO_PICTURE = """() => {
  delete window.milliseconds
  let lifted = 0
  document.addEventListener("mouseup", () => { lifted = performance.now() }, {once: true, capture: true})
  const place = document.querySelector(".st-key-digit28")
  const observer = new MutationObserver(() => {
    observer.disconnect()
    const done = () => { window.milliseconds = performance.now() - lifted }
    requestAnimationFrame(() => requestAnimationFrame(done))
  })
  observer.observe(place, {subtree: true, childList: true, attributes: true, attributeFilter: ["src"]})
}"""


def milliseconds(page: Page, address: str) -> list[float]:
    """Open an empty canvas, draw until it answers, then time what each further stroke takes."""
    page.goto(f"{address}/draw")
    settle(page)
    answer = page.locator(".st-key-prediction")
    for _ in range(10):  # a canvas just mounted may not listen yet
        pen(page, [[(50, 60), (50, 220)]])
        with suppress(AssertionError):
            expect(answer).not_to_be_empty(timeout=5_000)
            break
    times = []
    for number in range(DRAWINGS):
        settle(page)
        page.evaluate(FROM_PEN_UP_TO_PICTURE)
        pen(page, [[(70 + 20 * number, 60), (70 + 20 * number, 220 - 10 * number)]])
        page.wait_for_function("() => window.milliseconds", timeout=60_000)
        times.append(float(page.evaluate("() => window.milliseconds")))
    return times


def becomes(state: Callable[[], State], wanted: State) -> None:
    deadline = time.monotonic() + 120
    while state() != wanted:
        assert time.monotonic() < deadline, f"never {wanted}"
        time.sleep(0.1)


def test_drawing_stays_quick_while_a_run_trains(tmp_path: Path) -> None:
    engine = LocalEngine(tmp_path / "home" / "runs")
    folder = run_dir.find(engine.root, engine.submit(LONG))
    times: dict[State, list[float]] = {"paused": [], "running": []}
    try:
        with running_server(tmp_path / "home", tmp_path / "log") as address, running_browser() as browser:
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            becomes(lambda: "running" if folder.events() else "queued", "running")
            milliseconds(page, address)  # what the first drawing imports is no part of it
            for _ in range(ROUNDS):
                engine.pause(folder.id)
                becomes(folder.state, "paused")
                times["paused"] += milliseconds(page, address)
                engine.go_on(folder.id)
                becomes(folder.state, "running")
                times["running"] += milliseconds(page, address)
    finally:
        engine.kill(folder.id)
    idle, training = (statistics.median(times[state]) for state in ("paused", "running"))
    print(
        f"\npen up to picture, n = {len(times['paused'])} each: median {idle:.0f} ms idle, "
        f"{training:.0f} ms while a run trains, ratio {training / idle:.2f}"
    )
    assert training <= 2 * idle
