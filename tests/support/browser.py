"""A real server and a real Chromium, and what every browser test does with them."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, TimeoutError as OutOfTime, expect, sync_playwright

from cnnviz.ui.shell.page_registry import PAGES

ROOT = Path(__file__).parents[2]
IMPATIENT = 4_000  # milliseconds until a mouse that was not answered is aimed anew
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def running_server(home: Path, log: Path) -> Iterator[str]:
    """The address of a freshly started app that keeps its data in `home`."""
    with server_process(home, log) as (address, _):
        yield address


@contextmanager
def server_process(home: Path, log: Path, port: int = 0) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The same with the server's process, for those who kill it. port: 0 for any that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = port or probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    environment = {**os.environ, "CNNVIZ_HOME": str(home)}
    with log.open("w") as output:  # a file, because a full pipe would stop the server
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(address, process)
        yield address, process
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def running_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


# Until nothing slides or fades any more and the page keeps its height for a moment, at most three seconds:
# what is measured then stays there, and a panel that opens is open.
STILL = """async () => {
  await document.fonts.ready
  const height = () => document.querySelector("[data-testid=stMainBlockContainer]")?.scrollHeight
  const ends = (animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime)
  const moves = () => document.getAnimations().some((one) => one.playState === "running" && ends(one))
  let before = -1
  for (let round = 0; round < 30 && (before !== height() || moves()); round++) {
    before = height()
    await new Promise((done) => setTimeout(done, 100))
  }
}"""


def settle(page: Page) -> None:
    """Wait until the app is on screen, no script runs any more, and nothing moves."""
    page.wait_for_selector("[data-testid='stMain'] [data-testid='stVerticalBlock']", timeout=60_000)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'",
        timeout=60_000,
    )
    expect(page.locator("[data-testid='stException']")).to_have_count(0)
    page.evaluate(STILL)


def choose_page(page: Page, title: str) -> None:
    """Click as visitors with a wide window do: a group of the navigation, and the page's name."""
    group = next(info.group for info in PAGES if info.title == title)
    page.get_by_test_id("stTopNavSection").get_by_text(group, exact=True).click()
    page.get_by_role("menuitem", name=title, exact=True).click()


def turn_to(page: Page, title: str) -> None:
    """The same, and wait until that page stands there."""
    choose_page(page, title)
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible(timeout=60_000)
    settle(page)


def forget(page: Page) -> None:
    """What the page's address keeps in the browser for a visitor who comes back."""
    if page.url.startswith("http"):
        origin = "/".join(page.url.split("/")[:3])
        storage = {"origin": origin, "storageTypes": "cookies,local_storage,indexeddb"}
        page.context.new_cdp_session(page).send("Storage.clearDataForOrigin", storage)


def paint(page: Page, frames: int) -> None:
    """Let the browser paint so many frames, about sixty a second: what was going to happen has happened."""
    page.evaluate(
        """async (frames) => {
          for (let frame = 0; frame < frames; frame++) await new Promise(requestAnimationFrame)
        }""",
        frames,
    )


def aim(move: Callable[[], object], answered: Callable[[], object]) -> None:
    """Move the mouse until the page answers: what was measured may have moved on under it.

    `answered` waits for the answer, at most for IMPATIENT milliseconds, and raises without it.
    """
    for tries_left in reversed(range(5)):
        move()
        try:
            answered()
            return
        except (AssertionError, OutOfTime):
            if not tries_left:
                raise


def count_most(page: Page, selector: str) -> None:
    """Let window.most become how many of these stood beside each other at most, until the next reload."""
    page.evaluate(
        """(selector) => {
          window.most = 0
          const count = () => {
            window.most = Math.max(window.most, document.querySelectorAll(selector).length)
          }
          const everything = {subtree: true, childList: true, attributes: true}
          new MutationObserver(count).observe(document.body, everything)
        }""",
        selector,
    )


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("The server did not start.")
