"""A real server and a real Chromium. Without Chromium these tests are skipped, unless
CNNVIZ_REQUIRE_BROWSER=1 says that they must run."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.browser import settle

ROOT = Path(__file__).parents[2]
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
ALLOWED_IN_LOG = ("You can now view", "URL:", "gatherUsageStats", "Stopping")

FAILED = pytest.StashKey[bool]()

expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker("e2e")
            if CHROMIUM is None and not os.environ.get("CNNVIZ_REQUIRE_BROWSER"):
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def server_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "server.log"


@pytest.fixture(scope="session")
def server(server_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running app with a data folder of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "CNNVIZ_HOME": str(tmp_path_factory.mktemp("home"))}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with server_log.open("w") as log:  # a file, because a full pipe would stop the server
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(10)


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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(
    browser: Browser, server_log: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A fresh visitor with a 1400 x 900 window; fails the test on an exception in the server's log."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    before = len(server_log.read_text()) if server_log.exists() else 0
    page = context.new_page()
    yield page
    if request.node.stash.get(FAILED, False):
        page.screenshot(path=tmp_path / "failure.png")
        print(f"screenshot: {tmp_path / 'failure.png'}")
    context.close()
    assert "Traceback" not in server_log.read_text()[before:]


@pytest.fixture
def open_page(page: Page, server: str) -> Callable[[str], Page]:
    """open_page("/draw") -> the page, once Streamlit has finished running it."""

    def open_it(path: str) -> Page:
        page.goto(server + path)
        settle(page)
        return page

    return open_it
