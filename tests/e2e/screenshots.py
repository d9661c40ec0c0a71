"""Opens every page in light, dark and at phone width and saves what it looks like.

    python -m tests.e2e.screenshots FOLDER            every page, three ways
    python -m tests.e2e.screenshots FOLDER draw train these pages only

The README's pictures are made by this command with .github/screenshots as FOLDER.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from cnnviz.ui.shell.page_registry import present_pages
from tests.support.browser import running_browser, running_server, settle
from tests.support.drawing import STROKES, expect_digit, pen

VIEWS = {"light": (1400, 900, "light"), "dark": (1400, 900, "dark"), "phone": (390, 844, "light")}
QUIET = 1_500  # milliseconds for charts to finish drawing


def save_all(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        log = Path(home) / "server.log"
        with running_server(Path(home), log) as address, running_browser() as browser:
            for name in names:
                for view in VIEWS:
                    _save(browser, address, name, view, folder / f"{name}-{view}.png")


def _save(browser: Browser, address: str, name: str, view: str, path: Path) -> None:
    width, height, scheme = VIEWS[view]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{address}/{'' if name == 'home' else name}")
    settle(page)
    if name == "draw":
        _draw(page)
    page.wait_for_timeout(QUIET)
    settle(page)
    page.screenshot(path=path)
    context.close()
    print(path)


def _draw(page: Page) -> None:
    pen(page, STROKES[4])
    expect_digit(page, 4)
    page.mouse.move(5, 5)


if __name__ == "__main__":
    chosen = sys.argv[2:] or [page.name for page in present_pages()]
    save_all(Path(sys.argv[1]), chosen)
