"""On a server nobody has visited yet, a link to a page shows that page in its frame.

Each needs a server of its own; that every page does so, tests/app/test_pages.py sees without a browser.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from cnnviz.ui.shell.page_registry import PageInfo, present_pages
from tests.support.browser import running_server, settle

PAGES = [info for info in present_pages() if info.name in ("home", "network", "train")]


@pytest.mark.parametrize("info", PAGES, ids=lambda info: info.name)
def test_cold_deep_link(browser: Browser, tmp_path: Path, info: PageInfo) -> None:
    log = tmp_path / "server.log"
    with running_server(tmp_path, log) as address:
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        page = context.new_page()
        page.goto(f"{address}/{'' if info.name == 'home' else info.name}?digit=61&model=classic")
        settle(page)

        expect(page.locator(".st-key-frame_digit")).to_contain_text("test digit 61")
        expect(page.get_by_text("Page not found")).to_have_count(0)
        if info.name != "home":
            expect(page.get_by_role("heading", name=info.title, exact=True)).to_be_visible()
        context.close()
    assert "Traceback" not in log.read_text()
