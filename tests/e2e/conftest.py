"""Without Chromium these tests are skipped, unless CNNVIZ_REQUIRE_BROWSER=1 says that they must run."""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browser import CHROMIUM, forget, running_browser, running_server, settle

FAILED = pytest.StashKey[bool]()

expect.set_options(timeout=60_000)  # a busy machine answers late, but it answers


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
    with running_server(tmp_path_factory.mktemp("home"), server_log) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def window(browser: Browser) -> BrowserContext:
    """One for all visitors: what every page is made of is fetched and compiled once, half its time."""
    return browser.new_context()


@pytest.fixture
def page(
    window: BrowserContext, server_log: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A fresh visitor with a 1400 x 900 window; fails the test on an exception in the server's log."""
    before = len(server_log.read_text()) if server_log.exists() else 0
    page = window.new_page()
    page.set_viewport_size({"width": 1400, "height": 900})
    yield page
    if request.node.stash.get(FAILED, False):
        page.screenshot(path=tmp_path / "failure.png")
        print(f"screenshot: {tmp_path / 'failure.png'}")
    forget(page)
    for each in window.pages:
        each.close()
    if server_log.exists():
        assert "Traceback" not in server_log.read_text()[before:]


@pytest.fixture
def phone(page: Page) -> Page:
    """The same visitor with a narrow window."""
    page.set_viewport_size({"width": 390, "height": 844})
    return page


@pytest.fixture
def open_page(page: Page, server: str) -> Callable[[str], Page]:
    """open_page("/draw") -> the page, once Streamlit has finished running it."""

    def open_it(path: str) -> Page:
        page.goto(server + path)
        settle(page)
        return page

    return open_it
