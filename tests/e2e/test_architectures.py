"""The architectures lab in a real browser."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser import settle

Open = Callable[[str], Page]
PATIENCE = 60_000


def test_a_race_is_run_to_its_end(open_page: Open) -> None:
    page = open_page("/architectures?architectures_view=Race")
    expect(page.get_by_text("Press Start")).to_be_visible(timeout=PATIENCE)
    page.locator(".st-key-race_start").get_by_role("button").click()
    expect(page.locator(".st-key-race_start")).to_contain_text("Stop", timeout=PATIENCE)
    expect(page.locator(".st-key-race_start")).to_contain_text("Start", timeout=PATIENCE)

    expect(page.get_by_role("table").first).to_contain_text(re.compile(r"\d+\.\d%"))


def test_it_fits_a_phone(phone: Page, server: str) -> None:
    for view in ("Shared weights", "Calculator", "Gallery", "Skip connections", "Race"):
        phone.goto(f"{server}/architectures?architectures_view={view}")
        settle(phone)
        expect(phone.get_by_text("Predict, then reveal")).to_be_visible(timeout=PATIENCE)
        main = phone.get_by_test_id("stMain")
        assert main.evaluate("element => element.scrollWidth - element.clientWidth") <= 1, view
